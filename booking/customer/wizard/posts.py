"""What POST takes: one answer each. A view writes and names what comes next; the door commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking.contact import forms
from booking.operations.errors import (
    AlreadyConfirmed,
    NoHold,
    NoMoreTime,
    ProofOfWorkRequired,
    SlotUnavailable,
    VisitorLimit,
)
from booking.storage import reads
from booking.tab_sessions import DeferredResponse, TabSession, TabSessionGone
from booking.web.shop import named_zone

from . import answers, autosave, conflicts, pages
from .draft import ANY, iso_day, slot_start
from .form_fields import posted, typed_values
from .lengthening import lengthen
from .sentences import CHANGED, EARLIER, NO_MORE_TIME, OTHERWISE, TIME_LOST, TOO_MUCH, why
from .state import WizardState, load_state, with_slug


def service(tab: TabSession) -> DeferredResponse:
    """The service, and with it perhaps the staff member that a link named."""
    here, preferred = load_state(tab), posted("staff")
    chosen = with_slug(here.services, posted("service"))
    if chosen is None:
        error = "Choose one of the services listed."
        return refuse(tab, "service", 422, error=error, preferred_staff=preferred)
    if differing := conflicts.service_rows(here, posted("answer_version"), chosen):
        return ask_which(tab, "service", differing, chosen=chosen.slug)
    return accept(here, answers.take_service(here, chosen, preferred))


def staff(tab: TabSession) -> DeferredResponse:
    """With whom: 'any' or someone who offers the service."""
    here, choice = load_state(tab), posted("staff")
    if here.service is None:
        return refuse(tab, None, 409, [EARLIER])
    if choice != ANY and with_slug(here.staff, choice) is None:
        return refuse(tab, "staff", 422, error="Choose one of the people listed.")
    if differing := conflicts.staff_rows(here, posted("answer_version"), choice):
        return ask_which(tab, "staff", differing, chosen=choice)
    return accept(here, answers.take_staff(here, choice))


def time(tab: TabSession) -> DeferredResponse:
    """When: the chosen time is held. Or, by its own button, another zone to see the times in."""
    here, start = load_state(tab), slot_start(posted("slot"))
    if not here.candidates:
        return refuse(tab, None, 409, [EARLIER])
    if named_zone(posted("zone")):
        here.draft.zone = posted("zone")
    if posted("change") == "zone":
        return change_zone(here)
    shown: dict[str, Any] = {"zone": here.draft.zone, "day": iso_day(posted("day"))}
    if start is None:
        return refuse(tab, "time", 422, error="Choose a time.", **shown)
    return hold(here, start, shown)


def hold(here: WizardState, start: datetime, shown: dict[str, Any]) -> DeferredResponse:
    """Take that time; `shown` is what the page looked at, to be shown again."""
    differing = conflicts.time_rows(here, posted("answer_version"), start)
    try:
        told = answers.take_slot(here, start)
    except SlotUnavailable as lost:
        alerts = [why(lost.reason, here.service)]
        return refuse(here.tab, "time", 409, alerts, zone=here.draft.zone, lost=start)
    except VisitorLimit as reached:
        return refuse(here.tab, "time", 429, [TOO_MUCH[reached.limit]], **shown)
    except ProofOfWorkRequired:
        if not differing:
            return refuse(here.tab, "time", 428, zone=here.draft.zone, chosen=start, asks_sum=True)
        told = []
    if differing:  # and the time can be had; asking gives the one that is held back its place
        return ask_which(here.tab, "time", differing, zone=here.draft.zone, chosen=start)
    return accept(here, told)


def change_zone(here: WizardState) -> DeferredResponse:
    """The same times on another clock."""
    day = iso_day(posted("day"))
    if not named_zone(posted("zone")):
        error = "Choose one of the zones listed."
        return refuse(here.tab, "time", 422, unknown_zone=error, day=day)
    here.draft.store(here.tab.data)
    return here.tab.render_after_commit(pages.go_on, "time", day=day)


def details(tab: TabSession) -> DeferredResponse:
    """Who is coming, and the service's own questions."""
    here, typed = load_state(tab), typed_values()
    here.draft.round += 1
    form = here.details_form(typed)
    if here.right_step("details") != "details":
        return keep_for_later(here, form, typed)
    values = autosave.filled_in(here, typed)
    lengthen(here)
    if not form.validate():
        autosave.note(here, values, posted("answer_version"))
        return keep(here, 422, "details", values=values, errors=forms.first_messages(form))
    if conflicts.details_rows(here, posted("answer_version"), form):
        autosave.note(here, values, posted("answer_version"))
        return keep(here, 409, "details")
    answers.take_details(here, form)
    return accept(here, [])


def confirm(tab: TabSession) -> DeferredResponse:
    """Book what the review showed: once, however often it is sent."""
    if tab.state == "completed":
        return confirm_again(tab)
    here = load_state(tab)
    if here.open_step != "review":
        return refuse(tab, None, 409, not_yet(here))
    if (here.number, here.fingerprint) != (posted("idempotency_key"), posted("review_version")):
        return refuse(tab, "review", 409, [CHANGED])
    return book(here)


def book(here: WizardState) -> DeferredResponse:
    """The review was sent as it stands: book it."""
    tab = here.tab
    try:
        tab.complete(answers.confirm(here).reference)
    except SlotUnavailable as lost:
        return refuse(tab, "time", 409, [why(lost.reason, here.service)], lost=here.draft.start)
    except VisitorLimit as reached:
        return refuse(tab, "review", 429, [TOO_MUCH[reached.limit]])
    except AlreadyConfirmed:
        return refuse(tab, "review", 409, [CHANGED])
    return tab.render_after_commit(pages.go_on)


def confirm_again(tab: TabSession) -> DeferredResponse:
    """Confirming what is confirmed: the same booking once more, if it is the same."""
    booking = reads.booking_by_reference(tab.session, tab.result or "")
    if booking is None or booking.draft != posted("idempotency_key"):
        raise TabSessionGone("completed")
    if booking.fingerprint != posted("review_version"):
        return refuse(tab, None, 409, [OTHERWISE])
    return tab.render_after_commit(pages.go_on)


def more_time(tab: TabSession) -> DeferredResponse:
    """Hold the chosen time for longer; only the countdown is answered."""
    if tab.state == "new":
        return tab.render_after_commit(pages.show_hold, TIME_LOST, status=409)
    try:
        answers.hold_longer(load_state(tab))
    except VisitorLimit as reached:
        return tab.render_after_commit(pages.show_hold, TOO_MUCH[reached.limit], status=429)
    except NoMoreTime:
        return tab.render_after_commit(pages.show_hold, NO_MORE_TIME, status=409)
    except ProofOfWorkRequired:
        return tab.render_after_commit(pages.show_hold, status=428, asks_sum=True)
    except (NoHold, SlotUnavailable):
        return tab.render_after_commit(pages.show_hold, TIME_LOST, status=409)
    return tab.render_after_commit(pages.show_hold)


def keep_other(tab: TabSession, step: str) -> DeferredResponse:
    """Of two answers the one that is stored: what was typed over it goes."""
    here = load_state(tab)
    if step == "details":
        here.draft.forget_typed()
        here.draft.round += 1
        lengthen(here)
    return accept(here, [])


def accept(here: WizardState, told: list[str]) -> DeferredResponse:
    """The answer holds: save it and go on."""
    here.draft.store(here.tab.data)
    return here.tab.render_after_commit(pages.go_on, notices=told)


def refuse(
    tab: TabSession, step: str | None, status: int, alerts: list[str] | None = None, **extra: Any
) -> DeferredResponse:
    """The answer does not hold: save nothing, and show that step (or the open one) again."""
    extra |= {"alerts": alerts or [], "answer_version": posted("answer_version")}
    return tab.render_after_commit(pages.show, step, status=status, **extra)


def ask_which(
    tab: TabSession, step: str, differing: conflicts.Rows, **extra: Any
) -> DeferredResponse:
    """Another answer was stored since the form was rendered: show both, and let choose."""
    return tab.render_after_commit(pages.show, step, status=409, differing=differing, **extra)


def keep(here: WizardState, status: int, step: str | None, **extra: Any) -> DeferredResponse:
    """The answer does not hold, but what was typed is kept: a refresh shows it again."""
    here.draft.store(here.tab.data)
    return here.tab.render_after_commit(pages.show, step, status=status, commit=True, **extra)


def keep_for_later(here: WizardState, form: Any, typed: dict[str, str]) -> DeferredResponse:
    """Details that came before their turn, or when the time was lost meanwhile."""
    answer_version = posted("answer_version")
    if here.service and form.validate() and not conflicts.details_rows(here, answer_version, form):
        answers.take_details(here, form)
    else:
        here.draft.typed, here.draft.typed_over = autosave.to_keep(typed), answer_version
    return keep(here, 409, None, alerts=[] if here.draft.slot else [EARLIER])


def not_yet(here: WizardState) -> list[str]:
    """Why there is nothing to confirm; the steps up to the time say themselves what was lost."""
    draft = here.draft
    before = {"service": draft.service, "staff": draft.staff, "time": draft.slot}
    if here.open_step == "details" and draft.contact:
        return [CHANGED]
    return [] if before.get(here.open_step) else [EARLIER]


BY_STEP = {"service": service, "staff": staff, "time": time, "details": details}
