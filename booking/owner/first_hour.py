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
from .forms import posted
from .rendering import render_page
from .shop_fields import WAS, Values, marks_of, merge
from .shop_saving import Asked, read, save
from .shop_words import conflict

Answer = str | Response | tuple[str, int]
TOUCHES = gettext_noop(
    "There are appointments to come that nobody could keep then, so nothing was changed. Change it "
    "on the pages of the business, in the navigation: they show these appointments first."
)
MORE_TO_IT = gettext_noop(
    "There is more to this by now than is asked here, so nothing was changed. Change it on the "
    "pages of the business, in the navigation."
)
LABELS = {
    "name": gettext_noop("Name"),
    "address": gettext_noop("Address"),
    "phone": gettext_noop("Phone"),
    "zone": gettext_noop("Time zone"),
    "duration": gettext_noop("How long it takes"),
    "price": gettext_noop("Price"),
}
STEPS = ("shop", "service", "person", "hours")


class Step(NamedTuple):
    """What one step makes of a plan, from what was typed; and what it shows of one before that."""

    edit: Callable[[Mapping[str, str], BusinessPlan], Edit]
    shown: Callable[[BusinessPlan], Values]


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
    if own_url := _own_url(step, plan):
        return redirect(own_url, HTTPStatus.SEE_OTHER)
    stored = MADE_OF[step].shown(plan)
    return _page(step, plan, Asked(stored, stored))


def answer_first_hour(step: str) -> Answer:
    """Write down one answer and go on to what is missing then, or show what is in the way."""
    sent = {name: request.form.get(name, "") for name in first_answers.FIELDS[step]}
    typed = {name: text.replace("\r\n", "\n") for name, text in sent.items()}
    asked = save(partial(_answered, step, typed, posted(WAS)))
    if asked.is_saved or asked.is_gone:
        return redirect(url_for(".first_hour"), HTTPStatus.SEE_OTHER)
    return _page(step, asked.before or _plan(), asked, _alerts(step, asked)), asked.status


def _answered(step: str, typed: Values, was: str, _: Session, plan: BusinessPlan) -> Asked:
    if not _is_reached(step, _next_step(plan)):
        return Asked(typed, is_gone=True)
    stored = MADE_OF[step].shown(plan)
    if _own_url(step, plan):
        return Asked(typed, stored)
    merged = merge(typed, was, stored)
    if merged.changed or merged.taken_over:
        return Asked(merged.values, stored, {}, merged.changed, merged.taken_over)
    try:
        return Asked(typed, stored, after=MADE_OF[step].edit(typed, plan)(plan))
    except Wrong as wrong:
        return Asked(typed, stored, dict(wrong.errors))


def _own_url(step: str, plan: BusinessPlan) -> str:
    """Return where the shop changes it, where what is stored has more to it than is asked here.

    Sent as it is shown it would not stay what it is, such as two ranges of hours on one day.
    Empty where it may be asked here.
    """
    member = first_answers.first_person(plan)
    is_asked = step == _next_step(plan)
    if is_asked and not (step == "hours" and member and member.hours):
        return ""
    made = MADE_OF[step]
    try:
        if made.edit(made.shown(plan), plan)(plan) == plan:
            return ""
    except Wrong:
        pass
    if step == "service":
        return url_for(".service", slug=plan.services[0].slug)
    if step == "shop" or not member:
        return url_for(".settings")
    return url_for(".member" if step == "person" else ".week", slug=member.slug)


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


def _page(step: str, plan: BusinessPlan, asked: Asked, alerts: Sequence[str] = ()) -> str:
    number = STEPS.index(step)
    member = first_answers.first_person(plan)
    context: dict[str, Any] = {"lengths": _lengths(plan)}
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
        typed={"name": "", **asked.values},
        suggested_name=current_person().name,
        service=plan.services[0].name if plan.services else "",
        member=member.name if member else "",
        errors=asked.errors,
        alerts=alerts,
        written=[(_label(name, step), text) for name, text in asked.changed.items()],
        was=marks_of(asked.stored),
        **context,
    )


def _alerts(step: str, asked: Asked) -> list[str]:
    if asked.touched:
        return [_(TOUCHES)]
    if asked.after is None and not (asked.errors or asked.changed or asked.taken_over):
        return [_(MORE_TO_IT)]
    labels = {name: _label(name, step) for name in asked.values}
    return conflict(asked, labels)


def _label(name: str, step: str) -> str:
    if step == "hours":
        what, _sep, day = name.partition("_")
        weekday = dict(_weekdays())[int(day)][1]
        said = {"from": _("%(day)s from", day=weekday), "to": _("%(day)s until", day=weekday)}
        return said.get(what, weekday)
    return _(LABELS[name])


def _weekdays() -> Sequence[tuple[int, tuple[str, str]]]:
    return [*enumerate(formats.weekdays())]


def _lengths(plan: BusinessPlan) -> list[tuple[str, str]]:
    lengths = first_answers.lengths(plan)
    return [(str(each), formats.format_duration(each)) for each in lengths]


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
