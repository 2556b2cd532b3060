"""ONE WIZARD PER TAB: progress on the server for every browser tab.

A library. It knows Flask and SQL, and nothing of what an application does with it.

    tabs = TabSessions(app, db.session)

    @session_route(notes, "/note", methods=["GET", "POST"])
    def note(tab): ...

Read it in this order. route.py registers a view; dispatch.py leads a request to it and back;
session.py is what the view gets, and how its draft is opened and stored; store.py has the rows and
what ends them, crypto.py how a draft lies at rest, schema.py what it is in Python, renewal.py how a
tab comes by another id. Around them: errors.py is what is answered when a request is refused,
config.py what an app says about its tabs, model.py the tables, body.py how a request is read,
guards.py what is checked before, responses.py the headers of an answer, client/ the browser's half.
contrib/ is what stands beside: people who log in (users.py), a cookie beside the id (binding.py),
what one tab hands over to another (handover.py).
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
from booking.transactions.sessions import (
    Retry,
    read_transaction,
    run_in_transaction,
    run_read_only,
    write_transaction,
)

from .body import read_whole, refuse_too_large
from .client import CLIENT_SCRIPT, client_script
from .config import (
    Limits,
    TabSessions,
    add_end_hook,
    add_store_hook,
    create_table,
    limits_of,
    purge,
)
from .contrib import handover
from .contrib.users import attach_user, end_user, revoke, revoke_all, revoke_user
from .errors import (
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
from .guards import exempt, refuse_cross_site
from .model import metadata, tab_session
from .route import (
    check_session_routes,
    current_tab,
    custom_session_route,
    empty_tab,
    session_lifecycle,
    session_route,
)
from .schema import Schema
from .session import DeferredResponse, TabSession

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
    "empty_tab",
    "end_user",
    "exempt",
    "handover",
    "is_temporarily_unavailable",
    "limits_of",
    "metadata",
    "purge",
    "read_transaction",
    "read_whole",
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
