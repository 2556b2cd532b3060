"""What the shop sells: the list of services, and a page for each."""

from functools import partial
from typing import NamedTuple

from flask import abort, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.business_file.values import slug as read_slug
from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.i18n.date_input import InvalidValue
from booking.now import utc_now
from booking.operations.current_plan import current_plan, retired_services
from booking.operations.missing import what_is_missing
from booking.operations.plan import BusinessPlan, ServicePlan
from booking.operations.plan_edits import service_of, with_service

from . import service_form
from .access import OWNER
from .desk_route import desk_route
from .forms import posted, posted_line
from .names import short_name
from .question_list import reshaped
from .question_merge import (
    labels_of_questions,
    marks_of_service,
    merge_service,
    with_keys,
    written_by_others,
)
from .rendering import render_page
from .shop_fields import WAS, Values, filled_in
from .shop_lists import SERVICES, bring_back, move, take_out
from .shop_missing import sentences
from .shop_saving import Asked, panel_of, read, save
from .shop_words import conflict, from_query, page_from, taken, unanswered

Answer = str | Response | tuple[str, int]


class Line(NamedTuple):
    """One service in the list."""

    slug: str
    name: str
    about: str
    people: str


def services() -> str:
    """List what is sold, in the order in which customers see it, and what is missing."""
    plan, gone, lacks = read(
        lambda session: (
            current_plan(session),
            retired_services(session),
            what_is_missing(session, utc_now()),
        )
    )
    return render_page(
        "services",
        heading=_("Services"),
        services=[_line(one, plan) for one in plan.services],
        retired=gone,
        missing=sentences(lacks, plan),
        notices=from_query(plan.services, gone),
    )


def _line(one: ServicePlan, plan: BusinessPlan) -> Line:
    about = [formats.format_duration(one.duration), one.price]
    people = [member.name for member in plan.staff if one.slug in member.offers]
    return Line(one.slug, one.name, " · ".join(filter(None, about)), formats.join_list(people))


def new_service() -> str:
    """Show the form of a service that is not there yet."""
    plan = read(current_plan)
    everybody = " ".join(one.slug for one in plan.staff)
    values = service_form.new_values() | {"offered_by": everybody}
    return _form(Asked(values), plan, "")


def add_service() -> Answer:
    """Put a new service on sale, or show what is wrong with it."""
    values = service_form.typed_values()
    if posted("do"):
        return _form(Asked(reshaped(values, posted("do"))), read(current_plan), "")
    asked = save(partial(_added, values, posted_line("slug")))
    if asked.is_saved:
        return redirect(url_for(".services", saved=asked.values["slug"]), 303)
    return _form(asked, asked.before, ""), asked.status


def _added(values: Values, named: str, session: Session, plan: BusinessPlan) -> Asked:
    retired = {one.slug for one in retired_services(session)}
    there = {one.slug for one in plan.services} | retired
    slug = named or short_name(values["name"], there, "service")
    service, errors = service_form.read(with_keys(values), slug)
    try:
        read_slug(slug)
        errors |= unanswered(service, plan)
        errors |= {"slug": taken(slug, is_retired=slug in retired)} if slug in there else {}
    except InvalidValue as error:
        errors["slug"] = str(error)
    after = None if errors else with_service(plan, service, values["offered_by"].split())
    return Asked(values | {"slug": slug if not errors else named}, {}, errors, after=after)


def service(slug: str) -> str:
    """Show one service, to be changed."""
    plan = read(current_plan)
    found = service_of(plan, slug)
    if found is None:
        abort(404)
    values = service_form.values_of(found, plan)
    return _form(Asked(values, values), plan, slug)


def change_service(slug: str) -> Answer:
    """Change one service, or show what is in the way."""
    values = service_form.typed_values()
    if posted("do"):
        asked = Asked(reshaped(values, posted("do")))
        return _form(asked, read(current_plan), slug, was=posted(WAS))
    asked = save(partial(_changed, slug, values, posted(WAS)))
    if asked.is_saved:
        return redirect(url_for(".services", saved=slug), 303)
    return _form(asked, asked.before, "" if asked.is_gone else slug), asked.status


def _changed(slug: str, values: Values, was: str, _: Session, plan: BusinessPlan) -> Asked:
    found = service_of(plan, slug)
    if found is None:
        return Asked(values, is_gone=True)
    stored = service_form.values_of(found, plan)
    merged = merge_service(values, was, stored)
    if merged.changed or merged.taken_over:
        return Asked(merged.values, stored, {}, merged.changed, merged.taken_over)
    meant, errors = service_form.read(with_keys(values), slug)
    errors |= unanswered(meant, plan)
    after = None if errors else with_service(plan, meant, values["offered_by"].split())
    return Asked(values, stored, errors, after=after)


def _form(asked: Asked, plan: BusinessPlan | None, slug: str, was: str | None = None) -> str:
    assert plan is not None  # noqa: S101 - whoever saves has read it
    shown = service_form.fields_of(plan.staff)
    fields = filled_in(shown, asked.values, asked.errors, asked.changed)
    found = service_of(plan, slug)
    labels = {one.name: one.label for one in shown} | labels_of_questions(asked)
    return render_page(
        "service",
        heading=found.name if found else _("A new service"),
        slug=slug,
        typed_slug=asked.values.get("slug", ""),
        fields=fields,
        by_name={one.name: one for one in fields},
        questions=service_form.questions_of(asked.values),
        kinds=service_form.kinds(),
        changed_questions=written_by_others(asked),
        focus=asked.values.get("focus", ""),
        errors=asked.errors,
        alerts=conflict(asked, labels),
        panel=panel_of(asked, page_from()),
        was=marks_of_service(asked.stored) if was is None else was,
    )


def remove_service(slug: str) -> Answer:
    """Take a service out of sale, once it was seen which appointments there are of it."""
    return take_out(
        SERVICES,
        slug,
        heading=lambda name: _("Take %(name)s out of sale?", name=name),
        go_on=_("Take it out of sale"),
    )


def return_service(slug: str) -> Response:
    """Sell again what was taken out of sale; nobody offers it yet."""
    return bring_back(SERVICES, slug)


def place_service(slug: str) -> Response:
    """Move a service one place up or down."""
    return move(SERVICES, slug)


ONE = "/services/<slug>"
ROUTES = (
    desk_route("/services", services, roles=(OWNER,), label=gettext_noop("Services")),
    desk_route("/services", add_service, roles=(OWNER,), methods=("POST",)),
    desk_route("/new-service", new_service, roles=(OWNER,)),  # a service may be called “New”
    desk_route(ONE, service, roles=(OWNER,)),
    desk_route(ONE, change_service, roles=(OWNER,), methods=("POST",)),
    desk_route(f"{ONE}/removal", remove_service, roles=(OWNER,), methods=("POST",)),
    desk_route(f"{ONE}/return", return_service, roles=(OWNER,), methods=("POST",)),
    desk_route(f"{ONE}/place", place_service, roles=(OWNER,), methods=("POST",)),
)
