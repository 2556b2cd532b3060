"""A closure and somebody's time off as forms: what was typed, and what it means."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from booking.business_file.values import text
from booking.i18n import gettext as _
from booking.i18n.date_input import InvalidValue, Moment, ending, moment, starting
from booking.i18n.date_input import day as read_day
from booking.operations.plan import BusinessPlan, ClosurePlan, StaffPlan, TimeOffPlan
from booking.operations.plan_edits import member_of, with_closure, with_member
from booking.scheduling.clock import local_day, to_minute, zone

from .forms import posted_line
from .hours_form import sentence
from .shop_fields import Values
from .shop_saving import Asked

CLOSURE = ("first", "last", "reason")
TIME_OFF = ("member", "from_day", "from_time", "to_day", "to_time", "why_away")


def typed(names: tuple[str, ...]) -> Values:
    """Return what was sent."""
    return {name: posted_line(name) for name in names}


def closed(values: Values, plan: BusinessPlan, now: datetime) -> Asked:
    """Return the business with this closure, or what is wrong with it."""
    today = local_day(to_minute(now), zone(plan.shop.zone))
    errors: dict[str, str] = {}
    first = _day(values, "first", today, errors) or today
    last = _day(values, "last", today, errors) if values["last"] else first
    if not errors and last and last < first:
        errors["last"] = _("This is before the first day.")
    elif not errors and last and last < today:
        errors["last" if values["last"] else "first"] = _("That day is over.")
    reason = _reason(values, "reason", errors)
    closure = ClosurePlan(first, last or first, reason)
    return Asked(values, {}, errors, after=None if errors else with_closure(plan, closure))


def away(values: Values, plan: BusinessPlan, now: datetime) -> Asked:
    """Return the business with this time off of somebody's, or what is wrong with it."""
    member = member_of(plan, values["member"])
    if member is None:
        return Asked(values, {}, {"member": _("Choose who is away.")})
    own = zone(member.zone)
    today = local_day(to_minute(now), own)
    errors: dict[str, str] = {}
    first = _moment(values, "from", today, errors)
    ends = values | {"to_day": values["to_day"] or values["from_day"]}
    last = _moment(ends, "to", today, errors)
    reason = _reason(values, "why_away", errors)
    time_off = None if errors else _time_off(first, last, own, reason, errors)
    if time_off and time_off.ends_at <= time_off.starts_at:
        errors["to_time" if values["to_time"] else "to_day"] = _("This is not after the beginning.")
    elif time_off and time_off.ends_at <= now:
        errors["from_day"] = _("That time is over.")
    if errors or time_off is None:
        return Asked(values, {}, errors)
    return Asked(values, after=with_member(plan, _with(member, time_off)))


def _with(member: StaffPlan, time_off: TimeOffPlan) -> StaffPlan:
    span = time_off.starts_at, time_off.ends_at
    others = [one for one in member.time_off if (one.starts_at, one.ends_at) != span]
    return replace(member, time_off=(*others, time_off))


def _time_off(
    first: Moment, last: Moment, own: ZoneInfo, reason: str, errors: dict[str, str]
) -> TimeOffPlan | None:
    try:
        starts_at = starting(first, own)
    except InvalidValue as error:
        errors["from_time"] = sentence(error)
        return None
    try:
        return TimeOffPlan(starts_at, ending(last, own), reason)
    except InvalidValue as error:
        errors["to_time"] = sentence(error)
        return None


def _moment(values: Values, end: str, today: date, errors: dict[str, str]) -> Moment:
    day, at = _day(values, f"{end}_day", today, errors), values[f"{end}_time"]
    if not at:
        return Moment(day or today)
    try:
        return moment(f"{day or today} {at}", today)
    except InvalidValue as error:
        errors[f"{end}_time"] = sentence(error)
        return Moment(today)


def _day(values: Values, name: str, today: date, errors: dict[str, str]) -> date | None:
    try:
        return read_day(values[name], today)
    except InvalidValue as error:
        errors[name] = sentence(error) if values[name] else _("Choose a day.")
        return None


def _reason(values: Values, name: str, errors: dict[str, str]) -> str:
    try:
        return text()(values[name])
    except InvalidValue as error:
        errors[name] = sentence(error)
        return ""
