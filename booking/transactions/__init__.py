"""HOW A TRANSACTION OPENS AND ENDS: read, write, try again; what a database's failure means.

It knows no tab and no Flask. sessions.py opens and ends a transaction, as often as the database
asks for it, errors.py says what a failure means, watching.py sees what a session wrote before ours
and refuses to end ours early, statements.py sends what is always the same, and sqlite_file.py, for
an engine of our own, waits for SQLite's one writer and watches the file.
"""
