"""Who works here: the list of people, and a page for each, with what they offer."""

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from flask import abort, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.business_file.load import ANY
from booking.business_file.load import staff_member as read_member
from booking.business_file.parts import read_part
from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations.current_plan import current_plan, retired_staff
from booking.operations.plan import BusinessPlan, StaffPlan
from booking.operations.plan_edits import (
    in_zone,
    member_of,
    with_member,
)

from .access import OWNER
from .desk_route import desk_route
from .forms import all_posted, posted, posted_line
from .names import short_name
from .rendering import render_page
from .shop_fields import WAS, Field, Values, filled_in, marks_of, merge, posted_values
from .shop_lists import STAFF, bring_back, move, take_out
from .shop_saving import Asked, by_name, panel_of, read, save
from .shop_words import conflict, from_query, page_from, taken

Answer = str | Response | tuple[str, int]
PLAIN = ("name", "about", "email", "letters", "zone")
NAMES = (*PLAIN, "offers")


class Line(NamedTuple):
    """One person in the list."""

    slug: str
    name: str
    offers: str


def fields_of(plan: BusinessPlan) -> list[Field]:
    """Return the fields of somebody who works here."""
    letters = [
        ("at_once", _("Whenever something is booked, moved or cancelled")),
        ("daily", _("Tomorrow's list, and what changes after it")),
        ("never", _("Never")),
    ]
    offered = [(one.slug, one.name) for one in plan.services]
    own = _("Empty: the shop's, %(zone)s.", zone=plan.shop.zone)
    return [
        Field("name", _("Name"), required=True),
        Field("about", _("About them"), "textarea", help=_("Customers read it.")),
        Field("offers", _("What they offer"), "ticks", choices=offered),
        Field("email", _("E-mail"), "email", help=_("For letters about their appointments.")),
        Field("letters", _("Letters"), "radio", choices=letters),
        Field("zone", _("Time zone"), help=own),
    ]


def values_of(member: StaffPlan, plan: BusinessPlan) -> Values:
    """Return what stands in the form of this person."""
    plain = {name: getattr(member, name) for name in PLAIN}
    if member.zone == plan.shop.zone:
        plain["zone"] = ""
    ordered = [one.slug for one in plan.services if one.slug in member.offers]
    return plain | {"offers": " ".join(ordered)}


def typed_values() -> Values:
    """Return what was sent."""
    ticked = [value for name, value in all_posted() if name == "offers"]
    return posted_values(PLAIN) | {"offers": " ".join(ticked)}


def read_form(values: Values, slug: str, plan: BusinessPlan) -> tuple[StaffPlan, dict[str, str]]:
    """Return whom the form means, without hours, and what is wrong by the file's rules."""
    table: dict[str, Any] = {"slug": slug, "name": values["name"], "about": values["about"]}
    table |= {name: values[name].strip() for name in ("zone", "email") if values[name].strip()}
    if values["letters"] != "at_once":
        table["letters"] = values["letters"].replace("_", " ")
    table["offers"] = values["offers"].split()
    services, today = {one.slug for one in plan.services}, utc_now().date()
    member, problems = read_part(
        table, lambda section: read_member(section, services, plan.shop.zone, today)
    )
    errors = {name.partition("-")[0]: said for name, said in by_name(problems).items()}
    if "letters" in errors:
        errors["letters"] = _("There is no address to send them to.")
    return member, errors


def staff() -> str:
    """List who works here, in the order in which customers see them."""
    plan, gone = read(lambda session: (current_plan(session), retired_staff(session)))
    names = {one.slug: one.name for one in plan.services}
    lines = [
        Line(one.slug, one.name, formats.join_list([names[slug] for slug in one.offers]))
        for one in plan.staff
    ]
    notices = from_query(plan.staff, gone)
    return render_page("staff", heading=_("Staff"), people=lines, retired=gone, notices=notices)


def new_member() -> str:
    """Show the form of somebody who is not there yet."""
    plan = read(current_plan)
    everything = " ".join(one.slug for one in plan.services)
    empty = dict.fromkeys(NAMES, "") | {"letters": "at_once", "offers": everything}
    return _form(Asked(empty), plan, "")


def add_member() -> Answer:
    """Let somebody be booked, or show what is wrong; their hours come next."""
    asked = save(partial(_added, typed_values(), posted_line("slug")))
    if asked.is_saved:
        return redirect(url_for(".week", slug=asked.values["slug"]), 303)
    return _form(asked, asked.before, ""), asked.status


def _added(values: Values, named: str, session: Session, plan: BusinessPlan) -> Asked:
    retired = {one.slug for one in retired_staff(session)}
    there = {one.slug for one in plan.staff} | retired
    slug = named or short_name(values["name"], {*there, ANY}, "person")
    member, errors = read_form(values, slug, plan)
    if slug in there:
        errors["slug"] = taken(slug, is_retired=slug in retired)
    elif not named and values["name"].strip():
        errors.pop("slug", None)
    after = None if errors else with_member(plan, member)
    return Asked(values | {"slug": slug if not errors else named}, {}, errors, after=after)


def member(slug: str) -> str:
    """Show one person, to be changed."""
    plan = read(current_plan)
    found = member_of(plan, slug)
    if found is None:
        abort(404)
    values = values_of(found, plan)
    return _form(Asked(values, values), plan, slug)


def change_member(slug: str) -> Answer:
    """Change one person, or show what is in the way."""
    asked = save(partial(_changed, slug, typed_values(), posted(WAS)))
    if asked.is_saved:
        return redirect(url_for(".staff", saved=slug), 303)
    return _form(asked, asked.before, "" if asked.is_gone else slug), asked.status


def _changed(slug: str, values: Values, was: str, _: Session, plan: BusinessPlan) -> Asked:
    found = member_of(plan, slug)
    if found is None:
        return Asked(values, is_gone=True)
    stored = values_of(found, plan)
    merged = merge(values, was, stored)
    if merged.changed or merged.taken_over:
        return Asked(merged.values, stored, {}, merged.changed, merged.taken_over)
    meant, errors = read_form(values, slug, plan)
    if errors:
        return Asked(values, stored, errors)
    by_its_clock = in_zone(found, meant.zone)
    life = {
        name: getattr(by_its_clock, name) for name in ("hours", "breaks", "overrides", "time_off")
    }
    after = with_member(plan, replace(meant, **life))
    return Asked(values, stored, errors, after=after)


def _form(asked: Asked, plan: BusinessPlan | None, slug: str) -> str:
    assert plan is not None  # noqa: S101 - whoever saves has read it
    shown = fields_of(plan)
    found = member_of(plan, slug)
    return render_page(
        "member",
        heading=found.name if found else _("Somebody new"),
        slug=slug,
        typed_slug=asked.values.get("slug", ""),
        fields=filled_in(shown, asked.values, asked.errors, asked.changed),
        errors=asked.errors,
        alerts=conflict(asked, {one.name: one.label for one in shown}),
        panel=panel_of(asked, page_from()),
        was=marks_of(asked.stored),
    )


def remove_member(slug: str) -> Answer:
    """Let somebody be booked no more, once it was seen which appointments they have."""
    return take_out(
        STAFF,
        slug,
        heading=lambda name: _("Take %(name)s out?", name=name),
        go_on=_("Take out"),
    )


def return_member(slug: str) -> Response:
    """Let somebody be booked again, with the hours they had."""
    return bring_back(STAFF, slug)


def place_member(slug: str) -> Response:
    """Move somebody one place up or down."""
    return move(STAFF, slug)


ONE, POST, WHO = "/staff/<slug>", ("POST",), (OWNER,)
ROUTES = (
    desk_route("/staff", staff, roles=WHO, label=gettext_noop("Staff")),
    desk_route("/staff", add_member, roles=WHO, methods=POST),
    desk_route("/new-staff", new_member, roles=WHO),  # somebody may be called “New”
    desk_route(ONE, member, roles=WHO),
    desk_route(ONE, change_member, roles=WHO, methods=POST),
    desk_route(f"{ONE}/removal", remove_member, roles=WHO, methods=POST),
    desk_route(f"{ONE}/return", return_member, roles=WHO, methods=POST),
    desk_route(f"{ONE}/place", place_member, roles=WHO, methods=POST),
)
