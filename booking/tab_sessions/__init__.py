"""ONE WIZARD PER TAB: progress on the server for every browser tab.

A library. It knows Flask and SQL, and nothing of what an application does with it.

    tabs = TabSessions(app, db.session)

    @session_route(notes, "/note", methods=["GET", "POST"])
    def note(tab): ...

Read it in this order. route.py registers a view; dispatch.py leads a request to it and back;
session.py is what the view gets, and how its draft is opened and stored; store.py has the rows and
what ends them, endings.py what else happens then, crypto.py how a draft lies at rest, schema.py
what it is in Python, renewal.py how a tab comes by another id. Beside the draft there are rows of
the host's own: owned.py has their mixin, rows_by_tab.py what becomes of them, row_copies.py what a
duplicate has of them, row_links.py which points to which, row_joins.py what joins them besides,
row_columns.py what is another in each row, deferred.py what only a COMMIT would refuse. expiry.py
ends what nobody came back for, purge.py forgets it. Around them: errors.py is what is answered when
a request is refused, config.py what an app says about its tabs, checks.py and flows.py what is
refused of that, activity.py what a read leaves behind, live.py how a page that is looked at asks
again, model.py the tables, body.py how a request is read, guards.py what is checked before,
responses.py the headers of an answer, client/ the browser's half. frozen.py is a draft that is
only read, flask_session.py what becomes
of a log-in's cookie, slow.py tells whose function held a lock. contrib/ is what stands beside:
people who log in (users.py) and who they were before (anonymous.py), a cookie beside the id
(binding.py), what one tab hands over to another (handover.py).
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
from .client import (
    CLIENT_SCRIPT,
    HTMX_2_SCRIPTS,
    LIVE_SCRIPTS,
    client_script,
    htmx_2_script,
    live_script,
)
from .config import (
    Limits,
    TabSessions,
    add_end_hook,
    add_fork_hook,
    add_store_hook,
    create_table,
    limits_of,
)
from .contrib import handover
from .contrib.anonymous import AnonymousUsers, anonymous_user
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
    SomebodyElsesTab,
    TabSessionBusy,
    TabSessionError,
    TabSessionGone,
    TooLarge,
    TooManyTabs,
    TooSlow,
    UnusableValue,
)
from .guards import exempt, is_live_question, refuse_cross_site
from .live import live_page, live_stamp, shown_stamp
from .model import metadata, tab_session
from .owned import TabOwned, key_of
from .purge import purge
from .responses import DeferredResponse
from .route import (
    check_session_routes,
    current_tab,
    custom_session_route,
    empty_tab,
    session_lifecycle,
    session_route,
)
from .schema import Schema
from .session import TabSession

__all__ = [
    "CLIENT_SCRIPT",
    "DATABASE_FAILURES",
    "HTMX_2_SCRIPTS",
    "LIVE_SCRIPTS",
    "AnonymousUsers",
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
    "SomebodyElsesTab",
    "TabOwned",
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
    "UnusableValue",
    "add_end_hook",
    "add_fork_hook",
    "add_store_hook",
    "anonymous_user",
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
    "htmx_2_script",
    "is_live_question",
    "is_temporarily_unavailable",
    "key_of",
    "limits_of",
    "live_page",
    "live_script",
    "live_stamp",
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
    "shown_stamp",
    "tab_session",
    "write_transaction",
]
