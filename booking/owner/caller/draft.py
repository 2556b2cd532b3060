"""A tab's call: what was answered so far, in the tab's sealed draft."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.owner.access import current_person
from booking.scheduling.anyway import MAY_BE_PASSED_OVER
from booking.scheduling.clock import from_minute, to_minute
from booking.scheduling.repeats import Occurrence
from booking.scheduling.slots import Reason

ANY = "any"
ISO = "%Y-%m-%dT%H:%M:%SZ"
YEARS = range(2000, 2200)


@dataclass
class Call:
    """What a caller wants; empty: not answered yet.

    `staff` is a slug or ANY, `member` with whom the time is held, `start` that time, `anyway` what
    was passed over for it. `day` and `time` are what is looked at, `typed` who comes as it was
    typed. `number` counts the calls of this tab, and `done` is what came of the last one. `whose`
    says who answers it.
    """

    number: int = 0
    seed: str = ""
    service: str = ""
    staff: str = ""
    day: str = ""
    time: str = ""
    start: str = ""
    member: str = ""
    anyway: list[str] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    language: str = ""
    dates: list[str] = field(default_factory=list)
    done: str = ""
    whose: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Call":
        """Return the call in a tab's data; a new one where there is none, or it is somebody else's.

        A tab outlives who signed in there: what one typed of a caller is not for the next.
        """
        known = {each.name for each in fields(cls)}
        found = cls(**{name: value for name, value in data.items() if name in known})
        return found if found.whose in ("", _who_is_there()) else cls()

    def store(self, data: MutableMapping[str, Any]) -> None:
        """Write it into the tab's data, in place of what was there."""
        self.seed = self.seed or secrets.token_urlsafe(16)
        self.whose = _who_is_there()
        data.clear()
        data.update(asdict(self))

    def over(self, reference: str) -> "Call":
        """Return the tab's next call, after this one came to that booking."""
        return Call(number=self.number + 1, seed=self.seed, done=reference)

    def forget_time(self) -> None:
        """Take back the answer to when."""
        self.start, self.member, self.anyway, self.dates = "", "", [], []

    def look_at(self, start: datetime, zone: ZoneInfo) -> None:
        """Take back the answer to when, and look at that time as at any other that is asked for."""
        self.forget_time()
        local = start.astimezone(zone)
        self.day, self.time = local.date().isoformat(), f"{local:%H:%M}"

    @property
    def instant(self) -> datetime | None:
        """The chosen start."""
        return instant(self.start)

    @property
    def wanted(self) -> list[Occurrence]:
        """The dates on which it is wanted, where it repeats."""
        found = []
        for written in self.dates:
            on, _, at = written.partition("/")
            start = instant(at)
            found.append(Occurrence(date.fromisoformat(on), to_minute(start) if start else None))
        return found

    def want(self, dates: Iterable[Occurrence]) -> None:
        """Write down on which dates it is wanted."""
        self.dates = [
            f"{each.day.isoformat()}/{from_minute(each.start).strftime(ISO) if each.start else ''}"
            for each in dates
        ]

    @property
    def passes_over(self) -> frozenset[Reason]:
        """What was set aside for the chosen start."""
        return reasons(self.anyway)

    def key(self, tab_key: int | None) -> str:
        """Return what booking of it is idempotent by: another for each tab and each call."""
        named = f"{self.seed}:{tab_key}:{self.number}"
        return "desk:" + hashlib.sha256(named.encode()).hexdigest()[:32]


def _who_is_there() -> str:
    person = current_person()
    return str(person.account_id or f"{person.role} {person.name}")


def reasons(written: list[str]) -> frozenset[Reason]:
    """Return those of these names that are reasons which the shop may pass over."""
    may = {each.value: each for each in MAY_BE_PASSED_OVER}
    return frozenset(may[name] for name in written if name in may)


def instant(written: str) -> datetime | None:
    """Return the instant of a form's time; None for anything else."""
    try:
        found = datetime.strptime(written, ISO).replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def day(written: str) -> date | None:
    """Return the day that '2026-11-24' names; None for anything else."""
    try:
        found = date.fromisoformat(written)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def minute_of_day(written: str) -> int | None:
    """Return the minutes after 00:00 that '14:30' names; None for anything else."""
    hours, _, minutes = written.partition(":")
    if not (hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()):
        return None
    found = int(hours) * 60 + int(minutes) if len(written) == len("14:30") else -1
    return found if 0 <= found < 24 * 60 and int(minutes) < 60 else None
