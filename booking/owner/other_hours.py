"""Other hours on single days: instead of somebody's week, breaks and all."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from flask import redirect, url_for
from sqlalchemy.orm import Session

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.i18n.date_input import InvalidValue
from booking.i18n.date_input import day as read_day
from booking.now import utc_now
from booking.operations.current_plan import current_plan
from booking.operations.plan import BusinessPlan, StaffPlan
from booking.operations.plan_edits import member_of, with_member
from booking.scheduling.clock import local_day, to_minute, zone
from booking.scheduling.slots import TimeRange

from . import hours_form
from .access import OWNER, STAFF
from .desk_route import desk_route
from .forms import posted, posted_line
from .hours import Answer, may_change, not_allowed, theirs
from .rendering import render_page
from .shop_fields import Values
from .shop_saving import Asked, panel_of, read, save
from .shop_words import page_from

FIELD = "hours"


class OtherDay(NamedTuple):
    """A day with other hours, in words."""

    day: str
    shown: str
    hours: str


def other_hours(slug: str) -> str:
    """List the days to come on which somebody has other hours."""
    member = theirs(slug, read(current_plan))
    return _page(member, Asked({FIELD: "", "day": ""}))


def add_other_hours(slug: str) -> Answer:
    """Set other hours on one day, or none."""
    member = theirs(slug, read(current_plan))
    if not may_change(slug):
        return not_allowed()
    typed = hours_form.typed_values((FIELD,)) | {"day": posted_line("day")}
    if posted("do"):
        return _page(member, Asked(typed), more=FIELD)
    asked = save(partial(_added, slug, typed))
    if asked.is_saved or asked.is_gone:
        return redirect(url_for(".other_hours", slug=slug), 303)
    return _page(member, asked), asked.status


def _added(slug: str, typed: Values, _session: Session, plan: BusinessPlan) -> Asked:
    member = member_of(plan, slug)
    if member is None:
        return Asked(typed, is_gone=True)
    day, ranges, errors = _read(typed, _today(member))
    if day in member.overrides and not errors:
        errors["day"] = _("There are other hours on that day already. Take them out first.")
    after = with_member(plan, replace(member, overrides={**member.overrides, day: ranges}))
    return Asked(typed, {}, errors, after=None if errors else after)


def _read(typed: Values, today: date) -> tuple[date, tuple[TimeRange, ...], dict[str, str]]:
    errors: dict[str, str] = {}
    day, ranges = today, tuple[TimeRange, ...]()
    try:
        day = read_day(typed["day"], today)
        if day < today:
            errors["day"] = _("That day is over.")
    except InvalidValue:
        errors["day"] = _("Choose a day.")
    try:
        ranges = hours_form.read_ranges(typed[FIELD])
    except InvalidValue as error:
        errors[FIELD] = hours_form.sentence(error)
    return day, ranges, errors


def remove_other_hours(slug: str, day: str) -> Answer:
    """Take out the other hours of one day, once it was seen whom that touches."""
    member = theirs(slug, read(current_plan))
    if not may_change(slug):
        return not_allowed()
    asked = save(partial(_without, member, day))
    back_url = url_for(".other_hours", slug=slug)
    if asked.is_saved:
        return redirect(back_url, 303)
    given: Mapping[str, Any] = {
        "form_url": url_for(".remove_other_hours", slug=slug, day=day),
        "back_url": back_url,
        "go_on": _("Take them out"),
        "kept": (),
    }
    heading = _("Back to the usual hours?")
    return render_page("agree", heading=heading, panel=panel_of(asked, page_from()), **given), 409


def _without(member: StaffPlan, day: str, _session: Session, plan: BusinessPlan) -> Asked:
    found = member_of(plan, member.slug) or member
    kept = {each: hours for each, hours in found.overrides.items() if each.isoformat() != day}
    return Asked(after=with_member(plan, replace(found, overrides=kept)))


def _page(member: StaffPlan, asked: Asked, more: str = "") -> str:
    today = _today(member)
    text = asked.values[FIELD]
    return render_page(
        "other_hours",
        heading=_("Other hours of %(name)s", name=member.name),
        member=member,
        may_change=may_change(member.slug),
        zone_name=formats.zone_name(zone(member.zone), utc_now()),
        days=[_in_words(*each) for each in sorted(member.overrides.items()) if each[0] >= today],
        day=asked.values["day"],
        today=today.isoformat(),
        pairs=hours_form.pairs(FIELD, text, more if text else FIELD),
        more=more,
        errors=asked.errors,
        panel=panel_of(asked, page_from()),
    )


def _in_words(day: date, ranges: tuple[TimeRange, ...]) -> OtherDay:
    said = hours_form.written(ranges) or _("closed")
    return OtherDay(day.isoformat(), formats.format_day(day), said)


def _today(member: StaffPlan) -> date:
    return local_day(to_minute(utc_now()), zone(member.zone))


WHO = (OWNER, STAFF)
ROUTES = (
    desk_route("/hours/<slug>/days", other_hours, roles=WHO),
    desk_route("/hours/<slug>/days", add_other_hours, roles=WHO, methods=("POST",)),
    desk_route(
        "/hours/<slug>/days/<day>/removal", remove_other_hours, roles=WHO, methods=("POST",)
    ),
)
