"""The review step as its template needs it: every answer, with the way to change it."""

from __future__ import annotations

from typing import Any

from booking.contact.forms import CONTACT, LABELS, field_name
from booking.customer.appointment.presenter import zone_note
from booking.customer.wizard import answers
from booking.customer.wizard.draft import ANY
from booking.customer.wizard.state import WizardState, required
from booking.i18n import gettext as _
from booking.i18n import words
from booking.state import current_sidebook
from booking.web import urls

NOT_SENT = (
    "Other details were typed and not sent. They are under Details; booked is what stands here."
)


def review(here: WizardState) -> dict[str, Any]:
    """The rows, and the two hidden fields by which confirming knows what was confirmed."""
    return {
        "rows": [*_appointment(here), *_customer(here)],
        "idempotency_key": here.number,
        "review_version": here.fingerprint,
        "asks_other_tabs": bool(current_sidebook().settings.tabs_help),
        "notices": [NOT_SENT] if here.draft.typed else [],
    }


def _appointment(here: WizardState) -> list[dict[str, Any]]:
    service, member = required(here.service), required(here.staff_member)
    start, end = required(here.draft.start), required(here.end)
    price = f", {service.price}" if service.price else ""
    chosen = "Chosen for you: you said anyone who is free." if here.draft.staff == ANY else None
    whose_clock = zone_note(start, here.zone, here.shop_zone)
    return [
        _row(here, "Service", service.name, words.duration(service.duration) + price, "service"),
        _row(here, "Person", member.name, chosen, "staff"),
        _row(here, "Time", words.span(start, end, here.zone), whose_clock, "time", "slot"),
    ]


def _customer(here: WizardState) -> list[dict[str, Any]]:
    contact = [(_(LABELS[name]), here.draft.contact.get(name, ""), name) for name in CONTACT]
    found = answers.answered_questions(required(here.service), here.draft.answers)
    asked = ((each["label"], each["value"], field_name(each["key"])) for each in found)
    rows = [*contact[:-1], *asked, contact[-1]]
    return [
        _row(here, label, value or "None given", None, "details", field)
        for label, value, field in rows
    ]


def _row(
    here: WizardState, label: str, value: str, detail: str | None, step: str, field: str = ""
) -> dict[str, Any]:
    """`field` is where changing it begins; the step's own name where that is its only field."""
    change = None if step in here.passed_over else urls.to(step) | {"field": field or step}
    return {"label": label, "value": value, "detail": detail, "change": change}
