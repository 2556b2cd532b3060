"""The notes of tests/tab_sessions serve here as well."""

from tests.tab_sessions.conftest import app, new_tab, rows, session, tab

__all__ = ["app", "new_tab", "rows", "session", "tab"]
