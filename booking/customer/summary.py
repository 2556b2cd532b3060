"""What is settled so far, beside the questions that are still to be answered."""

from __future__ import annotations

from . import words
from .confirmed import on_whose_clock
from .standing import SlotState, Standing


def summary(here: Standing, step: str) -> list[dict[str, str | None]]:
    """Rows for the steps between the first and the review, which repeats everything itself."""
    rows: list[tuple[str, str, str | None]] = []
    if here.service and step in {"staff", "time", "details"}:
        price = f", {here.service.price}" if here.service.price else ""
        rows.append(("Service", here.service.name, words.duration(here.service.duration) + price))
    if here.candidates and step in {"time", "details"}:
        rows.append(("With", _with_whom(here, step), None))
    if step == "details" and here.draft.start and here.end:
        when = words.span(here.draft.start, here.end, here.zone)
        rows.append(("When", when, on_whose_clock(here.draft.start, here.zone, here.shop_zone)))
    return [{"label": label, "value": value, "detail": detail} for label, value, detail in rows]


def _with_whom(here: Standing, step: str) -> str:
    if step == "details" and here.staff_member and here.slot_state is not SlotState.LOST:
        return here.staff_member.name
    only = here.candidates[0].name
    return only if len(here.candidates) == 1 else "Anyone who is free"
