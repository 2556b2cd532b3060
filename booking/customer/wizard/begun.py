"""What a visitor's tabs store is counted: who begins booking after booking is asked to stop."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from booking.operations.errors import VisitorLimit
from booking.operations.visitors import count_drafts, seconds_left_of_day
from booking.state import current_sidebook
from booking.tab_sessions import TooManyTabs
from booking.web.visitor import visitor


def count(session: Session, flow: str, rows: int, size: int) -> None:
    """For tab_sessions' `on_store`. Raises TooManyTabs; a host's own flows are its own affair."""
    if flow != current_sidebook().name:
        return
    now = datetime.now(UTC)
    try:
        count_drafts(session, visitor(), drafts=rows, size=size, now=now)
    except VisitorLimit as reached:
        raise TooManyTabs(seconds_left_of_day(now)) from reached
