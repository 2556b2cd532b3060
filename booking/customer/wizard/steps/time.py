"""The time step as its template needs it: a month, the free times of one day, the zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from booking.customer.wizard import challenge
from booking.customer.wizard.draft import slot_value
from booking.customer.wizard.state import SlotState, WizardState, required
from booking.i18n import words
from booking.scheduling.clock import to_minute
from booking.scheduling.days import PartOfDay, part_of_day
from booking.storage import availability
from booking.storage.availability import FreeSlot
from booking.web import urls

from .calendar import ONE_DAY, Calendar

NO_SUM = "Many times are being held just now. Please try again in a moment."
PARTS = {
    PartOfDay.MORNING: "Morning",
    PartOfDay.AFTERNOON: "Afternoon",
    PartOfDay.EVENING: "Evening",
}


def time(
    here: WizardState,
    *,
    day: date | None = None,
    month: date | None = None,
    lost: datetime | None = None,
    chosen: datetime | None = None,
    error: str = "",
    unknown_zone: str = "",
    asks_sum: bool = False,
) -> dict[str, Any]:
    """`day` and `month` (its first) are what a link asked for; `lost` is a start just refused,
    `chosen` one that is marked before it is posted; `asks_sum` where that costs a sum.
    """
    day = chosen.astimezone(here.zone).date() if chosen else day
    shown = Calendar.of(here, day, month, lost)
    asked = challenge.challenge(here, required(chosen)) if asks_sum else None
    unasked = [NO_SUM] if asks_sum and not asked else []
    gone = lost or (here.draft.start if here.slot_state is SlotState.LOST else None)
    return {
        "errors": {k: v for k, v in {"slot": error, "zone": unknown_zone}.items() if v},
        "alerts": _alerts(here, shown, told=lost is not None or bool(error)) + unasked,
        "month": {"label": words.month(shown.first), "weeks": shown.weeks()},
        "previous_month": shown.month_link(shown.first - ONE_DAY),
        "next_month": shown.month_link(shown.last + ONE_DAY),
        "next_free": shown.next_free,
        "day": shown.day.isoformat() if shown.day else "",
        "day_label": words.day(shown.day) if shown.day else "",
        "free_words": words.counted(len(shown.slots), "free time"),
        "parts": _parts(here, shown.slots, chosen or here.draft.start),
        "nearest": _nearest(here, gone) if gone else [],
        "challenge": asked,
        **_zones(here, shown.slots),
    }


def _nearest(here: WizardState, wanted: datetime) -> list[dict[str, str]]:
    found = availability.nearest_free(
        here.tab.session,
        required(here.service),
        here.candidates,
        wanted,
        now=here.tab.now,
        tab_key=here.tab.key,
    )
    return [
        {"value": slot_value(slot.start), "label": words.moment(slot.start, here.zone)}
        for slot in found
    ]


def _parts(
    here: WizardState, slots: list[FreeSlot], marked: datetime | None
) -> list[dict[str, Any]]:
    grouped: dict[PartOfDay, list[dict[str, Any]]] = {part: [] for part in PARTS}
    for slot in slots:
        grouped[part_of_day(to_minute(slot.start), here.zone)].append(_slot(here, slot, marked))
    return [{"label": PARTS[part], "slots": some} for part, some in grouped.items() if some]


def _slot(here: WizardState, slot: FreeSlot, marked: datetime | None) -> dict[str, Any]:
    return {
        "value": slot_value(slot.start),
        "time": words.clock(slot.start, here.zone),
        "end_time": words.clock(slot.end, here.zone),
        "shop_time": words.beside(slot.start, here.zone, here.shop_zone),
        "checked": slot.start == marked,
    }


def _zones(here: WizardState, slots: list[FreeSlot]) -> dict[str, Any]:
    instant = slots[0].start if slots else here.tab.now
    return {
        "zone": here.zone.key,
        "zone_label": words.zone_label(here.zone, instant),
        "zones": sorted({here.zone.key, here.shop_zone.key}),
        "zones_url": urls.address("zones"),
        "shop_zone_label": words.zone_label(here.shop_zone, instant),
        "zones_differ": words.beside(instant, here.zone, here.shop_zone) is not None,
    }


def _alerts(here: WizardState, shown: Calendar, *, told: bool) -> list[str]:
    alerts = []
    told = told or here.is_lost_to_the_original  # the notice of the copy says it
    if here.slot_state is SlotState.LOST and not told and here.draft.start:
        alerts.append(_lost(here, words.moment(here.draft.start, here.zone)))
    if not shown.slots and shown.next_free is None:
        alerts.append("No time is free at the moment. Please get in touch with us.")
    return alerts


def _lost(here: WizardState, when: str) -> str:
    if here.staff_member is None:
        return (
            f"The person your time was with can no longer be booked: {when} is given up. "
            "Please choose a time again; the rest is kept."
        )
    return f"{when} is no longer free. Please choose another time; the rest is kept."
