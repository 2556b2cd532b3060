"""Sidebook: appointment booking for Flask. This file is the public face and the map of the house.

    tab_sessions/   one wizard per tab: a library that knows no appointment
    scheduling/     the rules of time: pure, no clock, no database
    storage/        what is written down: models, reads, the database's own guards
    operations/     the verbs: hold, book, cancel, load a business file
    notifications/  what we send: calendar files
    customer/       the front door: the wizard and the manage-link pages
    commands/       at the shell: flask booking load, list, cancel, doctor, …
    testing/        TabClient: a browser tab for a test suite

extension.py is where the rooms meet, for one app; database.py finds its database, sqlite_file.py
watches the file; application.py makes an app around it.
Names are loaded when asked for: importing session_route loads no wizard.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from booking.application import create_app
    from booking.extension import Sidebook
    from booking.storage.models import Booking
    from booking.tab_sessions import TabSession, TabSessions, current_tab, session_route

_ROOMS = {
    "Booking": "storage.models",
    "Sidebook": "extension",
    "TabSession": "tab_sessions",
    "TabSessions": "tab_sessions",
    "create_app": "application",
    "current_tab": "tab_sessions",
    "session_route": "tab_sessions",
}

__all__ = [
    "Booking",
    "Sidebook",
    "TabSession",
    "TabSessions",
    "create_app",
    "current_tab",
    "session_route",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_ROOMS[name]}", __name__), name)
