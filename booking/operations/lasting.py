"""How long a time is held: the rule, without the database.

It goes on from when the tab began to hold anything, or its network this very time, or one could
keep a time for ever by choosing it again, another length of it, something else in between, or the
same in a new tab. Once nothing was held for as long as a hold lasts, others had their chance, and
it starts afresh.
"""

from dataclasses import dataclass
from datetime import datetime

from booking.storage.models import Hold

from .errors import NoMoreTime


@dataclass(frozen=True)
class Lasting:
    """What the rule is given: the moment, the length of a hold in minutes, and its extensions."""

    now: datetime
    minutes: int
    extensions: int

    @property
    def at(self) -> int:
        """The moment in seconds since the epoch, as all that follows."""
        return int(self.now.timestamp())

    @property
    def length(self) -> int:
        """How long a hold lasts, and how long nothing may be held until it starts afresh."""
        return self.minutes * 60

    @property
    def lately(self) -> int:
        """What ran out by then counts no more."""
        return self.at - self.length

    def last(self, since: int) -> int:
        """When what began then is over, with all its extensions."""
        return since + self.length * (1 + self.extensions)

    def counts(self, earlier: Hold | None) -> bool:
        """Whether the tab goes on with what it held earlier."""
        return earlier is not None and earlier.expires_at > self.lately

    def since(self, earlier: Hold | None, past: int | None, began: int | None = None) -> int:
        """When it began: `past` is since when the network has held this very time, if it has.

        Of another time than the tab held earlier only what the tab did itself counts, so nothing
        from before it `began`.
        """
        own = earlier.held_since if earlier and self.counts(earlier) else self.at
        return min(self.at, self.at if past is None else past, max(own, began or own))


def last_chosen(
    lasting: Lasting,
    earlier: Hold | None,
    past: int | None,
    minutes: int,
    *,
    is_held: bool,
    began: int | None = None,
) -> dict[str, int]:
    """How long a chosen time is held, to begin with for `minutes`; not at all unless `is_held`."""
    since, at = lasting.since(earlier, past, began), lasting.at
    goes_on = earlier if lasting.counts(earlier) else None
    until = max(at + minutes * 60, goes_on.expires_at if goes_on else 0)
    last = min(until, lasting.last(since))
    return {
        "held_since": since,
        "expires_at": last if is_held else min(last, at),
        "extensions": goes_on.extensions if goes_on else 0,
    }


def last_longer(
    lasting: Lasting, earlier: Hold, past: int | None, *, counts: bool
) -> dict[str, int]:
    """How long a held time is held from now on; by an extension that counts, or to its full length.

    Raises NoMoreTime where that is no longer than before.
    """
    since, now_until = lasting.since(earlier, past), max(earlier.expires_at, lasting.at)
    # An extension comes on top of the full length, though the time was held for less at first.
    begin = max(now_until, since + lasting.length) if counts else lasting.at
    last = min(begin + lasting.length, lasting.last(since))
    if last <= now_until:
        raise NoMoreTime
    return {
        "held_since": since,
        "expires_at": last,
        "extensions": earlier.extensions + counts,
    }
