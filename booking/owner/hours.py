"""When somebody works: the hours and breaks of their week."""

from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

from flask import abort, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations.current_plan import current_plan
from booking.operations.plan import BusinessPlan, StaffPlan
from booking.operations.plan_edits import member_of, with_member
from booking.scheduling.clock import zone

from . import hours_form
from .access import OWNER, STAFF, current_person
from .desk_route import desk_route
from .door import problem
from .forms import all_posted, posted
from .rendering import render_page
from .shop_fields import WAS, Values, marks_of, merge
from .shop_saving import Asked, panel_of, read, save
from .shop_words import conflict, from_query, page_from

Answer = str | Response | tuple[str, int]


class Line(NamedTuple):
    """One person in the list, with their week in words."""

    slug: str
    name: str
    week: list[str]
    clock: str
    """Whose clock it goes by, where that is not the shop's."""


def hours() -> Answer:
    """List everybody's hours; a staff member is led to their own."""
    person = current_person()
    if person.sees_only_own:
        return redirect(url_for(".week", slug=person.staff_slug), 303)
    plan = read(current_plan)
    lines = [Line(one.slug, one.name, in_words(one), _own_clock(one, plan)) for one in plan.staff]
    return render_page(
        "all_hours", heading=_("Hours"), people=lines, notices=from_query(plan.staff)
    )


def _own_clock(member: StaffPlan, plan: BusinessPlan) -> str:
    if member.zone == plan.shop.zone:
        return ""
    return formats.zone_name(zone(member.zone), utc_now())


def in_words(member: StaffPlan) -> list[str]:
    """Return a line for each day on which somebody works."""
    names = [short for short, _full in formats.weekdays()]
    return [
        _("%(weekday)s %(time)s", weekday=names[day], time=hours_form.written(ranges))
        for day, ranges in sorted(member.hours.items())
    ]


def week(slug: str) -> str:
    """Show somebody's week, to be changed where whoever looks may."""
    member = theirs(slug, plan := read(current_plan))
    values = hours_form.values_of(member)
    return _page(Asked(values, values), plan, member)


def change_week(slug: str) -> Answer:
    """Change somebody's week, or show what is in the way."""
    member = theirs(slug, plan := read(current_plan))
    if not may_change(slug):
        return not_allowed()
    values = hours_form.typed_values()
    if do := posted("do"):
        return _reshaped(do, values, plan, member)
    asked = save(partial(_changed, slug, values, posted(WAS)))
    if asked.is_saved:
        return redirect(url_for(".week", slug=slug, saved=slug), 303)
    return _page(asked, asked.before or plan, member), asked.status


def _changed(slug: str, values: Values, was: str, _: Session, plan: BusinessPlan) -> Asked:
    found = member_of(plan, slug)
    if found is None:
        return Asked(values, is_gone=True)
    stored = hours_form.values_of(found)
    merged = merge(values, was, stored)
    if merged.changed or merged.taken_over:
        return Asked(merged.values, stored, {}, merged.changed, merged.taken_over)
    opened, breaks, errors = hours_form.read_week(values)
    after = with_member(plan, replace(found, hours=opened, breaks=breaks))
    return Asked(values, stored, errors, after=None if errors else after)


def _reshaped(do: str, values: Values, plan: BusinessPlan, member: StaffPlan) -> str:
    """Show the week with one range more, or with a day copied to others. Nothing is saved."""
    if do == "copy":
        sent = [value for name, value in all_posted() if name == "copy_to"]
        days = [int(each) for each in sent if each in "0123456" and each]
        source = posted("copy_from")
        if len(source) == 1 and source in "0123456":
            values = hours_form.copied(values, int(source), days)
    return _page(Asked(values), plan, member, more=do, was=posted(WAS))


def _page(
    asked: Asked, plan: BusinessPlan, member: StaffPlan, *, more: str = "", was: str | None = None
) -> str:
    return render_page(
        "hours",
        heading=_("Hours of %(name)s", name=member.name),
        member=member,
        may_change=may_change(member.slug),
        days=hours_form.days(asked.values, more),
        more=more,
        changed=asked.changed,
        errors=asked.errors,
        alerts=conflict(asked, hours_form.labels()),
        was=marks_of(asked.stored) if was is None else was,
        zone_name=formats.zone_name(zone(member.zone), utc_now()),
        panel=panel_of(asked, page_from()),
        notices=from_query(plan.staff),
    )


def theirs(slug: str, plan: BusinessPlan) -> StaffPlan:
    """Return whose hours these are; 404 where there is nobody, or it is none of one's business."""
    person, found = current_person(), member_of(plan, slug)
    if found is None or (person.sees_only_own and person.staff_slug != slug):
        abort(404)
    return found


def may_change(slug: str) -> bool:
    """Return whether who is there may change these hours and time off."""
    person = current_person()
    return person.role == OWNER or (person.may_change_own_hours and person.staff_slug == slug)


def not_allowed() -> tuple[str, int]:
    """Answer a staff member who may see their hours and not change them."""
    message = _("Your hours and time off are changed by an owner here. Ask one.")
    return problem(HTTPStatus.FORBIDDEN, _("Nothing was changed"), message)


ROUTES = (
    desk_route("/hours", hours, roles=(OWNER, STAFF), label=gettext_noop("Hours")),
    desk_route("/hours/<slug>", week, roles=(OWNER, STAFF)),
    desk_route("/hours/<slug>", change_week, roles=(OWNER, STAFF), methods=("POST",)),
)
