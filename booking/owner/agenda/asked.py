"""What an address of the agenda asks for: a day, a view of it, and who or what is to be shown."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from booking.i18n import gettext as _
from booking.owner import cookies
from booking.storage.models import STATES

VIEWS = ("day", "week", "list")
STANDING, EVERY = "", "every"
"""Values of `state` besides those of a booking: all but the cancelled; really all."""
WEEK = 7
FIRST, LAST = date(1970, 1, 5), date(2900, 1, 1)


@dataclass(frozen=True)
class Asked:
    """One view of the agenda. `staff` and `service` are slugs, empty for all; `days` of a list."""

    day: date
    today: date
    view: str = "day"
    staff: str = ""
    service: str = ""
    state: str = STANDING
    days: int = WEEK
    wrong_day: str = ""

    @property
    def first(self) -> date:
        """The first day that is shown."""
        if self.view == "week" or (self.view == "list" and self.days == WEEK):
            return self.day - timedelta(days=self.day.weekday())
        return self.day

    @property
    def last(self) -> date:
        """The last day that is shown."""
        if self.view == "day":
            return self.day
        return self.first + timedelta(days=(WEEK if self.view == "week" else self.days) - 1)

    @property
    def step(self) -> timedelta:
        """How far it is to the days before and after."""
        return self.last - self.first + timedelta(days=1)

    @property
    def is_filtered(self) -> bool:
        """Whether something is left out that could be shown."""
        return bool(self.service or self.state not in (STANDING, EVERY))

    def admits(self, state: str, service: str) -> bool:
        """Tell whether an appointment of that state and service is asked for."""
        if self.service and service != self.service:
            return False
        if self.state == STANDING:
            return state != "cancelled"
        return self.state in (EVERY, state)

    def address(self, **other: object) -> str:
        """Return the address of this view, with what is to be otherwise."""
        there = replace(self, **other)  # type: ignore[arg-type]
        query: dict[str, object] = {"day": there.day.isoformat(), "view": there.view}
        if there.view == "list" and there.days != WEEK:
            query["days"] = there.days
        for name in ("staff", "service", "state"):
            if value := getattr(there, name):
                query[name] = value
        return f"{cookies.root()}agenda?{urlencode(query)}"


def asked_in(query: MultiDict[str, str], today: date) -> Asked:
    """Return what that query asks for; what says nothing is passed over, and a day told."""
    view, state = query.get("view", ""), query.get("state", "")
    day = day_named(written := query.get("day", ""), today)
    return Asked(
        day=day or today,
        today=today,
        view=view if view in VIEWS else "day",
        staff=query.get("staff", ""),
        service=query.get("service", ""),
        state=state if state in (*STATES, EVERY) else STANDING,
        days=1 if query.get("days") == "1" else WEEK,
        wrong_day=written[:40] if written and day is None else "",
    )


def day_named(written: str, today: date) -> date | None:
    """Return the day that is meant: a date (ISO), 'today', 'tomorrow'; None for anything else."""
    if written in ("today", "tomorrow"):
        return today + timedelta(days=written == "tomorrow")
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None


def alerts_of(asked: Asked) -> list[str]:
    """Return what is wrong with what was asked, and what is shown instead."""
    if not asked.wrong_day:
        return []
    return [_("“%(day)s” is not a date here, so this is today.", day=asked.wrong_day)]
