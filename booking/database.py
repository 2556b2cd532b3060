"""Where bookings are: the host's own database, or one of our own and how it is connected to."""

from pathlib import Path
from typing import Any

from flask import Flask
from flask.globals import app_ctx
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.config import ConfigurationError, Settings
from booking.transactions.sqlite_file import SQLiteFile, wait_evenly

_PRAGMAS = (
    "busy_timeout = 15000",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
)
# The driver reads instants in ISO style only, and sends every script in UTF-8 only; in UTC a zone's
# name cannot confuse it. Claiming is made for READ COMMITTED. The commit is on the disk before a
# customer is told of it.
_POSTGRESQL_SETTINGS = """
    SELECT set_config('client_encoding', 'UTF8', false), set_config('DateStyle', 'ISO', false),
        set_config('TimeZone', 'UTC', false),
        set_config('default_transaction_isolation', 'read committed', false),
        set_config('synchronous_commit', CASE current_setting('synchronous_commit')
            WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)
"""
_ENCODING = (
    "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
)
_OURS, _FLASKS = "BOOKING_DATABASE_URL", "SQLALCHEMY_DATABASE_URI"
_OPTIONS = "SQLALCHEMY_ENGINE_OPTIONS"
MOST_THREADS = 32
"""Of one process: none of them waits for a connection, and no more than they use are opened."""


class UnusableDatabase(Exception):
    """Raised where this program must not use a database; the message says what to do."""


class NotUnicode(UnusableDatabase):
    """Raised where a database cannot hold every script; the message says how to make one."""

    def __init__(self, name: str, encoding: str, remedy: str) -> None:
        super().__init__(
            f"The database {name} is in {encoding}, which cannot hold every name. Make one that "
            f"can, and let BOOKING_DATABASE_URL name it: {remedy}"
        )


def database_of(app: Flask, settings: Settings, given: Any) -> Any:
    """Return the database given, else the app's own, else a new one.

    Raises: ConfigurationError.
    """
    database = given or app.extensions.get("sqlalchemy")
    if database is None:
        return _own_database(app, settings)
    if settings.database_url:
        raise ConfigurationError(
            "BOOKING_DATABASE_URL is set, but this app has a database of its own, which Sidebook "
            "uses. Remove BOOKING_DATABASE_URL."
        )
    # A class may have it as a property, which asks for an app that is running.
    if not (hasattr(type(database), "session") or hasattr(database, "session")):
        raise ConfigurationError(
            f"Sidebook was given {database!r} as its database. Write Sidebook(app, db, "
            "url_prefix='/book') with your app's Flask-SQLAlchemy as db."
        )
    if isinstance(database, SQLAlchemy) and "sqlalchemy" not in app.extensions:
        raise ConfigurationError(
            "Sidebook's database does not know this app yet. Call db.init_app(app) first."
        )
    with app.app_context():
        if isinstance(database, SQLAlchemy) and None not in database.engines:
            raise ConfigurationError(
                "The app's Flask-SQLAlchemy has no default database, in which Sidebook's tables "
                "would lie. Set SQLALCHEMY_DATABASE_URI beside SQLALCHEMY_BINDS, or name one of "
                "them: Sidebook(app, BoundDatabase(app, db, 'bookings'))."
            )
    return database


class BoundDatabase:
    """One of a host's SQLALCHEMY_BINDS: `Sidebook(app, BoundDatabase(app, db, "bookings"))`.

    It has a `session` of its own, and not the host's: no transaction is of two databases.

    Raises: ConfigurationError for a key that is not there.
    """

    def __init__(self, app: Flask, db: Any, key: str) -> None:
        with app.app_context():
            engines = db.engines
        if key not in engines:
            others = ", ".join(sorted(repr(each) for each in engines if isinstance(each, str)))
            raise ConfigurationError(
                f"BoundDatabase was given {key!r}, and this app's SQLALCHEMY_BINDS have "
                f"{others or 'nothing'}. Name the database there, before SQLAlchemy(app)."
            )
        self.engine: Engine = engines[key]
        self.session = scoped_session(sessionmaker(self.engine), scopefunc=_app_context)
        app.teardown_appcontext(lambda _error: self.session.remove())


def _app_context() -> int:
    return id(app_ctx._get_current_object())  # type: ignore[attr-defined] # noqa: SLF001


def _own_database(app: Flask, settings: Settings) -> SQLAlchemy:
    address = _named(app, settings) or make_url(f"sqlite:///{_instance_file(app)}")
    lite = address.get_backend_name() == "sqlite"
    app.config[_FLASKS] = address
    # A failed statement's values would put names and addresses into the log.
    options = {"hide_parameters": True, "pool_pre_ping": not lite, "max_overflow": MOST_THREADS}
    app.config[_OPTIONS] = options | app.config.get(_OPTIONS, {})
    try:
        database = SQLAlchemy(app)
    except ArgumentError as error:
        raise ConfigurationError(f"The database URL cannot be used: {error}") from error
    except ImportError as error:
        raise ConfigurationError(
            f"BOOKING_DATABASE_URL needs a driver that is missing ({error.name}). "
            "Run: pip install 'sidebook[postgres]'"
        ) from error
    with app.app_context():
        if lite:
            _configure_sqlite(database)
        else:  # first of all: the dialect itself reads what the server says
            event.listen(database.engine, "connect", prepare_postgresql, insert=True)
    return database


def _named(app: Flask, settings: Settings) -> URL | None:
    """The database that a setting names, ours or Flask-SQLAlchemy's.

    Raises: ConfigurationError.
    """
    named = {_OURS: settings.database_url, _FLASKS: app.config.get(_FLASKS)}
    addresses = {key: _address(url, key) for key, url in named.items() if url}
    if len(set(addresses.values())) > 1:
        raise ConfigurationError(
            f"{_OURS} and {_FLASKS} name two databases. Keep one of them: this app has no "
            "Flask-SQLAlchemy of its own, so both are for Sidebook."
        )
    for key in ("SQLALCHEMY_BINDS", "SQLALCHEMY_ENGINES"):
        if app.config.get(key):
            raise ConfigurationError(
                f"{key} is set, but the app has no database yet. Make it before Sidebook, and "
                "write Sidebook(app, db)."
            )
    return next(iter(addresses.values()), None)


def _configure_sqlite(database: SQLAlchemy) -> None:
    event.listen(database.engine, "connect", prepare_sqlite)
    wait_evenly(database.engine)
    name = database.engine.url.database or ""
    if not name.startswith("file:"):  # such a name says by itself how it is to be opened
        SQLiteFile(Path(name)).watch(database.engine)


def _address(text: str | URL, key: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        url = URL.create("unknown")
    if url.get_backend_name() not in ("sqlite", "postgresql", "postgres"):
        raise ConfigurationError(
            f"{key} is not the URL of a database that Sidebook knows. Write "
            "sqlite:////path/to/file.db or postgresql+psycopg://user@host/name."
        )
    if url.get_backend_name() == "sqlite":
        return _refuse_memory(url, key)
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ConfigurationError(
            f"{key} begins with {url.drivername}://, but Sidebook talks to "
            "PostgreSQL by psycopg 3. Write postgresql+psycopg:// and the rest as it is."
        )
    return url.set(drivername="postgresql+psycopg")


def _refuse_memory(url: URL, key: str) -> URL:
    name = url.database or ""
    if not name or ":memory:" in name or "memory" in url.query.get("mode", ""):
        raise ConfigurationError(
            f"{key} names an SQLite database in memory, where each connection finds "
            "an empty one of its own. Write sqlite:////path/to/file.db; for a test, a file in a "
            "temporary folder."
        )
    return url


def _instance_file(app: Flask) -> Path:
    folder = Path(app.instance_path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} for the database cannot be made ({error.strerror}). Make it "
            "writable, or set BOOKING_DATABASE_URL=sqlite:////a/writable/path/booking.db."
        ) from error
    return folder / "booking.db"


def prepare_sqlite(connection: Any, _record: Any) -> None:
    """Give an SQLite connection what it needs: `event.listen(engine, "connect", prepare_sqlite)`.

    Our own engine has it; a host's is left alone. WAL lets people read while one writes, FULL
    keeps a confirmed booking through a power cut, and a writer waits its turn for 15 seconds.
    """
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def prepare_postgresql(connection: Any, _record: Any) -> None:
    """Give a connection the settings we need: `event.listen(engine, "connect", …, insert=True)`.

    Our own engine has it, whatever server, database and role say; a host's is left alone. One
    round trip when it is opened.
    """
    connection.autocommit = True
    connection.execute(_POSTGRESQL_SETTINGS)
    connection.autocommit = False


def encoding(connection: Connection) -> str:
    """Return what the database keeps its text in: 'UTF8', or something that will not do."""
    return str(connection.exec_driver_sql(_ENCODING).scalar())


def in_unicode(connection: Connection) -> str:
    """Return the statement that makes a database like this one in UTF8, on any server."""
    name = connection.dialect.identifier_preparer.quote(f"{connection.engine.url.database}_utf8")
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
