"""Mend who comes and what they answered: the customer's own fields and checks, a name is enough."""

from collections.abc import Mapping, Sequence
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
from booking.owner.forms import posted
from booking.owner.rendering import render_page
from booking.owner.shop_fields import WAS, Field, Merged, Values, marks_of, merge
from booking.owner.shop_words import written_meanwhile
from booking.state import current_sidebook
from booking.storage.models import Booking
from booking.tab_sessions import read_transaction
from booking.web.rendering import get_shop, phone_region

from . import answers, kept
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
        return _page(session, booking, Merged(_stored(booking), {}, []))


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
    is_valid, data = form.validate(), form.data
    _refuse_stale(booking, typed, data)
    if not is_valid:
        raise NotValid(forms.first_messages(form))
    mend_details(
        session,
        booking,
        Customer(**{name: data[name] for name in forms.CONTACT}),
        by="owner",
        actor=kept.actor(),
        answers=answers.answered(booking, data),
        now=kept.now(),
        renew=current_sidebook().links.renew,
        outbox=kept.outbox(),
    )


def _refuse_stale(booking: Booking, typed: Mapping[str, str], data: Mapping[str, str]) -> None:
    """Refuse what would undo unseen what somebody wrote since the form was shown.

    Writing the same is no difference, however it was typed: so it is for who presses twice.
    """
    merged = _merged(booking, typed)
    if merged.taken_over or any(data[name] != said for name, said in merged.changed.items()):
        raise kept.ChangedMeanwhile


def _merged(booking: Booking, typed: Mapping[str, str]) -> Merged:
    """What to show of what was typed: by no page shown again is anything newer overwritten."""
    stored = _stored(booking)
    mine = {name: typed.get(name, "").replace("\r\n", "\n") for name in stored}
    return merge(mine, posted(WAS), stored)


def _fields(booking: Booking) -> list[forms.FieldSpec]:
    """All that the wizard asks; but at the desk only a name has to be there."""
    asked = forms.field_specs(booking.service.questions)
    return [each._replace(required=each.name == "name") for each in asked]


def _stored(booking: Booking) -> Values:
    """What stands in the fields, as it is stored now."""
    contact = {name: getattr(booking, f"customer_{name}") for name in forms.CONTACT}
    return contact | answers.shown_in_fields(booking)


def _typed() -> dict[str, str]:
    return {name: value for name, value in request.form.items() if forms.is_details_field(name)}


def _again(reference: str, typed: Mapping[str, str], status: int, **more: Any) -> tuple[str, int]:
    with read_transaction(current_sidebook().session) as session:
        booking = kept.booking_for(session, reference)
        return _page(session, booking, _merged(booking, typed), **more), status


def _page(
    session: Session,
    booking: Booking,
    merged: Merged,
    *,
    errors: Mapping[str, str] | None = None,
    alerts: Sequence[str] = (),
) -> str:
    zone, fields = kept.zone(session), _filled_in(booking, merged, errors or {})
    return render_page(
        "booking_details",
        heading=_("Details of %(name)s", name=booking.customer_name),
        booking=summary(booking, zone, kept.now()),
        urls=urls_of(booking.reference),
        fields=fields,
        was=marks_of(_stored(booking)),
        errors={
            each.name: forms.summary_message(each, each.error) for each in fields if each.error
        },
        alerts=[*alerts, *written_meanwhile(merged, _labels(fields))],
        mail=current_sidebook().outbox.mail,
    )


def _labels(fields: Sequence[forms.FieldSpec]) -> dict[str, str]:
    """What the fields are called in a sentence: the note's own is a question to the customer."""
    return {each.name: each.label for each in fields} | {"note": _(forms.LABELS["note"])}


def _filled_in(
    booking: Booking, merged: Merged, errors: Mapping[str, str]
) -> list[forms.FieldSpec]:
    """The fields with what stands in them, what is wrong, what others wrote and was answered."""
    before = answers.answered_before(booking)
    return [
        each._replace(
            value=merged.values[each.name],
            error=errors.get(each.name),
            beside=_beside(each, merged.changed.get(each.name), before.get(each.name)),
        )
        for each in _fields(booking)
    ]


def _beside(field: forms.FieldSpec, changed: str | None, before: str | None) -> str:
    said = []
    if changed is not None:
        theirs = Field(field.name, field.label, field.kind, changed=changed).said_by_others
        said.append(_("Somebody else wrote meanwhile: %(text)s", text=theirs))
    if before is not None:
        said.append(_("Answered before: %(text)s", text=before))
    return "\n".join(said)


ROUTES = (
    desk_route("/bookings/<reference>/details", booking_details, roles=EVERYBODY),
    desk_route("/bookings/<reference>/details", mend_booking, roles=EVERYBODY, methods=("POST",)),
)
