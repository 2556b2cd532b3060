"""A month of the time step: its days as cells, the one that is opened, the ways to other months."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache

from booking.customer.wizard.state import WizardState
from booking.i18n import Language, current_language, formats, gettext_noop, ngettext
from booking.i18n import gettext as _
from booking.scheduling.clock import month_days
from booking.storage.reads import DayAvailability, Diary, FreeSlot
from booking.web import urls

ONE_DAY = timedelta(days=1)
NO_TIMES = {
    "past": gettext_noop("%(day)s: past"),
    "closed": gettext_noop("%(day)s: closed"),
    "full": gettext_noop("%(day)s: no free times"),
}
FREE_TIMES = {
    "free": (
        gettext_noop("%(day)s: %(number)s free time"),
        gettext_noop("%(day)s: %(number)s free times"),
    ),
    "selected": (
        gettext_noop("%(day)s: shown, %(number)s free time"),
        gettext_noop("%(day)s: shown, %(number)s free times"),
    ),
}

Day = namedtuple(  # noqa: PYI024 - only templates read it
    "Day",
    ("day", "number", "today", "state", "label", "url", "fragment_url"),
    defaults=(None, None),
)
"""A cell of the month, for its template; a day that can be opened carries its link."""


@dataclass(frozen=True)
class Calendar:
    """A month of a customer's zone, with one day of it opened (or none, when none is free)."""

    wizard: WizardState
    diary: Diary
    first: date
    day: date | None
    days: Mapping[date, DayAvailability]

    @classmethod
    def of(
        cls, wizard: WizardState, day: date | None, month: date | None, lost: datetime | None
    ) -> Calendar:
        """Opens the day asked for, else the chosen slot's, else the first with a free time."""
        today, end = wizard.bookable_days
        diary = wizard.diary()
        if day and today <= day <= end:
            return cls(wizard, diary, first_of(day), day, _month(wizard, diary, day))
        if month and first_of(today) <= month <= end:
            return cls._on_first_free(wizard, diary, max(month, today))
        start = lost or wizard.draft.start
        near = min(max(start.astimezone(wizard.zone).date(), today), end) if start else today
        shown = cls._on_first_free(wizard, diary, near)
        ahead = None if shown.day else diary.next_free_day(shown.last, wizard.zone)
        return cls._on_first_free(wizard, diary, ahead) if ahead else shown

    @classmethod
    def _on_first_free(cls, wizard: WizardState, diary: Diary, near: date) -> Calendar:
        days = _month(wizard, diary, near)
        free = [day for day in sorted(days) if days[day].starts]
        opened = next((day for day in free if day >= near), free[-1] if free else None)
        return cls(wizard, diary, first_of(near), opened, days)

    @property
    def last(self) -> date:
        """The month's last day."""
        return last_of(self.first)

    @cached_property
    def slots(self) -> list[FreeSlot]:
        """The opened day's times, each once, whoever has them free."""
        return self.days[self.day].slots if self.day else []

    def weeks(self) -> tuple[tuple[Day | None, ...], ...]:
        """The month as it hangs on a wall, Monday first, but for the weeks that are over."""
        today, kept = self.wizard.bookable_days[0], (current_language(), urls.root())

        def cell(day: date) -> Day:
            free = len(self.days[day].starts) if day in self.days else 0
            return _cell(*kept, day, self._state(day), free, is_today=day == today)

        return tuple(
            [
                tuple([cell(day) if day else None for day in row])
                for row in month_days(self.first.year, self.first.month)
                if max(day for day in row if day) >= today
            ]
        )

    def month_link(self, day: date) -> urls.Link | None:
        """The link to that day's month, if anything in it can be booked."""
        today, end = self.wizard.bookable_days
        if not first_of(today) <= first_of(day) <= end:
            return None
        return urls.to("time", month=str(day)[:7])._replace(label=formats.format_month(day))

    @cached_property
    def next_free(self) -> urls.Link | None:
        """The link to the next day with a free time, where nothing is free in this one."""
        if self.slots:
            return None
        diary, zone = self.diary, self.wizard.zone
        day = diary.next_free_day(self.day or self.last, zone)
        day = day or diary.next_free_day(self.wizard.bookable_days[0] - ONE_DAY, zone)
        if day is None:
            return None
        label = _("Next free day: %(day)s", day=formats.format_day(day))
        return urls.to("time", day=str(day))._replace(label=label)

    def _state(self, day: date) -> str:
        times = self.days.get(day)
        if day == self.day:
            return "selected"
        if times is None:
            return "past" if day < self.wizard.bookable_days[0] else "closed"
        if times.starts:
            return "free"
        return "full" if times.open else "closed"


@lru_cache(maxsize=5000)  # a month has thirty, and few of them change from one customer to the next
def _cell(
    _language: Language, _root: str, day: date, state: str, free: int, *, is_today: bool
) -> Day:
    link = urls.to("time", day=str(day))[:2] if state in FREE_TIMES else ()
    return Day(str(day), day.day, is_today, state, _label(day, state, free), *link)


def _label(day: date, state: str, free: int) -> str:
    name = formats.format_day(day)
    if state in FREE_TIMES:
        return ngettext(*FREE_TIMES[state], free, day=name)
    return _(NO_TIMES[state], day=name)


def first_of(day: date) -> date:
    """The first of that day's month."""
    return day.replace(day=1)


def last_of(day: date) -> date:
    """The last of that day's month."""
    return first_of(first_of(day) + timedelta(days=31)) - ONE_DAY


def _month(wizard: WizardState, diary: Diary, day: date) -> dict[date, DayAvailability]:
    today, end = wizard.bookable_days
    return diary.days(max(first_of(day), today), min(last_of(day), end), wizard.zone)
