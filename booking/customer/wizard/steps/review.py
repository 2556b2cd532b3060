"""The review: every answer, with the way to change it; confirming it books."""

from datetime import datetime, timedelta
from typing import Any

from booking.customer.wizard.form_fields import posted
from booking.customer.wizard.fragments import go_on, refuse
from booking.customer.wizard.progress import progress_of, questions, step_named
from booking.customer.wizard.state import WizardState, required
from booking.customer.wizard.texts import (
    ALREADY_CONFIRMED_DIFFERENTLY,
    REVIEW_OUTDATED,
    no_letter,
    please_call,
    slot_unavailable,
    visitor_limit,
)
from booking.i18n import current_language, gettext_noop
from booking.i18n import gettext as _
from booking.operations import bookings
from booking.operations.bookings import Customer
from booking.operations.pending import Pending
from booking.operations.requests import (
    AlreadyConfirmed,
    CustomerBlocked,
    Limit,
    SlotUnavailable,
    VisitorLimit,
)
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.bookings import detach
from booking.storage.models import Booking, Service
from booking.tab_sessions import DeferredResponse, TabSession, TabSessionGone
from booking.web import urls
from booking.web.visitor import visitor

from .base import Row, Step

NOT_SENT = gettext_noop(
    "Other details were typed and not sent. They are under Details; booked is what stands here."
)


class ReviewStep(Step):
    """What will be booked, and the button that books it."""

    name = "review"
    label = gettext_noop("Review")
    heading = gettext_noop("Is everything right?")
    is_question = False
    allow_completed = True

    def context(self, wizard: WizardState) -> dict[str, Any]:
        """Return the rows, and the two hidden fields by which confirming knows what is meant."""
        skipped = {step.name for step in questions() if step.is_skipped(wizard)}
        return {
            "rows": [
                _with_link(row, step, link)
                for step in questions()
                for link in [None if step.name in skipped else urls.to(step.name)]
                for row in step.review(wizard)
            ],
            "idempotency_key": wizard.idempotency_key,
            "review_version": wizard.fingerprint,
            "asks_other_tabs": bool(current_sidebook().settings.tabs_help),
            "notices": [_(NOT_SENT)] if wizard.draft.unsaved_input else [],
        }

    def submit(self, wizard: WizardState) -> DeferredResponse:
        """Book what the review showed: once, however often it is sent."""
        open_step = progress_of(wizard).open_step
        if open_step is not self:
            return refuse(wizard.tab, None, 409, open_step.unanswered(wizard))
        sent = posted("idempotency_key"), posted("review_version")
        if (wizard.idempotency_key, wizard.fingerprint) != sent:
            return refuse(wizard.tab, self, 409, [_(REVIEW_OUTDATED)])
        return self._book(wizard)

    def submit_again(self, tab: TabSession) -> DeferredResponse:
        """Answer who confirms what is confirmed: the same booking once more, if it is the same."""
        booking = reads.booking_by_reference(tab.session, tab.result or "")
        if booking is None or booking.draft != posted("idempotency_key"):
            raise TabSessionGone("completed")
        if booking.fingerprint != posted("review_version"):
            return refuse(tab, None, 409, [_(ALREADY_CONFIRMED_DIFFERENTLY)])
        return tab.render_after_commit(go_on)

    def _book(self, wizard: WizardState) -> DeferredResponse:
        tab = wizard.tab
        try:
            wizard.booked = _make_booking(wizard)
            tab.complete(wizard.booked.reference)
        except SlotUnavailable as lost:
            alerts = [slot_unavailable(lost.reason, wizard.service)]
            return refuse(tab, step_named("time"), 409, alerts, lost=wizard.draft.start)
        except VisitorLimit as reached:
            if reached.limit is Limit.LETTERS:
                return refuse(tab, self, 409, [no_letter(wizard.shop)])
            return refuse(tab, self, 429, [visitor_limit(reached.limit)])
        except CustomerBlocked:
            return refuse(tab, self, 409, [please_call(wizard.shop)])
        except AlreadyConfirmed:
            return refuse(tab, self, 409, [_(REVIEW_OUTDATED)])
        return tab.render_after_commit(go_on, committed=wizard)


def _make_booking(wizard: WizardState) -> Booking:
    """Book everything, once per draft.

    Raises: SlotUnavailable when the time was lost, VisitorLimit when its hold ran out and the
    visitor has enough, and AlreadyConfirmed when this draft was confirmed with other answers.
    """
    draft, tab = wizard.draft, wizard.tab
    service, member = required(wizard.service), required(wizard.staff_member)
    sidebook = current_sidebook()
    link = sidebook.links.new()
    made = bookings.book(
        tab.session,
        tab_key=tab.key,
        idempotency_key=wizard.idempotency_key,
        fingerprint=wizard.fingerprint,
        service=service,
        staff=[member],
        start=required(draft.start),
        customer=Customer(**draft.contact, zone=wizard.zone.key, language=current_language().tag),
        answers=[each for step in questions() for each in step.booking_answers(wizard)],
        manage_token_hash=link.token_hash,
        link_number=link.number,
        now=tab.now,
        visitor=visitor(),
        pending=_pending(service, tab.now),
        savepoint=False,
        outbox=sidebook.outbox,
    )
    return detach(tab.session, made, service, member)


def _pending(service: Service, now: datetime) -> Pending | None:
    """What a booking of this service waits for, and until when; nothing: it is confirmed now."""
    settings = current_sidebook().settings
    if service.confirm_by_mail and settings.mail_url:
        return Pending("mail", now + timedelta(minutes=settings.confirm_minutes))
    if service.approval:
        return Pending("approval", now + timedelta(hours=settings.approval_hours))
    return None


def _with_link(row: Row, step: Step, link: urls.Link | None) -> dict[str, Any]:
    """The row with the link that changes it; a step with one possible answer has none."""
    change = link and link._replace(field=row.field or step.name)
    return {"label": row.label, "value": row.value, "detail": row.detail, "change": change}
