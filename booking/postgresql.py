"""Settings of our own PostgreSQL connections, and the databases in which we do not begin."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

# The driver reads instants in ISO style only, and sends every script in UTF-8 only; in UTC a zone's
# name cannot confuse it. Claiming is made for READ COMMITTED. The commit is on the disk before a
# customer is told of it.
_SETTINGS = """
    SELECT set_config('client_encoding', 'UTF8', false), set_config('DateStyle', 'ISO', false),
        set_config('TimeZone', 'UTC', false),
        set_config('default_transaction_isolation', 'read committed', false),
        set_config('synchronous_commit', CASE current_setting('synchronous_commit')
            WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)
"""
_ENCODING = (
    "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
)


class NotUnicode(Exception):
    """Raised where a database cannot hold every script; the message says how to make one."""

    def __init__(self, name: str, encoding: str, remedy: str) -> None:
        super().__init__(
            f"The database {name} is in {encoding}, which cannot hold every name. Make one that "
            f"can, and let BOOKING_DATABASE_URL name it: {remedy}"
        )


def prepare_postgresql(connection: Any, _record: Any) -> None:
    """Give a connection the settings we need: `event.listen(engine, "connect", …, insert=True)`.

    Our own engine has it, whatever server, database and role say; a host's is left alone. One
    round trip when it is opened.
    """
    connection.autocommit = True
    connection.execute(_SETTINGS)
    connection.autocommit = False


def encoding(connection: Connection) -> str:
    """Return what the database keeps its text in: 'UTF8', or something that will not do."""
    return str(connection.exec_driver_sql(_ENCODING).scalar())


def in_unicode(connection: Connection) -> str:
    """Return the statement that makes a database like this one in UTF8, on any server."""
    quote = connection.dialect.identifier_preparer.quote
    name = quote(f"{connection.engine.url.database}_utf8")
    return f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"


def refuse_other_encodings(connection: Connection) -> None:
    """Raise NotUnicode where a name of some script could not be stored."""
    name = encoding(connection)
    if name != "UTF8":
        raise NotUnicode(str(connection.engine.url.database), name, in_unicode(connection))


def wait_as_long_as_it_takes(connection: Connection) -> None:
    """Lift all limits of server, database and role on time, until the transaction ends."""
    connection.exec_driver_sql("""
        SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN
        ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
    """)
