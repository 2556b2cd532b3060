"""Two tabs of one browser help each other: contact details, and a word about times that overlap.

What passes between them is a one-time reference (`tab_sessions.handover`); a tab that has
nothing to give, and a reference that leads to nothing, are both answered 204 and not a word. A
tab whose appointment is confirmed has no details to give any more: its draft is erased.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from booking.contact import forms
from booking.i18n import words
from booking.state import current_sidebook
from booking.storage import reads
from booking.tab_sessions import DeferredResponse, TabSession, handover
from booking.web.rendering import render

from . import autosave, pages
from .draft import BookingDraft, slot_start, slot_value
from .form_fields import posted, typed_values
from .lengthening import lengthen
from .state import SlotState, WizardState, load_state, required

NOTHING = ("", 204)
HANDED = ("name", "email", "phone")
FILLED = "Filled in from your other booking. Please check that it is right for this one, too."

Answer = DeferredResponse | tuple[Any, ...]


def offer(tab: TabSession, purpose: str) -> Answer:
    """Asked by this tab's own script, for another tab: a reference to what it has, if anything."""
    content = HAVING[purpose](tab) if current_sidebook().settings.tabs_help else {}
    if not content:
        return NOTHING
    return handover.create(tab, purpose, content), 200, {"Content-Type": "text/plain"}


def receive_details(tab: TabSession) -> Answer:
    """Fill in what another tab handed over, unchecked; what stands here already stays."""
    here = load_state(tab)
    if here.right_step("details") != "details":
        return NOTHING
    found = handover.redeem(tab, "details", posted("reference"))
    if not found:
        return NOTHING
    handed = {name: found.get(name, "") for name in HANDED}
    typed = _given(here.draft.typed) | _given(typed_values())
    here.draft.typed = autosave.to_keep(handed | _given(here.draft.contact) | typed)
    here.draft.typed_over = posted("answer_version")
    here.draft.round += 1  # what was being saved meanwhile was typed without them
    lengthen(here)
    here.draft.store(tab.data)
    return tab.render_after_commit(pages.show, "details", notices=[FILLED])


def receive_times(tab: TabSession) -> Answer:
    """Warn where another tab's appointment is at the same time as this one's. Nothing is kept."""
    here = load_state(tab)
    if here.open_step != "review":
        return NOTHING
    other = handover.redeem(tab, "times", posted("reference"))
    if not other or not _overlap(here, *_span(other)):
        return NOTHING
    return tab.render_after_commit(_warning, other)


def contact_details(tab: TabSession) -> dict[str, str]:
    """Name, e-mail and phone as far as this tab knows them; nothing once it is confirmed."""
    draft = BookingDraft.of(tab.data)
    known = _given(draft.contact) | _given(draft.typed)
    return {name: known[name] for name in HANDED if name in known}


def times(tab: TabSession) -> dict[str, str]:
    """When this tab's appointment is and what for: the confirmed one, or the one it is after."""
    if tab.state == "completed":
        booking = reads.booking_by_reference(tab.session, tab.result or "")
        if booking is None or booking.state not in ("pending", "confirmed"):
            return {}
        return _times(booking.starts_at, booking.ends_at, booking.service.name)
    here = load_state(tab)
    if here.slot_state not in {SlotState.HELD, SlotState.OVER}:
        return {}
    return _times(required(here.draft.start), required(here.end), required(here.service).name)


HAVING: dict[str, Callable[[TabSession], Mapping[str, str]]] = {
    "details": contact_details,
    "times": times,
}


def _times(start: datetime, end: datetime, service: str) -> dict[str, str]:
    return {"start": slot_value(start), "end": slot_value(end), "service": service}


def _span(other: Mapping[str, str]) -> tuple[datetime, datetime]:
    return required(slot_start(other["start"])), required(slot_start(other["end"]))


def _overlap(here: WizardState, start: datetime, end: datetime) -> bool:
    return start < required(here.end) and required(here.draft.start) < end


def _warning(tab: TabSession, other: Mapping[str, str]) -> str:
    here = load_state(tab)
    when = words.span(*_span(other), here.zone)
    return render("parts/overlap.html", here.shop, service=other["service"], when=when)


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value and forms.is_details_field(name)}
