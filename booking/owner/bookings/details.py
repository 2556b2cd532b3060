"""Mend who comes and what they answered: the customer's own fields and checks, a name is enough."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.contact import forms
from booking.i18n import gettext as _
from booking.operations.bookings import Customer
from booking.operations.details import may_mend, mend_details
from booking.owner.access import EVERYBODY
from booking.owner.desk_route import desk_route
from booking.owner.rendering import render_page
from booking.state import current_sidebook
from booking.storage.models import Booking
from booking.tab_sessions import read_transaction
from booking.web.rendering import get_shop, phone_region

from . import kept
from .page import summary, urls_of


class NotValid(Exception):
    """Raised where something typed needs mending; it says what, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(*errors)


def booking_details(reference: str) -> str | Response:
    """Show name, address, phone, note and answers; lead back to one that stays as it is."""
    with read_transaction(current_sidebook().session) as session:
        booking = kept.booking_for(session, reference)
        if not may_mend(booking) or booking.starts_at <= kept.now():
            return kept.lead_to(booking.reference)
        return _page(session, booking, _kept(booking))


def mend_booking(reference: str) -> Response | tuple[str, int]:
    """Write down what was typed, or show all of it again with what is to be mended."""
    typed = _typed()
    try:
        return kept.change(reference, partial(_mend, typed=typed))
    except NotValid as wrong:
        return _again(reference, typed, 422, errors=wrong.errors)
    except kept.NOT_DONE as error:
        return _again(reference, typed, 409, alerts=[_(kept.why_not(error))])


def _mend(session: Session, booking: Booking, *, typed: Mapping[str, str]) -> None:
    region = phone_region(get_shop(session))
    form = forms.details_form(_fields(booking), typed, region, {})
    if not form.validate():
        raise NotValid(forms.first_messages(form))
    customer = Customer(**{name: form.data[name] for name in forms.CONTACT})
    answers = _answers(booking, form.data)
    mend_details(
        session,
        booking,
        customer,
        by="owner",
        actor=kept.actor(),
        answers=answers,
        now=kept.now(),
        renew=current_sidebook().links.renew,
        outbox=kept.outbox(),
    )


def _answers(booking: Booking, data: Mapping[str, str]) -> list[dict[str, Any]]:
    """The answers with what was typed; those to what is asked no more stay as they are."""
    kept_ones = {each["key"]: each for each in booking.answers}
    asked = {question.key: question for question in booking.service.questions}
    for key, question in asked.items():
        kept_ones.pop(key, None)
        if value := data[forms.field_name(key)]:
            answer = forms.shown_answer(question, value)
            kept_ones[key] = {"key": key, "label": question.label, "value": answer}
    return [*kept_ones.values()]


def _fields(booking: Booking) -> list[forms.FieldSpec]:
    """All that the wizard asks; but at the desk only a name has to be there."""
    asked = forms.field_specs(booking.service.questions)
    return [each._replace(required=each.name == "name") for each in asked]


def _kept(booking: Booking) -> dict[str, str]:
    values = {name: getattr(booking, f"customer_{name}") for name in forms.CONTACT}
    boxes = {each.key for each in booking.service.questions if each.kind == "checkbox"}
    for each in booking.answers:  # of a box there is one only where it was ticked
        value = forms.CHECKED if each["key"] in boxes else str(each["value"])
        values[forms.field_name(each["key"])] = value
    return values


def _typed() -> dict[str, str]:
    return {name: value for name, value in request.form.items() if forms.is_details_field(name)}


def _again(reference: str, typed: Mapping[str, str], status: int, **more: Any) -> tuple[str, int]:
    with read_transaction(current_sidebook().session) as session:
        return _page(session, kept.booking_for(session, reference), typed, **more), status


def _page(
    session: Session,
    booking: Booking,
    values: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    alerts: tuple[str, ...] | list[str] = (),
) -> str:
    refused, zone = dict(errors or {}), kept.zone(session)
    fields = [
        each._replace(value=values.get(each.name, ""), error=refused.get(each.name))
        for each in _fields(booking)
    ]
    return render_page(
        "booking_details",
        heading=_("Details of %(name)s", name=booking.customer_name),
        booking=summary(booking, zone, kept.now()),
        urls=urls_of(booking.reference),
        fields=fields,
        errors={
            each.name: forms.summary_message(each, each.error) for each in fields if each.error
        },
        alerts=alerts,
        mail=current_sidebook().outbox.mail,
    )


ROUTES = (
    desk_route("/bookings/<reference>/details", booking_details, roles=EVERYBODY),
    desk_route("/bookings/<reference>/details", mend_booking, roles=EVERYBODY, methods=("POST",)),
)
