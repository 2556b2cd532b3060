"""The first hour: from an empty database to the first bookable service, a question at a time.

What is asked next is what is still missing, so the guide can be left and come back to. Each answer
is written down at once, by the same operations as the pages of the shop.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.operations.current_plan import current_plan
from booking.operations.plan import BusinessPlan
from booking.operations.plan_edits import Edit
from booking.state import current_sidebook
from booking.storage.accounts import OWNER
from booking.web.urls import public_url, root

from . import first_answers
from .access import current_person
from .desk_route import desk_route
from .first_answers import Wrong
from .rendering import render_page
from .shop_saving import Asked, read, save

Answer = str | Response | tuple[str, int]
TOUCHES = gettext_noop(
    "There are appointments to come that nobody could keep then, so nothing was changed. Change it "
    "on the pages of the business, in the navigation: they show these appointments first."
)
STEPS = ("shop", "service", "person", "hours")


class Step(NamedTuple):
    """What one step makes of a plan, from what was typed; and what it shows of one before that."""

    edit: Callable[[Mapping[str, str]], Edit]
    shown: Callable[[BusinessPlan], dict[str, str]]


MADE_OF = {
    "shop": Step(first_answers.shop, first_answers.shop_shown),
    "service": Step(first_answers.service, first_answers.service_shown),
    "person": Step(first_answers.person, first_answers.person_shown),
    "hours": Step(first_answers.hours, first_answers.hours_shown),
}


def first_hour() -> Answer:
    """Show what is missing next; `?step=` goes back to what was answered."""
    plan = _plan()
    reached = _next_step(plan)
    asked = request.args.get("step", "")
    step = asked if asked in STEPS and _is_reached(asked, reached) else reached
    if step == "":
        return _done(plan)
    return _page(step, plan, MADE_OF[step].shown(plan))


def answer_first_hour(step: str) -> Answer:
    """Write down one answer, and go on to what is missing then."""
    typed = {name: request.form.get(name, "") for name in first_answers.FIELDS[step]}
    try:
        edit = MADE_OF[step].edit(typed)
    except Wrong as wrong:
        page = _page(step, _plan(), typed, errors=wrong.errors)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    if save(partial(_answered, step, edit)).touched:
        return _page(step, _plan(), typed, alerts=[_(TOUCHES)]), HTTPStatus.CONFLICT
    return redirect(url_for(".first_hour"), HTTPStatus.SEE_OTHER)


def _answered(step: str, edit: Edit, _: Session, plan: BusinessPlan) -> Asked:
    is_too_early = not _is_reached(step, _next_step(plan))
    return Asked(after=None if is_too_early else edit(plan))


def _plan() -> BusinessPlan:
    return read(current_plan)


def _next_step(plan: BusinessPlan) -> str:
    """What is missing first; nothing once customers can be shown a time."""
    lacks = {
        "shop": not plan.shop.name,
        "service": not plan.services,
        "person": not any(member.offers for member in plan.staff),
        "hours": not any(member.hours and member.offers for member in plan.staff),
    }
    return next((step for step in STEPS if lacks[step]), "")


def _is_reached(step: str, reached: str) -> bool:
    return not reached or STEPS.index(step) <= STEPS.index(reached)


HEADINGS: dict[str, Callable[[], str]] = {
    "shop": lambda: _("Who are you?"),
    "service": lambda: _("What can customers book?"),
    "person": lambda: _("Who does it?"),
    "hours": lambda: _("When can they be booked?"),
}


def _page(
    step: str,
    plan: BusinessPlan,
    typed: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    alerts: Sequence[str] = (),
) -> str:
    number = STEPS.index(step)
    context: dict[str, Any] = {"lengths": _lengths()}
    context["zones"] = [(each, each.replace("_", " ")) for each in first_answers.zones()]
    context["weekdays_shown"] = [(str(day), full) for day, (_s, full) in _weekdays()]
    return render_page(
        "first_hour",
        heading=HEADINGS[step](),
        step=step,
        number=number + 1,
        count=len(STEPS),
        back_url=url_for(".first_hour", step=STEPS[number - 1]) if number else "",
        form_url=url_for(".answer_first_hour", step=step),
        typed={"name": "", **typed},
        suggested_name=current_person().name,
        service=plan.services[0].name if plan.services else "",
        member=plan.staff[0].name if plan.staff else "",
        errors=dict(errors or {}),
        alerts=alerts,
        **context,
    )


def _weekdays() -> Sequence[tuple[int, tuple[str, str]]]:
    return [*enumerate(formats.weekdays())]


def _lengths() -> list[tuple[str, str]]:
    return [(str(each), formats.format_duration(each)) for each in first_answers.LENGTHS]


def _done(plan: BusinessPlan) -> str:
    sidebook = current_sidebook()
    return render_page(
        "first_hour_done",
        heading=_("Customers can book"),
        booking_url=root(),
        full_url=public_url(f"{sidebook.name}.start"),
        has_mail=bool(sidebook.settings.mail_url),
        shop_name=plan.shop.name,
        steps=[(HEADINGS[step](), url_for(".first_hour", step=step)) for step in STEPS],
    )


ROUTES = (
    desk_route("/first-hour", first_hour, roles=(OWNER,)),
    desk_route(
        f"/first-hour/<any({','.join(STEPS)}):step>",
        answer_first_hour,
        roles=(OWNER,),
        methods=("POST",),
    ),
)
