"""The clock that Sidebook goes by, in the hands of a test."""

from datetime import datetime, timedelta

from booking import now


class Clock:
    """The clock of this process, as Sidebook reads it: of holds, limits, notice and letters.

    It goes on while a test runs. What your own code measures by other clocks, it does not move; a
    view knows the moved time as `tab.now`.
    """

    @property
    def now(self) -> datetime:
        """What the clock says (aware, UTC)."""
        return now.utc_now()

    def shift(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Let so much time pass at once; below zero it goes back."""
        now.move(timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))

    def set(self, instant: datetime) -> None:
        """Go on from this instant.

        Raises: ValueError for one without a zone.
        """
        if instant.tzinfo is None:
            raise ValueError(
                f"{instant} names no zone. Write datetime(2027, 3, 1, 8, tzinfo=UTC), for example."
            )
        now.move(instant - now.utc_now())
