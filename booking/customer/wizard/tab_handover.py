"""Two tabs of one browser help each other: contact details, and a word about times that overlap.

What passes between them is a one-time reference (`tab_sessions.handover`); a tab that has
nothing to give, and a reference that leads to nothing, are both answered 204 and not a word. A
tab whose appointment is confirmed has no details to give any more: its draft is erased.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from booking.contact import forms
from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.state import current_sidebook
from booking.storage import reads
from booking.tab_sessions import DeferredResponse, TabSession, handover
from booking.web.rendering import render

from . import fragments
from .autosave import truncate
from .form_fields import posted, typed_values
from .holds import prolong
from .progress import is_reached, progress_of, step_named
from .state import (
    BookingDraft,
    SlotState,
    WizardState,
    load_state,
    required,
    slot_start,
    slot_value,
)

NOTHING = ("", 204)
SHARED_FIELDS = ("name", "email", "phone")
FILLED = gettext_noop(
    "Filled in from your other booking. Please check that it is right for this one, too."
)

Answer = DeferredResponse | tuple[Any, ...]


def create_share(tab: TabSession, purpose: str) -> Answer:
    """POST /handover/<purpose>/offer: a one-time token for this tab's data; 204 if it has none."""
    content = SHAREABLE[purpose](tab) if current_sidebook().settings.tabs_help else {}
    if not content:
        return NOTHING
    return handover.create(tab, purpose, content), 200, {"Content-Type": "text/plain"}


def accept_details(tab: TabSession) -> Answer:
    """Fill in what another tab handed over, unchecked; what this one has already stays."""
    wizard = load_state(tab)
    if not is_reached(wizard, step_named("details")):
        return NOTHING
    typed = handover.redeem(tab, "details", posted("reference"))
    if not typed:
        return NOTHING
    _fill_in(wizard.draft, typed)
    prolong(wizard)
    wizard.draft.store(tab.data)
    return tab.render_after_commit(fragments.show, "details", notices=[_(FILLED)])


def accept_times(tab: TabSession) -> Answer:
    """Warn where another tab's appointment is at the same time as this one's. Nothing is kept."""
    wizard = load_state(tab)
    if progress_of(wizard).open_step.is_question:
        return NOTHING
    other = handover.redeem(tab, "times", posted("reference"))
    if not other or not _overlap(wizard, *_span(other)):
        return NOTHING
    return tab.render_after_commit(_warning, other)


def contact_details(tab: TabSession) -> dict[str, str]:
    """Name, e-mail and phone as far as this tab knows them; nothing once it is confirmed."""
    draft = BookingDraft.of(tab.data)
    known = _given(draft.contact) | _given(draft.unsaved_input)
    return {name: known[name] for name in SHARED_FIELDS if name in known}


def times(tab: TabSession) -> dict[str, str]:
    """When this tab's appointment is and what for: the confirmed one, or the one it is after."""
    if tab.state == "completed":
        booking = reads.booking_by_reference(tab.session, tab.result or "")
        if booking is None or booking.state_at(tab.now) == "cancelled":
            return {}
        return _times(booking.starts_at, booking.ends_at, booking.service.name)
    wizard = load_state(tab)
    if wizard.slot_state not in {SlotState.HELD, SlotState.OVER}:
        return {}
    return _times(required(wizard.draft.start), required(wizard.end), required(wizard.service).name)


SHAREABLE: dict[str, Callable[[TabSession], Mapping[str, str]]] = {
    "details": contact_details,
    "times": times,
}


def _fill_in(draft: BookingDraft, shared: Mapping[str, str]) -> None:
    """Put the other tab's details where this one has none yet."""
    values = {name: shared.get(name, "") for name in SHARED_FIELDS} | _given(draft.contact)
    values |= _given(draft.unsaved_input) | _given(typed_values())
    draft.unsaved_input = truncate(values)
    draft.unsaved_base_version = posted("answer_version")
    draft.details_revision += 1  # what was being saved meanwhile was typed without them


def _times(start: datetime, end: datetime, service: str) -> dict[str, str]:
    return {"start": slot_value(start), "end": slot_value(end), "service": service}


def _span(other: Mapping[str, str]) -> tuple[datetime, datetime]:
    return required(slot_start(other["start"])), required(slot_start(other["end"]))


def _overlap(wizard: WizardState, start: datetime, end: datetime) -> bool:
    return start < required(wizard.end) and required(wizard.draft.start) < end


def _warning(tab: TabSession, other: Mapping[str, str]) -> str:
    wizard = load_state(tab)
    when = formats.format_span(*_span(other), wizard.zone)
    return render("parts/overlap.html", wizard.shop, service=other["service"], when=when)


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value and forms.is_details_field(name)}
