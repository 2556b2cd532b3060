"""What time it is: the one place that looks at a clock.

Everything else is handed an instant, or asks this. So a test may move the clock of all of it,
holds, limits and letters alike, and leave alone what the app around it measures by clocks of its
own: that is what `booking_clock` of `booking.testing` does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_NOT_MOVED = timedelta(0)
_ahead = _NOT_MOVED  # of this process's clock: it goes on from there


def utc_now() -> datetime:
    """Return this instant (aware, UTC)."""
    return datetime.now(UTC) + _ahead


def move(by: timedelta) -> None:
    """Move the clock of this process, in all its threads, further ahead or, below zero, back.

    For tests: nothing else ever meets what was written at an instant that is still to come.
    """
    global _ahead  # noqa: PLW0603 - the clock of a process is one
    _ahead += by


@contextmanager
def put_right_afterwards() -> Iterator[None]:
    """Leave the clock at the end as it was, whatever moved it in between."""
    global _ahead  # noqa: PLW0603
    before = _ahead
    try:
        yield
    finally:
        _ahead = before
