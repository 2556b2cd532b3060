"""ONE WIZARD PER TAB: progress on the server for every browser tab.

A library. It knows Flask and SQL, and nothing of what an application does with it.

    tabs = TabSessions(app, db.session)

    @session_route(notes, "/note", methods=["GET", "POST"])
    def note(tab): ...

Its rooms: route.py is the decorator, registration.py and fields.py what it refuses, door.py who is
let in, body.py how a request is read, visit.py the transaction behind it, presence.py that somebody
is there, session.py what a view is handed, stored.py the draft behind it, answer.py what it answers
with, caching.py that nobody keeps it, schema.py what its draft is in Python, values.py its JSON,
store.py the row, endings.py whose is over, sealing.py how a draft lies at rest, identity.py how a
tab comes by another id, users.py log-in and taking back, lifecycle.py the script's own address,
refusals.py what is answered when the door stays shut, hints.py what its developer then reads,
transactions.py the same transaction without a tab, turns.py how SQLite's one writer is waited for,
attempts.py how often it is tried, references.py what one tab leaves for another, failures.py and
meaning.py what a database's failure means, extension.py the app's settings, csrf.py what a host's
CSRF tokens need not guard, checks.py what a test suite asks, client/tab-session.js the browser's
half.
"""

from . import references
from .answer import Then
from .attempts import RunAgain, look, settle
from .body import read_whole
from .checks import check_session_routes
from .extension import TabSessions, create_table, limits_of, purge, when_ended, when_stored
from .failures import DATABASE_FAILURES, InDoubt, is_busy
from .guards import refuse_cross_site, refuse_too_large
from .lifecycle import session_lifecycle
from .limits import Limits
from .model import metadata, tab_session
from .refusals import (
    CompletedTab,
    CrossSite,
    CutShort,
    DraftTooLarge,
    EndedTab,
    MissingTables,
    MissingTabSession,
    NewerDraft,
    NoTabHere,
    NothingBegun,
    PendingChanges,
    ReadOnlyTab,
    Refusal,
    RenewalDue,
    TabSessionBusy,
    TabSessionError,
    TabSessionGone,
    TooLarge,
    TooManyTabs,
    TooSlow,
    TransactionEnded,
)
from .route import current_tab, custom_session_route, session_route
from .schema import Schema
from .script import CLIENT_SCRIPT, client_script
from .session import TabSession
from .transactions import reading, writing
from .users import attach_user, end_user, revoke, revoke_all, revoke_user

__all__ = [
    "CLIENT_SCRIPT",
    "DATABASE_FAILURES",
    "CompletedTab",
    "CrossSite",
    "CutShort",
    "DraftTooLarge",
    "EndedTab",
    "InDoubt",
    "Limits",
    "MissingTabSession",
    "MissingTables",
    "NewerDraft",
    "NoTabHere",
    "NothingBegun",
    "PendingChanges",
    "ReadOnlyTab",
    "Refusal",
    "RenewalDue",
    "RunAgain",
    "Schema",
    "TabSession",
    "TabSessionBusy",
    "TabSessionError",
    "TabSessionGone",
    "TabSessions",
    "Then",
    "TooLarge",
    "TooManyTabs",
    "TooSlow",
    "TransactionEnded",
    "attach_user",
    "check_session_routes",
    "client_script",
    "create_table",
    "current_tab",
    "custom_session_route",
    "end_user",
    "is_busy",
    "limits_of",
    "look",
    "metadata",
    "purge",
    "read_whole",
    "reading",
    "references",
    "refuse_cross_site",
    "refuse_too_large",
    "revoke",
    "revoke_all",
    "revoke_user",
    "session_lifecycle",
    "session_route",
    "settle",
    "tab_session",
    "when_ended",
    "when_stored",
    "writing",
]
