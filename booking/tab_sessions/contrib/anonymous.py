"""People before they log in: a user of the host's for a tab, and who takes it over.

The host's own tables point to its own users, whether they have logged in or not. Which of them a
tab has made lies in a table beside the tab's own; a duplicate is the same person's, so it has the
same one. Who logs in (`attach_user`) takes over what it made, once, however many tabs it had.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session

from booking.tab_sessions.checks import id_of, require_call, require_kept
from booking.tab_sessions.config import (
    add_end_hook,
    add_fork_hook,
    add_unfinished_hook,
    current_config,
)
from booking.tab_sessions.errors import TabSessionError
from booking.tab_sessions.model import anonymous_user as table
from booking.tab_sessions.session import TabSession
from booking.tab_sessions.slow import called
from booking.transactions.statements import connection_of

UserId = str | int | UUID
_NAME = "tab_sessions_anonymous_users"


@dataclass(frozen=True)
class AnonymousUsers:
    """What a host says of its users who have not logged in.

    `make(session)` adds one and returns its id. `merge(session, anonymous, user)` gives what it had
    to the user who logs in, in the transaction of `attach_user`. `forget(session, anonymous)`
    deletes one whose last tab ended before its goal; without it they stay. Ids are texts there,
    as they are stored. All three are run again when the database asks for it, so they do nothing
    outside of it; what they raise rolls everything back.
    """

    make: Callable[[Session], UserId]
    merge: Callable[[Session, str, str], None]
    forget: Callable[[Session, str], None] | None = None

    def init_app(self, app: Flask) -> None:
        """Use these in an app that has its TabSessions.

        Raises: TabSessionError where it has none yet, or has these already, and for what is no such
        function.
        """
        require_call("make", self.make, "session")
        require_call("merge", self.merge, "session", "anonymous", "user")
        require_call("forget", self.forget, "session", "anonymous")
        if "tab_sessions" not in app.extensions:
            raise TabSessionError(
                "Write TabSessions(app, …) before AnonymousUsers(…).init_app(app)."
            )
        if _NAME in app.extensions:
            raise TabSessionError("This app has AnonymousUsers already: make them once.")
        app.extensions[_NAME] = self
        add_fork_hook(app, _copy)
        add_unfinished_hook(app, self._forget_with)
        add_end_hook(app, _forget_tab)

    def _forget_with(self, session: Session, tab: int) -> None:
        """Forget whom an ended tab made, unless another tab has the same user."""
        for user in _users_of(session, [tab]).values():
            tabs = _lock_tabs_of(session, user)
            connection_of(session).execute(delete(table).where(table.c.tab_session_id == tab))
            if self.forget and tabs == [tab]:
                called(session, "forget", self.forget, session, user)


def anonymous_user(tab: TabSession[Any]) -> str | None:
    """Return the id of the user that this tab has as long as nobody has logged in.

    The host's `make` makes one in the first writing request that asks; it is None in a reading
    one until then, and where somebody is logged in: `current_user.get_id() or anonymous_user(tab)`.

    Raises: TabSessionError without AnonymousUsers and where `make` returns no id, EndedTab after
    `tab.end()`.
    """
    users = _declared()
    if users is None:
        raise TabSessionError(
            "anonymous_user needs to know your users. Write AnonymousUsers(make=…, merge=…)"
            ".init_app(app), after TabSessions(app, …)."
        )
    if _is_tied(tab) or _is_logged_in():
        return None
    tab.refuse_when_ended()
    if not tab.writable:
        return next(iter(_users_of(tab.session, tab.keys()).values()), None)
    mine = tab.key or 0  # before anybody is made: of two requests that begin a tab, one waits
    if _is_tied(tab):  # by the one that it waited for
        return None
    known = _users_of(tab.session, tab.keys(), lock=True)
    if mine in known:
        return known[mine]
    user = next(iter(known.values()), None)
    if user is None:
        made = "make= of AnonymousUsers has to return the id of the user it added. It returned"
        user = id_of(called(tab.session, "make", users.make, tab.session), made)
        require_kept(user, "The id that make= returns", "Return that of the row it added.")
    connection_of(tab.session).execute(insert(table), {"tab_session_id": mine, "user": user})
    return user


def take_over(tab: TabSession[Any], user: str) -> None:
    """Let the host merge whom this tab made into the user who logs in.

    In the tab's transaction. Of several tabs with the same anonymous user the first one merges it.
    """
    users = _declared()
    if users is None or not tab.writable:
        return
    for anonymous in dict.fromkeys(_users_of(tab.session, tab.keys()).values()):
        if _lock_tabs_of(tab.session, anonymous):
            connection_of(tab.session).execute(delete(table).where(table.c.user == anonymous))
            if anonymous != user:  # who registered may have been given the very same row
                called(tab.session, "merge", users.merge, tab.session, anonymous, user)


def _declared() -> AnonymousUsers | None:
    return current_app.extensions.get(_NAME)


def _is_tied(tab: TabSession[Any]) -> bool:
    return tab.user is not None


def _is_logged_in() -> bool:
    user = current_config().user
    return user is not None and user() is not None


def _users_of(session: Session, tabs: list[int], *, lock: bool = False) -> dict[int, str]:
    """The users of these tabs, the oldest tab's first.

    With `lock` nobody merges them before this transaction is over, so that what is written for them
    is merged, too.
    """
    wanted = select(table).where(table.c.tab_session_id.in_(tabs)).order_by(table.c.tab_session_id)
    rows = connection_of(session).execute(wanted.with_for_update() if lock else wanted)
    return {row.tab_session_id: row.user for row in rows}


def _lock_tabs_of(session: Session, user: str) -> list[int]:
    """The tabs that have this user, locked in one order: none once somebody has taken it over."""
    wanted = select(table.c.tab_session_id).where(table.c.user == user)
    wanted = wanted.order_by(table.c.tab_session_id).with_for_update()
    return list(connection_of(session).execute(wanted).scalars())


def _forget_tab(session: Session, tab: int, reason: str) -> None:
    """Where a completed tab goes as well; an SQLite that heeds no key may use its number again."""
    if reason == "forgotten":
        connection_of(session).execute(delete(table).where(table.c.tab_session_id == tab))


def _copy(session: Session, source: int, copy: int) -> None:
    of_the_source = select(literal(copy), table.c.user).where(table.c.tab_session_id == source)
    of_the_source = of_the_source.with_for_update()  # nor where somebody is merging it just now
    connection_of(session).execute(
        insert(table).from_select(["tab_session_id", "user"], of_the_source)
    )
