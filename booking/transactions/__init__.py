"""HOW A TRANSACTION OPENS AND ENDS: read, write, try again; what a database's failure
means. It knows no tab.
"""
