"""Taking an answer: the draft changes, and the hold with it, in the request's one transaction.

Each function returns what to tell the customer: the later answers that had to be dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from booking.contact import forms
from booking.customer.appointment import manage_link
from booking.i18n import words
from booking.operations import bookings, holds
from booking.operations.bookings import Customer
from booking.operations.errors import ProofOfWorkRequired, SlotUnavailable, VisitorLimit
from booking.state import current_sidebook
from booking.storage.models import Booking, Hold, Service, StaffMember
from booking.web.visitor import visitor

from . import challenge
from .draft import ANY, slot_value
from .lengthening import at_first, is_used_up, lengthen
from .sentences import MANY_HELD, NOT_HELD
from .state import SlotState, WizardState, allowed, load_state, offering, required, with_slug


def take_service(here: WizardState, service: Service, preferred: str) -> list[str]:
    """The service, and with it `preferred`, a staff member's slug that a link may have brought."""
    draft, staff = here.draft, offering(service)
    had_details = here.details_hold
    dropped = _keep_staff(here, service, staff, preferred)
    draft.service = service.slug
    dropped += _keep_slot(here, service, allowed(staff, draft.staff))
    if had_details and not load_state(here.tab, draft).details_hold:
        dropped.append(f"{service.name} asks something more: please look at your details again.")
    return dropped


def take_staff(here: WizardState, choice: str) -> list[str]:
    """The staff choice: 'any' or a slug that the service's staff has."""
    service = required(here.service)
    here.draft.service, here.draft.staff = service.slug, choice
    return _keep_slot(here, service, allowed(here.staff, choice))


def take_slot(here: WizardState, start: datetime) -> list[str]:
    """The time: held for this tab. Raises SlotUnavailable, VisitorLimit or ProofOfWorkRequired."""
    service = required(here.service)
    here.draft.service = service.slug
    if here.draft.start == start and here.slot_state is SlotState.HELD:
        if here.draft.has_details:
            lengthen(here)
        return []
    made = _hold(here, service, here.candidates, start)
    if not made.is_over(here.tab.now):
        return []
    return [NOT_HELD if is_used_up(made, here) else MANY_HELD]


def hold_longer(here: WizardState) -> None:
    """The chosen time for longer. Raises what `holds.extend` does."""
    settings, start = current_sidebook().settings, here.draft.start
    holds.extend(
        here.tab.session,
        tab_key=required(here.tab.key),
        now=here.tab.now,
        minutes=settings.hold_minutes,
        most=settings.hold_extensions,
        visitor=visitor(),
        proof=challenge.proof(here, start) if start and here.service else None,
    )


def take_details(here: WizardState, form: Any) -> None:
    """Who the customer is, as the checked form has it."""
    draft = here.draft
    draft.contact = {name: form.data[name] for name in forms.CONTACT}
    questions = here.service.questions if here.service else ()
    draft.answers = {each.key: form.data[forms.field_name(each.key)] for each in questions}
    draft.forget_typed()


def confirm(here: WizardState) -> Booking:
    """Everything: the booking is made, once per draft.

    Raises SlotUnavailable when the time was lost, VisitorLimit when its hold ran out and the
    visitor has enough, and AlreadyConfirmed when this draft was confirmed with other answers.
    """
    draft, service = here.draft, required(here.service)
    return bookings.book(
        here.tab.session,
        tab_key=here.tab.key,
        draft=here.number,
        fingerprint=here.fingerprint,
        service=service,
        staff=[required(here.staff_member)],
        start=required(draft.start),
        customer=Customer(**draft.contact, zone=here.zone.key),
        answers=answered_questions(service, draft.answers),
        manage_token_hash=manage_link.token_hash(manage_link.manage_token(here.tab, here.number)),
        now=here.tab.now,
        visitor=visitor(),
    )


def answered_questions(service: Service, answers: Mapping[str, str]) -> list[dict[str, str]]:
    """The service's questions that were answered, as people read them."""
    given = ((each, answers.get(each.key, "")) for each in service.questions)
    return [
        {"key": each.key, "label": each.label, "value": forms.shown_answer(each, value)}
        for each, value in given
        if value
    ]


def _keep_staff(
    here: WizardState, service: Service, staff: Sequence[StaffMember], preferred: str
) -> list[str]:
    draft, slugs = here.draft, {ANY, *(member.slug for member in staff)}
    told = []
    if preferred in slugs:
        draft.staff = preferred
    elif preferred:
        told.append(f"The person you asked for does not offer {service.name}.")
    if not draft.staff and draft.staff_member in slugs:
        draft.staff = draft.staff_member  # the only one there was; now there are others
    if draft.staff not in {"", *slugs}:
        before = with_slug(here.staff, draft.staff)
        told.append(f"{before.name if before else 'Your choice'} does not offer {service.name}.")
        draft.staff = ""
    return told


def _keep_slot(here: WizardState, service: Service, candidates: Sequence[StaffMember]) -> list[str]:
    draft, start = here.draft, here.draft.start
    current = with_slug(candidates, draft.staff_member)
    if start is None or (here.service is service and current is not None):
        return []
    when = words.moment(start, here.zone)
    for staff in ([current] if current else []), candidates:
        if staff and _try_hold(here, service, staff, start):
            return [f"Your time is kept: {when}."]
    holds.release_but_keep_clock(here.tab.session, tab_key=required(here.tab.key), now=here.tab.now)
    draft.forget_slot()
    return [f"{when} could not be kept for this choice, so please choose a time again."]


def _try_hold(
    here: WizardState, service: Service, staff: Sequence[StaffMember], start: datetime
) -> bool:
    try:
        _hold(here, service, staff, start)
    except (SlotUnavailable, VisitorLimit, ProofOfWorkRequired):
        return False
    return True


def _hold(
    here: WizardState, service: Service, staff: Sequence[StaffMember], start: datetime
) -> Hold:
    settings = current_sidebook().settings
    made = holds.hold(
        here.tab.session,
        tab_key=required(here.tab.key),
        service=service,
        staff=staff,
        start=start,
        now=here.tab.now,
        minutes=settings.hold_minutes,
        at_first=at_first(here),
        tab_began=here.tab.began_at,
        extensions=settings.hold_extensions,
        visitor=visitor(),
        proof=challenge.proof(here, start),
    )
    here.draft.slot = slot_value(start)
    here.draft.staff_member = next(
        member.slug for member in staff if member.id == made.staff_member_id
    )
    return made
