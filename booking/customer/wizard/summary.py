"""What is settled so far: in words beside the question, and in fields that its form carries."""

from __future__ import annotations

from booking.customer.appointment.presenter import zone_note
from booking.i18n import words

from .state import SlotState, WizardState
from .step_names import STEPS


def summary(here: WizardState, step: str) -> list[dict[str, str | None]]:
    """Rows for the steps between the first and the review, which repeats everything itself."""
    rows: list[tuple[str, str, str | None]] = []
    if here.service and step in {"staff", "time", "details"}:
        price = f", {here.service.price}" if here.service.price else ""
        rows.append(("Service", here.service.name, words.duration(here.service.duration) + price))
    if here.candidates and step in {"time", "details"}:
        rows.append(("With", _with_whom(here, step), None))
    if step == "details" and here.draft.start and here.end:
        when = words.span(here.draft.start, here.end, here.zone)
        rows.append(("When", when, zone_note(here.draft.start, here.zone, here.shop_zone)))
    return [{"label": label, "value": value, "detail": detail} for label, value, detail in rows]


def recovery_fields(here: WizardState, step: str) -> dict[str, str]:
    """The answers to the questions before that step, by the names of their fields.

    Nobody reads them before the tab is over: then its draft is erased, and they are all there is
    to begin the next one with.
    """
    draft, place = here.draft, STEPS.index(step)
    service = here.service.slug if here.service else ""
    earlier = [("service", service), ("staff", draft.staff), ("slot", draft.slot)][:place]
    if step in {"details", "review"}:
        earlier.append(("zone", draft.zone))
    if step == "review":
        earlier += draft.accepted_values().items()
    return {name: value for name, value in earlier if value}


def _with_whom(here: WizardState, step: str) -> str:
    if step == "details" and here.staff_member and here.slot_state is not SlotState.LOST:
        return here.staff_member.name
    only = here.candidates[0].name
    return only if len(here.candidates) == 1 else "Anyone who is free"
