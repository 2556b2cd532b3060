"""What is worth telling of a business file, and no mistake."""

from collections.abc import Iterable

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.operations.plan import ServicePlan, StaffPlan

from .section import Section
from .values import format_range


def note_unoffered(
    tables: list[Section], services: Iterable[ServicePlan], staff: Iterable[StaffPlan]
) -> None:
    """Note each service that customers do not see."""
    offered = {slug for member in staff for slug in member.offers}
    for table, one in zip(tables, services, strict=True):
        if one.slug not in offered:
            table.note(f'nobody offers "{one.slug}", so customers do not see it', "slug")


def note_idle_breaks(section: Section, plan: StaffPlan) -> None:
    """Note a break in time that is not worked anyway: harmless, and hardly what was meant."""
    idle = [
        _(
            "%(range)s on %(weekday)s",
            range=format_range((pause.starts, pause.ends)),
            weekday=formats.weekdays()[weekday][1],
        )
        for weekday, breaks in plan.breaks.items()
        for pause in breaks
        if not any(
            pause.starts < one.ends and one.starts < pause.ends
            for one in plan.hours.get(weekday, ())
        )
    ]
    if idle and not plan.overrides:  # on such a day the break may be meant for them
        words = _("outside the hours: %(breaks)s", breaks=", ".join(idle))
        section.note(f"breaks: {words}", "breaks")
