"""Sidebook: appointment booking for Flask. This file is the public face and the map of the house.

    scheduling/     the rules of time: pure, no clock, no database
    i18n/           languages: messages, dates, times, lists
    contact/        who somebody is: one set of fields and checks
    transactions/   how a transaction opens and ends
    tab_sessions/   one wizard per tab: a library that knows no appointment
    storage/        what is written down: models, reads, the database's own guards
    operations/     the verbs: hold, book, move, cancel
    business_file/  the shop as a file
    notifications/  what we send: calendar files
    web/            what all pages share: headers, assets, addresses, rendering, errors
    customer/       the front door: the wizard and the manage-link pages
    owner/          the back door: the desk, where a shop runs its day
    commands/       at the shell: flask booking load, list, cancel, doctor, …
    testing/        TabClient: a browser tab for a test suite

extension.py is where the rooms meet, for one app; application.py makes an app around it;
database.py finds its database. docs/design.md says who may import whom.
Names are loaded when asked for: importing session_route loads no wizard.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from booking.application import create_app as create_app
    from booking.extension import Sidebook as Sidebook
    from booking.owner.access import Person as Person
    from booking.storage.models import Booking as Booking
    from booking.tab_sessions import TabSession as TabSession
    from booking.tab_sessions import TabSessions as TabSessions
    from booking.tab_sessions import current_tab as current_tab
    from booking.tab_sessions import session_route as session_route

_EXPORTS = {
    "Booking": "storage.models",
    "Person": "owner.access",
    "Sidebook": "extension",
    "TabSession": "tab_sessions",
    "TabSessions": "tab_sessions",
    "create_app": "application",
    "current_tab": "tab_sessions",
    "session_route": "tab_sessions",
}
__all__ = list(_EXPORTS)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _installed_version()
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_EXPORTS[name]}", __name__), name)


def _installed_version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - seldom asked for

    try:
        return version("sidebook")
    except PackageNotFoundError:  # a checkout that nobody has installed
        return "0+unknown"
