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

from booking.transactions.errors import (
    DATABASE_FAILURES,
    CommitOutcomeUnknown,
    PendingChanges,
    ReadOnlyTransaction,
    TransactionEnded,
    TransactionError,
    is_temporarily_unavailable,
)
from booking.transactions.retry import Retry, run_in_transaction, run_read_only
from booking.transactions.sessions import read_transaction, write_transaction

from . import references
from .answer import DeferredResponse
from .body import read_whole
from .checks import check_session_routes
from .extension import TabSessions, add_end_hook, add_store_hook, create_table, limits_of, purge
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
    ReadOnlyTab,
    Refusal,
    RenewalDue,
    TabSessionBusy,
    TabSessionError,
    TabSessionGone,
    TooLarge,
    TooManyTabs,
    TooSlow,
)
from .route import current_tab, custom_session_route, session_route
from .schema import Schema
from .script import CLIENT_SCRIPT, client_script
from .session import TabSession
from .users import attach_user, end_user, revoke, revoke_all, revoke_user

__all__ = [
    "CLIENT_SCRIPT",
    "DATABASE_FAILURES",
    "CommitOutcomeUnknown",
    "CompletedTab",
    "CrossSite",
    "CutShort",
    "DeferredResponse",
    "DraftTooLarge",
    "EndedTab",
    "Limits",
    "MissingTabSession",
    "MissingTables",
    "NewerDraft",
    "NoTabHere",
    "NothingBegun",
    "PendingChanges",
    "ReadOnlyTab",
    "ReadOnlyTransaction",
    "Refusal",
    "RenewalDue",
    "Retry",
    "Schema",
    "TabSession",
    "TabSessionBusy",
    "TabSessionError",
    "TabSessionGone",
    "TabSessions",
    "TooLarge",
    "TooManyTabs",
    "TooSlow",
    "TransactionEnded",
    "TransactionError",
    "add_end_hook",
    "add_store_hook",
    "attach_user",
    "check_session_routes",
    "client_script",
    "create_table",
    "current_tab",
    "custom_session_route",
    "end_user",
    "is_temporarily_unavailable",
    "limits_of",
    "metadata",
    "purge",
    "read_transaction",
    "read_whole",
    "references",
    "refuse_cross_site",
    "refuse_too_large",
    "revoke",
    "revoke_all",
    "revoke_user",
    "run_in_transaction",
    "run_read_only",
    "session_lifecycle",
    "session_route",
    "tab_session",
    "write_transaction",
]
