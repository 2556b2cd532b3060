"""What is settled so far, beside the questions that are still to be answered."""

from __future__ import annotations

from . import words
from .standing import SlotState, Standing


def summary(here: Standing, step: str) -> list[dict[str, str]]:
    """Rows for the steps between the first and the review, which repeats everything itself."""
    rows: list[tuple[str, str]] = []
    if here.service and step in {"staff", "time", "details"}:
        price = f", {here.service.price}" if here.service.price else ""
        about = f"{here.service.name}, {words.duration(here.service.duration)}{price}"
        rows.append(("Service", about))
    if here.candidates and step in {"time", "details"}:
        rows.append(("With", _with_whom(here, step)))
    if step == "details" and here.draft.start and here.end:
        rows.append(("When", words.span(here.draft.start, here.end, here.zone)))
    return [{"label": label, "value": value} for label, value in rows]


def _with_whom(here: Standing, step: str) -> str:
    if step == "details" and here.staff_member and here.slot_state is not SlotState.LOST:
        return here.staff_member.name
    only = here.candidates[0].name
    return only if len(here.candidates) == 1 else "anyone who is free"
