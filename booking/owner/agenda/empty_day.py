"""What is said of a day on which nobody comes: that the shop is closed, and why, or what else."""

from datetime import date

from booking.i18n import gettext as _
from booking.scheduling.clock import day_interval
from booking.scheduling.day_plan import Kind, spans_of

from .entries import Shown


def closed_on(shown: Shown, day: date) -> str:
    """Return that the whole shop is closed on that day, and why where it says so; empty: it is not.

    A day off for all, Sundays say, is none: nobody closed the shop then.
    """
    closures = [each for each in shown.catalogue.closures if each.first_day <= day <= each.last_day]
    if not closures:
        return ""
    reason = next((each.reason for each in closures if each.reason), "")
    return _("Shop closed: %(reason)s", reason=reason) if reason else _("Shop closed")


def why_empty(shown: Shown, day: date) -> str:
    """Return why nothing is shown of a day on which the shop is not closed."""
    if shown.asked.is_filtered:
        return _("No appointment of that day is one of those that you chose to see.")
    kinds = [_kinds(shown, each.id, day) for each in shown.staff]
    if any(each & {Kind.FREE, Kind.BREAK} for each in kinds):
        return _("No appointments on that day.")
    if len(kinds) != 1:
        return _("Nobody works on that day.")
    name = shown.staff[0].name
    if Kind.AWAY in kinds[0]:
        return _("%(name)s has time off on that day.", name=name)
    return _("%(name)s does not work on that day.", name=name)


def _kinds(shown: Shown, member: int, day: date) -> set[Kind]:
    working, span = shown.catalogue.working_time(member), day_interval(day, shown.zone)
    return {each.kind for each in spans_of(working, span, ())}
