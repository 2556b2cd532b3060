"""TabSessions: what one app says about its tabs, and what it may do with all of them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast

from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, scoped_session

from booking.now import utc_now as this_instant
from booking.transactions.watching import AnySession, watch

from .checks import id_of, require_call
from .endings import Endings, OnEnd, OnFork, OnUnfinished
from .errors import TabSessionError
from .guards import exempt_session_routes
from .model import metadata
from .responses import keep_no_answer
from .slow import called

OnRenew = Callable[[Session, int], None]
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
    return this_instant().replace(microsecond=0)


@dataclass(frozen=True)
class Config:
    """What an app was told about its tabs."""

    limits: Limits
    endings: Endings
    before_renew: list[OnRenew]
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
            made = source()
            if not isinstance(made, Session | scoped_session):
                raise _no_session(made, "TabSessions(app, function): the function returned")
            return made
        return cast("AnySession", source)

    def report_stored(self, session: Session, flow: str, rows: int, size: int) -> None:
        """Tell the app what was stored for tabs, before it is committed."""
        if rows or size:
            for tell in self.on_store:
                called(session, "on_store", tell, session, flow, rows, size)

    def admits(self, owner: str | None) -> bool:
        """Say whether this request's user may see what belongs to `owner` (None: anybody may).

        Raises: TabSessionError where `user` returns what is nobody's id.
        """
        if owner is None or self.user is None:
            return True
        user = self.user()
        return user is not None and id_of(user, "user= of TabSessions returned") == owner


class TabSessions:
    """Tab sessions for one or several apps.

    `session` is where the rows live: an SQLAlchemy Session, a scoped_session, or a function
    that returns one for this request; without it the app's Flask-SQLAlchemy is used.
    `on_end(session, key, reason)` runs in the transaction in which a tab is completed, expired,
    ended or revoked (a completed one too), or forgotten; once for each.
    `on_fork(session, source, copy)` runs in the one that copies a duplicated tab,
    `before_renew(session, key)` in the one that gives a tab another id, and
    `on_store(session, flow, rows, size)` in the one that makes rows of tabs, copies too, or lets a
    draft grow past another 4 kB (`rows` is 0 then): it may raise TooManyTabs. `user` is a function
    that says who is logged in: a tab tied to somebody by `attach_user` is then shown to nobody
    else. `binding="browser"` makes an id useless without a cookie of the same browser. `models` is
    the declarative base of rows by tab (TabOwned), where it is not Flask-SQLAlchemy's `db.Model`.
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
    on_fork: OnFork | None = None,
    before_renew: OnRenew | None = None,
    models: Any = None,
    user: Callable[[], object] | None = None,
    binding: str = "none",
) -> None:
    """Set the limits: minutes without a request, minutes in all, bytes of a draft and a request.

    `request_seconds` is how long the bytes of one request may take to come, in all.

    Raises: TabSessionError when the app has tab sessions already, a limit makes no sense, or what
    is handed over can be no session or no such function.
    """
    if not isinstance(app, Flask):
        raise TabSessionError(
            f"TabSessions(app, session) was given {app!r:.60} for the app. The Flask app comes "
            "first, and then where its sessions come from: TabSessions(app, db.session)."
        )
    if _NAME in app.extensions:
        raise TabSessionError("This app has TabSessions already: make them once.")
    _refuse_unusable_time("idle_minutes", idle_minutes, least=1 / 60)
    _refuse_unusable_time("absolute_minutes", absolute_minutes, least=1 / 60)
    _refuse_unusable_time("request_seconds", request_seconds)
    if idle_minutes > absolute_minutes:
        raise TabSessionError(
            f"idle_minutes is {idle_minutes}, and after absolute_minutes ({absolute_minutes}) a "
            "tab is over in any case. Write at most that, or raise absolute_minutes."
        )
    _refuse_unusable_size("draft_bytes", draft_bytes)
    _refuse_unusable_size("request_bytes", request_bytes)
    if models is not None and not hasattr(models, "registry"):
        raise TabSessionError("models must be the declarative base of your models: models=Base.")
    if binding not in {"none", "browser"}:
        raise TabSessionError('binding must be "none" or "browser".')
    require_call("user", user)
    require_call("before_renew", before_renew, "session", "key")
    _refuse_no_source(session)
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
        endings=Endings(partial(_models_of, app, models)),
        before_renew=[before_renew] if before_renew else [],
        user=user,
        binding=binding,
        source=session,
        on_store=[],
    )
    if on_end is not None:
        add_end_hook(app, on_end)
    if on_fork is not None:
        add_fork_hook(app, on_fork)
    if on_store is not None:
        add_store_hook(app, on_store)


def _models_of(app: Flask, models: Any) -> Any:
    # Flask-SQLAlchemy's, also where it is made after this.
    return models or getattr(app.extensions.get("sqlalchemy"), "Model", None)


def _refuse_unusable_time(option: str, length: Any, *, least: float = 0) -> None:
    is_number = isinstance(length, int | float) and not isinstance(length, bool)
    if not (is_number and 0 < length < float("inf")):
        raise TabSessionError(f"{option} is {length!r}. Write a number above 0.")
    if length < least:
        raise TabSessionError(
            f"{option} is {length!r}, so each tab would be over at once: it counts whole seconds. "
            "Write at least 1 / 60."
        )


def _refuse_unusable_size(option: str, size: Any) -> None:
    if isinstance(size, bool) or not isinstance(size, int) or size < 1024:
        raise TabSessionError(
            f"{option} is {size!r}. Write a whole number of bytes, at least 1024, such as "
            f"{option}=64 * 1024."
        )


def _refuse_no_source(session: Any) -> None:
    """Refuse what no session comes from.

    Raises: TabSessionError, with the remedy.
    """
    is_app = isinstance(session, Flask)  # which is callable
    if session is None or isinstance(session, Session) or (callable(session) and not is_app):
        return
    raise _no_session(session, "TabSessions(app, session) was given")


def _no_session(what: Any, said: str) -> TabSessionError:
    # Not by asking it: Flask-SQLAlchemy-Lite's is a property that wants an app.
    has_one = not isinstance(what, Flask) and "session" in dir(what)
    if has_one:
        cure = "db.session, where that is db"
    elif isinstance(what, Engine):
        cure = "a session of that engine: scoped_session(sessionmaker(engine))"
    else:
        cure = "a session or scoped_session, or a function that returns one for this request"
    return TabSessionError(f"{said} {what!r:.60}, which is no session of SQLAlchemy. Write {cure}.")


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
    """Add another `on_end(session, key, reason)` to an app that has tab sessions already.

    Raises: TabSessionError where it takes no reason.
    """
    require_call(
        *("on_end", on_end, "session", "key", "reason"),
        hint="It is called for completed and forgotten tabs as well. What is only for those that "
        'ended before their goal begins with: if reason not in {"expired", "ended", "revoked"}: '
        "return",
    )
    cast("Config", app.extensions[_NAME]).endings.on_end.append(on_end)


def add_fork_hook(app: Flask, on_fork: OnFork) -> None:
    """Add another `on_fork(session, source, copy)` to an app that has tab sessions already.

    Raises: TabSessionError where it takes something else.
    """
    require_call("on_fork", on_fork, "session", "source", "copy")
    cast("Config", app.extensions[_NAME]).endings.on_fork.append(on_fork)


def add_unfinished_hook(app: Flask, release: OnUnfinished) -> None:
    """Have `release(session, key)` called where a tab ends before its goal, and only there."""
    cast("Config", app.extensions[_NAME]).endings.on_unfinished.append(release)


def add_store_hook(app: Flask, on_store: OnStore) -> None:
    """Add another `on_store(session, flow, rows, size)` to an app that has tab sessions.

    Raises: TabSessionError where it takes something else.
    """
    require_call("on_store", on_store, "session", "flow", "rows", "size")
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


def _flask_sqlalchemy() -> Any:
    flask_sqlalchemy = current_app.extensions.get("sqlalchemy")
    if flask_sqlalchemy is None:
        raise TabSessionError(
            "TabSessions was given no database session and the app has no Flask-SQLAlchemy. "
            "Write TabSessions(app, session) with an SQLAlchemy session or scoped_session."
        )
    return flask_sqlalchemy
