"""How long a time is held: the rule, without the database. Times are seconds since the epoch.

A tab may hold times for at most `minutes * (1 + extensions)` in total, counted from its first hold,
or from when its network first held this very time. Choosing again, another length of the same time,
something else in between, or the same in a new tab does not reset that clock. It resets once
nothing was held for `minutes`: others had their chance.
"""

from dataclasses import dataclass
from datetime import datetime

from booking.storage.models import Hold

from .errors import NoMoreTime


@dataclass(frozen=True)
class HoldDuration:
    """What the rule is given: the moment, the minutes of one hold, and how often it is extended."""

    now: datetime
    minutes: int
    extensions: int

    @property
    def at(self) -> int:
        """The moment, in seconds since the epoch."""
        return int(self.now.timestamp())

    @property
    def length(self) -> int:
        """Seconds that one hold lasts, and that nothing may be held until the clock resets."""
        return self.minutes * 60

    @property
    def lately(self) -> int:
        """A hold that ran out by then counts no more (seconds since the epoch)."""
        return self.at - self.length

    def last(self, since: int) -> int:
        """Return when what began at `since` is over, with all its extensions."""
        return since + self.length * (1 + self.extensions)

    def continues(self, earlier: Hold | None) -> bool:
        """Tell whether the clock goes on from what the tab held earlier."""
        return earlier is not None and earlier.expires_at > self.lately

    def since(self, earlier: Hold | None, past: int | None, began: int | None = None) -> int:
        """Return when the clock began. `past`: since when the network has held this very time.

        `began` is given where the tab goes on to another time: of that only what the tab did itself
        counts, so nothing from before its session began.
        """
        own = earlier.held_since if earlier and self.continues(earlier) else self.at
        return min(self.at, self.at if past is None else past, max(own, began or own))


def when_chosen(
    duration: HoldDuration,
    earlier: Hold | None,
    past: int | None,
    minutes: int,
    *,
    may_be_held: bool,
    began: int | None = None,
) -> dict[str, int]:
    """Return the columns of a time just chosen, held for `minutes` at first.

    Unless it `may_be_held`, it is written as a hold that has run out already.
    """
    since, at = duration.since(earlier, past, began), duration.at
    goes_on = earlier if duration.continues(earlier) else None
    until = max(at + minutes * 60, goes_on.expires_at if goes_on else 0)
    last = min(until, duration.last(since))
    return {
        "held_since": since,
        "expires_at": last if may_be_held else min(last, at),
        "extensions": goes_on.extensions if goes_on else 0,
    }


def when_extended(
    duration: HoldDuration, earlier: Hold, past: int | None, *, counts: bool
) -> dict[str, int]:
    """Return the columns of a hold made longer: by an extension that counts, or to its full length.

    Raises: NoMoreTime where that is no longer than before.
    """
    since, now_until = duration.since(earlier, past), max(earlier.expires_at, duration.at)
    # An extension comes on top of the full length, though the time was held for less at first.
    begin = max(now_until, since + duration.length) if counts else duration.at
    last = min(begin + duration.length, duration.last(since))
    if last <= now_until:
        raise NoMoreTime
    return {
        "held_since": since,
        "expires_at": last,
        "extensions": earlier.extensions + counts,
    }
