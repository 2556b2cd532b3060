"""What the pages and commands of one app need to know of its Sidebook, and of its tables.

Whether those are of this version is asked by the first request and until it is so, then never
again: a program that was started before its migrations says so on the first page, not at the end of
a customer's work.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

from flask import Flask, Request, current_app, has_request_context, request
from sqlalchemy import Engine, Inspector, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, scoped_session

from booking.config import ConfigurationError, Settings
from booking.files import MIGRATIONS
from booking.link_key import KeyNote, LinkKey, link_key_of
from booking.listeners import Listener, Listeners
from booking.operations.links import Links
from booking.operations.outbox import Outbox
from booking.signals import announce
from booking.storage.base import OlderTables
from booking.storage.models import Base
from booking.tab_sessions import DATABASE_FAILURES
from booking.tab_sessions.model import metadata as tab_sessions
from booking.transactions.errors import state_of
from booking.transactions.sessions import require_clean_session
from booking.transactions.watching import AnySession, is_ours, unwrap_scoped

VERSION_TABLE = "booking_alembic_version"
_VERSION = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - our own name
_MAY_NOT = "42501"  # insufficient_privilege
_log = logging.getLogger(__name__)


class Tables:
    """What one process knows of the tables it serves from."""

    def __init__(self) -> None:
        self.are_known = False

    def require(self, session: Any) -> None:
        """Raise OlderTables as long as something that this version needs is missing.

        It asks in the session's own transaction, because a host's session may be bound to a
        connection, and ends one that it began. A database that does not answer is left to whoever
        asks next, who says that better; a role that may not read the version is not asked again.
        """
        if self.are_known:
            return
        actual: Session = session() if isinstance(session, scoped_session) else session
        begun = not actual.in_transaction()
        try:
            _refuse_older(actual)
            self.are_known = True
        except DATABASE_FAILURES as error:
            self.are_known = isinstance(error, DBAPIError) and state_of(error) == _MAY_NOT
        finally:
            if begun:
                actual.rollback()

    def forget(self) -> None:
        """Ask again: what was there is missing, as after a backup was restored."""
        self.are_known = False


def _refuse_older(session: Session) -> None:
    inspector = inspect(session.connection())
    if not inspector.has_table(VERSION_TABLE):
        _refuse_missing_columns(inspector)
        return
    version = session.execute(_VERSION).scalar()
    *older, current = sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    if version is None or version in older:
        at = f"at version {version}" if version else "empty"
        raise OlderTables(f"they are {at}, and this program needs {current}", begun=bool(version))
    if version != current:
        # As while a new version is rolled out: what an older worker cannot do is 503 by itself.
        _log.warning("The booking tables are newer than this process: start it anew.")


def _refuse_missing_columns(inspector: Inspector) -> None:
    """For a host whose own migrations, or create_all, made the tables: no version says so."""
    wanted = [*tab_sessions.tables.values(), *Base.metadata.tables.values()]
    ours = inspector.get_multi_columns(filter_names=[table.name for table in wanted])
    columns = {name: {each["name"] for each in several} for (_, name), several in ours.items()}
    missing = [
        f"{table.name}.{column.name}"
        for table in wanted
        for column in table.columns
        if column.name not in columns.get(table.name, ())
    ]
    if missing:
        begun = any(table.name in columns for table in wanted)
        raise OlderTables(f"{missing[0]} is missing", begun=begun, by_host=begun)


NAME = "booking"
"""The key in app.extensions, and the name of blueprint and commands unless a host gives one."""


@dataclass(frozen=True)
class SidebookState:
    """One app's Sidebook: its settings, its database, where it is mounted and under which name.

    `host` and `subdomain`: at which one of the app's it answers; None: at every one. `desk_prefix`
    is empty where there is no desk; `who_is_there` is a host's own, which says who is at it.
    """

    settings: Settings
    db: Any
    url_prefix: str
    name: str = NAME
    tables: Tables = field(default_factory=Tables)
    key_note: KeyNote = field(default_factory=KeyNote)
    key_at_start: LinkKey | None = None
    listeners: Listeners = field(default_factory=Listeners)
    host: str | None = None
    subdomain: str | None = None
    desk_prefix: str = ""
    who_is_there: Callable[[], Any] | None = None

    def on(self, event: str) -> Callable[[Listener], Listener]:
        """Do what `Sidebook.on` does, for who has no Sidebook at hand: `create_app` makes one.

        Raises: what `Listeners.on` raises.
        """
        return self.listeners.on(event)

    @property
    def handlers(self) -> Mapping[str, Mapping[str, Callable[..., object]]]:
        """A host's own functions by the event they are for, and by the names that letters know."""
        return self.listeners.by_event

    @property
    def outbox(self) -> Outbox:
        """What this app sends, for every verb that changes a booking."""
        handlers = {event: list(named) for event, named in self.handlers.items()}
        most = self.settings.letters_per_address
        return Outbox(bool(self.settings.mail_url), handlers, announce, most)

    @property
    def desk_outbox(self) -> Outbox:
        """The same for what is done at the desk: its letters wait, so that it can be undone."""
        return replace(self.outbox, delay=self.settings.desk_letter_seconds)

    @cached_property
    def link_key(self) -> LinkKey:
        """The key that makes customers' links: what the start read, or a secret that came later.

        A server may have given up root by now, and the right to read the file with it; a host may
        have set its SECRET_KEY after it had mounted us.

        Raises: ConfigurationError.
        """
        if self.key_at_start and not current_app.secret_key:
            return self.key_at_start
        return link_key_of(current_app, self.settings.secret_key or ())

    @cached_property
    def links(self) -> Links:
        """How this app makes customers' links, and finds them again."""
        begin = self.settings.public_url
        root = f"{begin}{self.url_prefix}".rstrip("/")
        return Links(self.link_key.keys, f"{root}/appointment/" if begin else "")

    @property
    def session(self) -> AnySession:
        """The SQLAlchemy session of this request or command.

        Raises: OlderTables for a page of ours, as long as the tables are not those of this version;
        TwoKeys as long as another machine has a key of its own.
        """
        session = cast("AnySession", self.db.session)
        is_known = self.tables.are_known and time.time() < self.key_note.good_until
        if not is_known and has_request_context() and request.blueprint in self.blueprints:
            self.tables.require(session)
            self.note_key(session)
        return session

    def note_key(self, session: AnySession) -> None:
        """Note that this app's key is in use, unless it was today or a transaction of ours is open.

        Raises: TwoKeys, PendingChanges.
        """
        actual, now = unwrap_scoped(session), time.time()
        if now >= self.key_note.good_until and not is_ours(actual):
            require_clean_session(actual)  # as our own transaction would do next
            self.key_note.require(actual, self.link_key, now)

    @property
    def desk_name(self) -> str:
        """The name of the desk's blueprint."""
        return desk_name(self.name)

    @property
    def blueprints(self) -> tuple[str, ...]:
        """The names of the blueprints that are ours."""
        return (self.name, self.desk_name) if self.desk_prefix else (self.name,)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes below which all addresses are ours."""
        return (self.url_prefix, self.desk_prefix) if self.desk_prefix else (self.url_prefix,)

    def answers_at(self, host: str) -> bool:
        """Return whether Sidebook answers at this host, as a request names it."""
        if self.host is not None:
            return host == self.host
        return self.subdomain is None or host.startswith(f"{self.subdomain}.")

    @property
    def engine(self) -> Engine:
        """The engine the booking tables live on."""
        return cast("Engine", self.db.engine)


def desk_name(name: str) -> str:
    """Return the name of the desk's blueprint beside the one of that name."""
    return f"{name}_desk"


def current_sidebook() -> SidebookState:
    """Return the Sidebook of the running app.

    Raises: ConfigurationError where it has none.
    """
    sidebook: SidebookState | None = current_flask().extensions.get(NAME)
    if sidebook is None:
        raise ConfigurationError("This app has no Sidebook. Write Sidebook(app) where it is made.")
    return sidebook


def current_request() -> Request:
    """Return the request itself: its stand-in takes five times as long for each thing asked."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    return found


def current_flask() -> Flask:
    """Return the running app itself, for the same reason."""
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    return found
