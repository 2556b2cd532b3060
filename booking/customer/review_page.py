"""The review step as its template needs it: every answer, with the way to change it."""

from __future__ import annotations

from typing import Any

from . import answers, links, words
from .confirmed import on_whose_clock
from .draft import ANY
from .forms import CONTACT, field_name
from .shop import state
from .standing import Standing, settled

NOT_SENT = (
    "Other details were typed and not sent. They are under Details; booked is what stands here."
)
LABELS = {"name": "Name", "email": "E-mail address", "phone": "Phone number", "note": "Note"}


def review(here: Standing) -> dict[str, Any]:
    """The rows, and the two hidden fields by which confirming knows what was confirmed."""
    return {
        "rows": [*_appointment(here), *_customer(here)],
        "draft": here.number,
        "answers": here.fingerprint,
        "asks_other_tabs": bool(state().settings.tabs_help),
        "notices": [NOT_SENT] if here.draft.typed else [],
    }


def _appointment(here: Standing) -> list[dict[str, Any]]:
    service, member = settled(here.service), settled(here.staff_member)
    start, end = settled(here.draft.start), settled(here.end)
    price = f", {service.price}" if service.price else ""
    chosen = "Chosen for you: you said anyone who is free." if here.draft.staff == ANY else None
    whose_clock = on_whose_clock(start, here.zone, here.shop_zone)
    return [
        _row(here, "Service", service.name, words.duration(service.duration) + price, "service"),
        _row(here, "Person", member.name, chosen, "staff"),
        _row(here, "Time", words.span(start, end, here.zone), whose_clock, "time", "slot"),
    ]


def _customer(here: Standing) -> list[dict[str, Any]]:
    contact = [(LABELS[name], here.draft.contact.get(name, ""), name) for name in CONTACT]
    found = answers.answered_questions(settled(here.service), here.draft.answers)
    asked = ((each["label"], each["value"], field_name(each["key"])) for each in found)
    rows = [*contact[:-1], *asked, contact[-1]]
    return [
        _row(here, label, value or "None given", None, "details", field)
        for label, value, field in rows
    ]


def _row(
    here: Standing, label: str, value: str, detail: str | None, step: str, field: str = ""
) -> dict[str, Any]:
    """`field` is where changing it begins; the step's own name where that is its only field."""
    change = None if step in here.passed_over else links.to(step) | {"field": field or step}
    return {"label": label, "value": value, "detail": detail, "change": change}
