"""People who log in and out, and sessions that the server revokes."""

from datetime import datetime
from functools import partial
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Session

from booking.tab_sessions import store
from booking.tab_sessions.checks import id_of, is_id, require_kept
from booking.tab_sessions.config import Config, current_config
from booking.tab_sessions.errors import TabSessionError
from booking.tab_sessions.model import tab_session as table
from booking.tab_sessions.session import TabSession
from booking.transactions.sessions import run_in_transaction, run_read_only

from . import anonymous

_BATCH = 50
_RETURNED = "user= of TabSessions returned"
_SHORTER = "Write that of the user's row, and let user= of TabSessions return the same."


def attach_user(tab: TabSession[Any], user: object) -> None:
    """Tie this tab's progress to somebody who logged in, under another id.

    Whoever used the computer before may know the id that the tab had. So until the browser
    has taken another one, which the script does at once and by itself, the tab's other writes are
    answered 409 and the old id is good for nothing afterwards. With `TabSessions(user=…)` nobody
    else is shown this tab's progress any more. Whom `AnonymousUsers` made for it is merged first,
    in the same transaction.

    Raises: TabSessionError where the script has no address to renew the tab at, for a user without
    an id; SomebodyElsesTab where it is tied to another one, who would lose it: end it first.
    """
    if not any(getattr(v, "renews_tabs", False) for v in current_app.view_functions.values()):
        raise TabSessionError(
            "attach_user needs session_lifecycle: without it no browser can take another id, and "
            "the tab's writes are 409 for ever. Write session_lifecycle(blueprint) and, where the "
            "script's prefix is not the blueprint's, data-url=\"…/tab-session\" on its tag."
        )
    if not is_id(user):
        raise TabSessionError(
            "attach_user takes the id of somebody who is logged in, as text, number or UUID: what "
            f"user= of TabSessions returns for them. This was {type(user).__name__} {user!r:.40}."
        )
    kept = require_kept(str(user), "The id in attach_user(tab, user)", _SHORTER)
    tab.attach(kept)
    anonymous.take_over(tab, kept)


def end_user(tab: TabSession[Any], *, everywhere: bool = False) -> None:
    """End the tab of somebody who logged out: it takes another id, nothing is carried over.

    With `everywhere` the user's other tabs, in any browser, are revoked in the same transaction: of
    whom `attach_user` tied it to, in any flow, or else of whom `user=` of TabSessions names.

    Raises: TabSessionError where `everywhere` is said of nobody, ReadOnlyTab.
    """
    user = _whose(tab) if everywhere else None
    tab.end()
    if user is not None:
        revoke_user(user, tab.session)


def _whose(tab: TabSession[Any]) -> str:
    named = current_config().user
    if tab.user is not None:
        return tab.user
    if named is None or (user := named()) is None:
        raise TabSessionError(
            "end_user(tab, everywhere=True): nobody is logged in here. Call it before your own "
            "log-out forgets who it is, with TabSessions(app, session, user=…), and leave "
            "everywhere out where nobody is; or revoke_user(user, tab.session) by the id."
        )
    return id_of(user, _RETURNED)


def revoke(key: int, session: Session | None = None) -> int:
    """Revoke the session with that `tab.key`; return how many there were (0 or 1).

    Drafts are erased, what other tables hold is released (`on_end`), and the browser's next request
    is told 410. With `session` it happens in that session's transaction, else in one of its own.
    """
    return _revoke(table.c.id == key, session)


def revoke_user(user: object, session: Session | None = None) -> int:
    """Revoke every session of that user, named by the id; return how many there were. See `revoke`.

    Raises: TabSessionError for what is nobody's id.
    """
    return _revoke(table.c.user == id_of(user, "revoke_user(user) was given"), session)


def revoke_all(*, before: datetime | None = None, session: Session | None = None) -> int:
    """Revoke every session, or those begun before an instant; return how many there were."""
    return _revoke(true() if before is None else _begun_before(before), session)


def _begun_before(instant: datetime) -> ColumnElement[bool]:
    if instant.tzinfo is None:
        raise ValueError("before needs a time zone: datetime.now(UTC), for example.")
    return table.c.created_at < int(instant.timestamp())


def _revoke(which: ColumnElement[bool], session: Session | None) -> int:
    config, revoked, last = current_config(), 0, 0
    if session is not None:
        while ended := config.endings.end_all(session, which, "revoked", most=_BATCH):
            revoked += ended
        return revoked
    # Looked for where nobody waits for it: there may be a million tombstones in between.
    while rows := run_read_only(
        config.session, partial(store.open_ids, which=which, after=last, most=_BATCH)
    ):
        revoked += run_in_transaction(config.session, partial(_revoke_these, config, which, rows))
        last = rows[-1]
    return revoked


def _revoke_these(
    config: Config, which: ColumnElement[bool], rows: list[int], session: Session
) -> int:
    return config.endings.end_all(session, table.c.id.in_(rows) & which, "revoked", most=_BATCH)
