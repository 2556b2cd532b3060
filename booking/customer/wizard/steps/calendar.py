"""A month of the time step: its days as cells, the one that is opened, the ways to other months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from booking.customer.wizard.state import WizardState, required
from booking.i18n import formats, gettext_noop, ngettext
from booking.i18n import gettext as _
from booking.scheduling.clock import month_days
from booking.storage.reads import DayAvailability, FreeSlot
from booking.web import urls

ONE_DAY = timedelta(days=1)
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
NO_LINK: dict[str, Any] = {"url": None, "fragment_url": None}


@dataclass(frozen=True)
class Calendar:
    """A month of a customer's zone, with one day of it opened (or none, when none is free)."""

    wizard: WizardState
    first: date
    day: date | None
    found: Mapping[date, DayAvailability]

    @classmethod
    def of(
        cls, wizard: WizardState, day: date | None, month: date | None, lost: datetime | None
    ) -> Calendar:
        """Opens the day asked for, else the chosen slot's, else the first with a free time."""
        today, end = bounds(wizard)
        if day and today <= day <= end:
            return cls(wizard, first_of(day), day, _month(wizard, day))
        if month and first_of(today) <= month <= end:
            return cls._on_first_free(wizard, max(month, today))
        start = lost or wizard.draft.start
        near = min(max(start.astimezone(wizard.zone).date(), today), end) if start else today
        shown = cls._on_first_free(wizard, near)
        ahead = None if shown.day else wizard.diary().next_free_day(shown.last, wizard.zone)
        return cls._on_first_free(wizard, ahead) if ahead else shown

    @classmethod
    def _on_first_free(cls, wizard: WizardState, near: date) -> Calendar:
        found = _month(wizard, near)
        free = [day for day in sorted(found) if found[day].starts]
        opened = next((day for day in free if day >= near), free[-1] if free else None)
        return cls(wizard, first_of(near), opened, found)

    @cached_property
    def today(self) -> date:
        """The customer's."""
        return bounds(self.wizard)[0]

    @property
    def last(self) -> date:
        """The month's last day."""
        return last_of(self.first)

    @cached_property
    def slots(self) -> list[FreeSlot]:
        """The opened day's times, each once, whoever has them free."""
        return self.found[self.day].slots if self.day else []

    def weeks(self) -> list[list[dict[str, Any] | None]]:
        """The month as it hangs on a wall, Monday first, but for the weeks that are over."""
        today = self.today
        rows = month_days(self.first.year, self.first.month)
        ahead = [row for row in rows if any(day and day >= today for day in row)]
        return [[self._cell(day) if day else None for day in row] for row in ahead]

    def month_link(self, day: date) -> dict[str, str] | None:
        """The link to that day's month, if anything in it can be booked."""
        today, end = bounds(self.wizard)
        if not first_of(today) <= first_of(day) <= end:
            return None
        return {"label": formats.format_month(day), **urls.to("time", month=day.strftime("%Y-%m"))}

    @cached_property
    def next_free(self) -> dict[str, str] | None:
        """The link to the next day with a free time, where nothing is free in this one."""
        if self.slots:
            return None
        diary, zone = self.wizard.diary(), self.wizard.zone
        day = diary.next_free_day(self.day or self.last, zone)
        day = day or diary.next_free_day(self.today - ONE_DAY, zone)
        if day is None:
            return None
        label = _("Next free day: %(day)s", day=formats.format_day(day))
        return {"label": label} | urls.to("time", day=str(day))

    def _cell(self, day: date) -> dict[str, Any]:
        state = self._state(day)
        reached = state in {"free", "selected"}
        link = urls.to("time", day=day.isoformat()) if reached else NO_LINK
        cell = {"day": day.isoformat(), "number": day.day, "today": day == self.today}
        return cell | {"state": state, "label": self._label(day, state)} | link

    def _state(self, day: date) -> str:
        found = self.found.get(day)
        if day == self.day:
            return "selected"
        if found is None:
            return "past" if day < self.today else "closed"
        if found.starts:
            return "free"
        return "full" if found.open else "closed"

    def _label(self, day: date, state: str) -> str:
        name = formats.format_day(day)
        if state == "past":
            return _("%(day)s: past", day=name)
        if state == "closed":
            return _("%(day)s: closed", day=name)
        if state == "full":
            return _("%(day)s: no free times", day=name)
        one, many = FREE_TIMES[state]
        return ngettext(one, many, len(self.found[day].starts), day=name)


def bounds(wizard: WizardState) -> tuple[date, date]:
    """The first and the last day, in the customer's zone, on which something can be booked."""
    window = timedelta(days=required(wizard.service).booking_window)
    now = wizard.tab.now
    return now.astimezone(wizard.zone).date(), (now + window).astimezone(wizard.zone).date()


def first_of(day: date) -> date:
    """The first of that day's month."""
    return day.replace(day=1)


def last_of(day: date) -> date:
    """The last of that day's month."""
    return first_of(first_of(day) + timedelta(days=31)) - ONE_DAY


def _month(wizard: WizardState, day: date) -> dict[date, DayAvailability]:
    today, end = bounds(wizard)
    return wizard.diary().days(max(first_of(day), today), min(last_of(day), end), wizard.zone)
