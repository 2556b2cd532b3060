"""ONE WIZARD PER TAB: progress on the server for every browser tab.

A library. It knows Flask and SQL, and nothing of what an application does with it.

    tabs = TabSessions(app, db.session)

    @session_route(notes, "/note", methods=["GET", "POST"])
    def note(tab): ...

Its rooms: route.py is the decorator, door.py the transaction behind it, session.py what a view
is handed, store.py the row, sealing.py how a draft lies at rest, refusals.py what is answered
when the door stays shut, transactions.py the same transaction without a tab, attempts.py how
often it is tried, failures.py what a database's failure means, extension.py the app's settings,
client/tab-session.js the browser's half.
"""

from .attempts import RunAgain, look, settle
from .extension import CLIENT_SCRIPT, TabSessions, client_script, create_table, purge, when_ended
from .failures import DATABASE_FAILURES, InDoubt, is_busy
from .guards import refuse_cross_site, refuse_too_large
from .model import metadata, tab_session
from .refusals import (
    CrossSite,
    DraftTooLarge,
    MissingTabSession,
    NoTabHere,
    PendingChanges,
    ReadOnlyTab,
    Refusal,
    TabSessionBusy,
    TabSessionError,
    TabSessionGone,
    TooLarge,
)
from .route import current_tab, session_route
from .session import Limits, TabSession, Then
from .transactions import reading, writing

__all__ = [
    "CLIENT_SCRIPT",
    "DATABASE_FAILURES",
    "CrossSite",
    "DraftTooLarge",
    "InDoubt",
    "Limits",
    "MissingTabSession",
    "NoTabHere",
    "PendingChanges",
    "ReadOnlyTab",
    "Refusal",
    "RunAgain",
    "TabSession",
    "TabSessionBusy",
    "TabSessionError",
    "TabSessionGone",
    "TabSessions",
    "Then",
    "TooLarge",
    "client_script",
    "create_table",
    "current_tab",
    "is_busy",
    "look",
    "metadata",
    "purge",
    "reading",
    "refuse_cross_site",
    "refuse_too_large",
    "session_route",
    "settle",
    "tab_session",
    "when_ended",
    "writing",
]
