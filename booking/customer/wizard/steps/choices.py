"""The first two steps: which service, and with whom."""

from __future__ import annotations

from typing import Any

from booking.customer.wizard.conflicts import ANYONE
from booking.customer.wizard.draft import ANY
from booking.customer.wizard.state import WizardState, offering
from booking.i18n import words
from booking.storage.models import Service


def service(
    here: WizardState,
    *,
    chosen: str = "",
    preferred_staff: str = "",
    submit_on_load: bool = False,
    error: str = "",
) -> dict[str, Any]:
    """The services on offer; `chosen` is one that is marked before it is posted."""
    marked = chosen or (here.service.slug if here.service else "")
    return {
        "services": [_service(each, marked) for each in here.services],
        "preferred_staff": preferred_staff,
        "submit_on_load": submit_on_load,
        "alerts": _service_alerts(here),
        "errors": {"service": error} if error else {},
    }


def staff(
    here: WizardState, *, chosen: str = "", submit_on_load: bool = False, error: str = ""
) -> dict[str, Any]:
    """Who offers the service, after 'any' of them."""
    marked = chosen or (here.draft.staff if here.candidates else "")
    anyone = {
        "slug": ANY,
        "name": ANYONE,
        "about": f"The most times to choose from: {words.one_of([m.name for m in here.staff])}.",
        "checked": marked == ANY,
    }
    members = [
        {"slug": m.slug, "name": m.name, "about": m.about, "checked": m.slug == marked}
        for m in here.staff
    ]
    return {
        "alerts": _staff_alerts(here),
        "staff": [anyone, *members],
        "submit_on_load": submit_on_load,
        "errors": {"staff": error} if error else {},
    }


def _service(each: Service, marked: str) -> dict[str, Any]:
    return {
        "slug": each.slug,
        "name": each.name,
        "description": each.description,
        "duration_words": words.duration(each.duration),
        "price": each.price,
        "staff_words": f"with {words.one_of([member.name for member in offering(each)])}",
        "checked": each.slug == marked,
    }


def _service_alerts(here: WizardState) -> list[str]:
    if not here.services:
        return ["Nothing can be booked online at the moment. Please get in touch with us."]
    if here.draft.service and here.service is None:
        return ["The service you chose is no longer offered. Please choose another one."]
    return []


def _staff_alerts(here: WizardState) -> list[str]:
    if here.draft.staff and not here.candidates:
        return ["The person you chose can no longer be booked for this. Please choose again."]
    return []
