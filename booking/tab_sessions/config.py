"""TabSessions: what one app says about its tabs, and what it may do with all of them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from flask import Flask, current_app
from sqlalchemy import ColumnElement
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.transactions.sessions import run_in_transaction
from booking.transactions.watching import AnySession, watch

from . import store
from .errors import TabSessionError
from .guards import exempt_session_routes
from .model import metadata
from .responses import keep_no_answer

OnEnd = Callable[[Session, int], None]
OnStore = Callable[[Session, str, int, int], None]
_NAME = "tab_sessions"


@dataclass(frozen=True)
class Limits:
    """How long a tab's progress lives (seconds) and how much of it there may be (bytes).

    `request_seconds` is how long the bytes of one request may take to come.
    """

    idle: int = 60 * 60
    absolute: int = 24 * 60 * 60
    draft: int = 64 * 1024
    request: int = 256 * 1024
    request_seconds: float = 20
    tombstone: int = 30 * 24 * 60 * 60
    grace: int = 60

    def over_at(self, heard_at: int, absolute: int) -> int:
        """Return when a tab is over if nothing is heard of it after `heard_at` (both seconds).

        The earlier of its two limits, so that one column says it, and one index finds who is over.
        """
        return min(heard_at + self.idle, absolute)


def utc_now() -> datetime:
    """Return now, to the second, so that what is stored and what is compared agree."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Config:
    """What an app was told about its tabs."""

    limits: Limits
    on_end: list[OnEnd]
    before_renew: list[OnEnd]
    user: Callable[[], object] | None
    binding: str
    source: AnySession | Callable[[], AnySession] | None
    on_store: list[OnStore]

    @property
    def session(self) -> AnySession:
        """The database session of this request."""
        source = self.source
        if source is None:
            source = _flask_sqlalchemy().session
            watch(source)  # made after TabSessions, perhaps
            return cast("AnySession", source)
        if callable(source) and not hasattr(source, "execute"):
            return source()
        return cast("AnySession", source)

    def end(self, session: Session, rows: list[int], reason: str) -> None:
        """Erase these tabs' drafts and let the app release what they held, in one transaction."""
        if rows:
            store.end(session, rows, reason)
        self._release(session, rows)

    def end_all(
        self, session: Session, which: ColumnElement[bool], reason: str, *, most: int
    ) -> int:
        """End up to `most` of these tabs, those that reached their goal too; return how many."""
        rows = store.open_sessions(session, which, most)
        if rows:
            store.end(session, [row for row, _ in rows], reason, completed=True)
        self._release(session, [row for row, was in rows if was == "active"])
        return len(rows)

    def report_stored(self, session: Session, flow: str, rows: int, size: int) -> None:
        """Tell the app what was stored for tabs, before it is committed."""
        if rows or size:
            for tell in self.on_store:
                tell(session, flow, rows, size)

    def admits(self, owner: str | None) -> bool:
        """Say whether this request's user may see what belongs to `owner` (None: anybody may)."""
        if owner is None or self.user is None:
            return True
        user = self.user()
        return user is not None and str(user) == owner

    def _release(self, session: Session, rows: list[int]) -> None:
        for release in self.on_end:
            for key in rows:
                release(session, key)


class TabSessions:
    """Tab sessions for one or several apps.

    `session` is where the rows live: an SQLAlchemy Session, a scoped_session, or a function
    that returns one for this request; without it the app's Flask-SQLAlchemy is used.
    `on_end(session, key)` runs in the transaction that ends a tab before its goal,
    `before_renew(session, key)` in the one that gives it another id, and
    `on_store(session, flow, rows, size)` in the one that makes rows of tabs, copies too, or lets a
    draft grow past another 4 kB (`rows` is 0 then): it may raise TooManyTabs. `user` is a function
    that says who is logged in: a tab tied to somebody by `attach_user` is then shown to nobody
    else. `binding="browser"` makes an id useless without a cookie of the same browser.
    """

    def __init__(self, app: Flask | None = None, session: Any = None, **options: Any) -> None:
        self._session, self._options = session, options
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, session: Any = None, **options: Any) -> None:
        """Attach to an app. See `configure` for the options and the errors."""
        configure(app, session or self._session, **{**self._options, **options})


def configure(  # noqa: PLR0913 - each a setting
    app: Flask,
    session: Any,
    *,
    idle_minutes: float = 60,
    absolute_minutes: float = 24 * 60,
    draft_bytes: int = 64 * 1024,
    request_bytes: int = 256 * 1024,
    request_seconds: float = 20,
    on_end: OnEnd | None = None,
    on_store: OnStore | None = None,
    before_renew: OnEnd | None = None,
    user: Callable[[], object] | None = None,
    binding: str = "none",
) -> None:
    """Set the limits: minutes without a request, minutes in all, bytes of a draft and a request.

    `request_seconds` is how long the bytes of one request may take to come, in all.

    Raises: TabSessionError when the app has tab sessions already or a limit makes no sense.
    """
    if _NAME in app.extensions:
        raise TabSessionError("This app has TabSessions already: make them once.")
    if not 0 < idle_minutes <= absolute_minutes:
        raise TabSessionError("idle_minutes must be above 0 and not above absolute_minutes.")
    if min(draft_bytes, request_bytes) < 1024:
        raise TabSessionError("draft_bytes and request_bytes must be at least 1024.")
    if not request_seconds > 0:
        raise TabSessionError("request_seconds must be above 0.")
    if binding not in {"none", "browser"}:
        raise TabSessionError('binding must be "none" or "browser".')
    _watch_source(app, session)
    keep_no_answer(app)
    exempt_session_routes(app)
    limits = Limits(
        int(idle_minutes * 60),
        int(absolute_minutes * 60),
        draft_bytes,
        request_bytes,
        request_seconds,
    )
    app.extensions[_NAME] = Config(
        limits=limits,
        on_end=[on_end] if on_end else [],
        before_renew=[before_renew] if before_renew else [],
        user=user,
        binding=binding,
        source=session,
        on_store=[on_store] if on_store else [],
    )


def _watch_source(app: Flask, session: Any) -> None:
    if session is None and "sqlalchemy" in app.extensions:
        with app.app_context():  # some have it as a property, which asks for an app
            session = app.extensions["sqlalchemy"].session
    watch(session)


def current_config() -> Config:
    """Return the running app's configuration.

    Raises: TabSessionError, with the remedy.
    """
    config: Config | None = current_app.extensions.get(_NAME)
    if config is None:
        raise TabSessionError(
            "This app has no tab sessions yet. Write TabSessions(app, db.session) after the app "
            "and its database are made."
        )
    return config


def limits_of(app: Flask) -> Limits:
    """Return the limits that an app's tab sessions were given."""
    return cast("Config", app.extensions[_NAME]).limits


def add_end_hook(app: Flask, on_end: OnEnd) -> None:
    """Add another `on_end(session, key)` to an app that has tab sessions already."""
    cast("Config", app.extensions[_NAME]).on_end.append(on_end)


def add_store_hook(app: Flask, on_store: OnStore) -> None:
    """Add another `on_store(session, flow, rows, size)` to an app that has tab sessions."""
    cast("Config", app.extensions[_NAME]).on_store.append(on_store)


def create_table() -> None:
    """Create the tables in the current app's database, for apps without migrations.

    Several workers may start at once: whoever is too late for a table looks again for the others.
    """
    engine = current_config().session.get_bind()
    for _ in metadata.tables:
        with suppress(DBAPIError):
            return metadata.create_all(engine)
    return metadata.create_all(engine)


def purge(most: int = 50) -> tuple[int, int]:
    """Erase up to `most` expired drafts, delete as many old tombstones and hand-overs.

    Returns how many were (erased, deleted). All in one short transaction, so that nobody waits
    long for it: call it until both are 0.
    """
    config = current_config()
    now = int(utc_now().timestamp())

    def work(session: Session) -> tuple[int, int]:
        rows = store.expired_ids(session, now, most)
        config.end(session, rows, "expired")
        old = store.delete_tombstones(session, now - config.limits.tombstone, most)
        return len(rows), old + store.delete_expired_handovers(session, now, most)

    return run_in_transaction(config.session, work)


def _flask_sqlalchemy() -> Any:
    flask_sqlalchemy = current_app.extensions.get("sqlalchemy")
    if flask_sqlalchemy is None:
        raise TabSessionError(
            "TabSessions was given no database session and the app has no Flask-SQLAlchemy. "
            "Write TabSessions(app, session) with an SQLAlchemy session or scoped_session."
        )
    return flask_sqlalchemy
