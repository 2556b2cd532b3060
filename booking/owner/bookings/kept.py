"""A booking as whoever is at the desk may see it, and how it is changed by them."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import abort, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import gettext_noop
from booking.now import utc_now
from booking.operations.outbox import Outbox
from booking.operations.pending import lock
from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentPast,
    AppointmentPending,
    Kept,
    NoPendingMove,
    NothingToSend,
    NotYet,
    SlotUnavailable,
    UndoRefused,
)
from booking.operations.series import SeriesClashes
from booking.owner.access import current_person, may_see
from booking.owner.forms import is_posted, posted
from booking.scheduling.slots import Reason
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.models import Booking
from booking.tab_sessions import run_in_transaction


class ChangedMeanwhile(Exception):
    """Raised where a form shows an appointment that somebody has changed since."""


class GivenAway(Exception):
    """Raised where an appointment would be somebody else's, who is nobody to give it to."""


REFUSED: dict[type[Exception], str] = {
    ChangedMeanwhile: gettext_noop(
        "Somebody has changed this appointment meanwhile, so nothing was done. Look at what is now."
    ),
    GivenAway: gettext_noop(
        "It would be with a colleague then, so an owner or the reception does that. "
        "Nothing was changed."
    ),
    AppointmentPast: gettext_noop(
        "It has begun or is over, so it can no longer be moved or cancelled."
    ),
    AppointmentCancelled: gettext_noop("It is cancelled, so nothing was done."),
    AppointmentPending: gettext_noop("It is not confirmed yet. Decide about that first."),
    AppointmentConfirmed: gettext_noop(
        "It is confirmed already, so it cannot be declined. It can be cancelled."
    ),
    NoPendingMove: gettext_noop("Nobody waits for another time any more. It stands as it was."),
    NotYet: gettext_noop("It is too early to say who came."),
    SeriesClashes: gettext_noop(
        "Not all of the series can be had there, so nothing was moved. In the way is:"
    ),
    NothingToSend: gettext_noop(
        "There is no letter to send: no address, or letters of this kind are turned off."
    ),
}
UNDONE_NOT = {
    Kept.CHANGED: gettext_noop(
        "Something else was done since, so this can no longer be undone. Nothing was changed."
    ),
    Kept.TOLD: gettext_noop(
        "A letter is on its way already, so it cannot be undone. Nothing was changed."
    ),
    Kept.ENDED: gettext_noop(
        "It would have waited no longer by now, so it cannot be undone. Nothing was changed."
    ),
}
NOT_FREE = {
    Reason.TAKEN: gettext_noop("That time is taken by now. Nothing was changed."),
    Reason.LIMIT: gettext_noop("That day is full by now. Nothing was changed."),
    Reason.PAST: gettext_noop("That time has passed. Nothing was changed."),
    Reason.TOO_FAR: gettext_noop("That is too far ahead. Nothing was changed."),
    Reason.TOO_SOON: gettext_noop("That is too soon. Nothing was changed."),
    Reason.CLOSED: gettext_noop("It cannot begin at that time. Nothing was changed."),
}
NOT_DONE: tuple[type[Exception], ...] = (*REFUSED, UndoRefused, SlotUnavailable)


def why_not(error: Exception) -> str:
    """Return why nothing was changed, in English, to be translated."""
    if isinstance(error, UndoRefused):
        return UNDONE_NOT[error.why]
    if isinstance(error, SlotUnavailable):
        return NOT_FREE[error.reason]
    return REFUSED[type(error)]


def booking_for(session: Session, reference: str) -> Booking:
    """Return that booking; 404 where there is none, or it is none of the person's business."""
    booking = reads.booking_by_reference(session, reference)
    if booking is None or not may_see(current_person(), booking):
        abort(404)
    return booking


def booking_to_change(session: Session, reference: str) -> Booking:
    """Return the same, kept from others, as it was shown.

    Raises: ChangedMeanwhile where the form that was sent shows another state of it.
    """
    lock(session, booking_for(session, reference))
    booking = booking_for(session, reference)
    if (seen := posted("seen")) and seen != str(booking.changes):
        raise ChangedMeanwhile
    return booking


def change(reference: str, work: Callable[[Session, Booking], object]) -> Response:
    """Do that to the booking, in one transaction, and lead to its page.

    Raises: what `booking_to_change` and the work raise; GivenAway where it would be none of the
    person's business afterwards.
    """

    def whole(session: Session) -> str:
        booking = booking_to_change(session, reference)
        work(session, booking)
        if not may_see(current_person(), booking):
            raise GivenAway
        return booking.reference

    done = run_in_transaction(current_sidebook().session, whole, idempotent=True)
    return lead_to(done)


def may_be_with(booking: Booking, staff_member_id: int | None) -> bool:
    """Tell whether whoever is there may let it be with that staff member (None: where it is)."""
    stays = staff_member_id in (None, booking.staff_member_id)
    return stays or not current_person().sees_only_own


def lead_to(reference: str) -> Response:
    """Answer with the way to the booking's page."""
    return redirect(url_for(".booking", reference=reference), 303)


def outbox() -> Outbox:
    """Return what is sent of what is done here: later, and as the form says."""
    return current_sidebook().desk_outbox.silenced(silent=is_posted("without_letter"))


def only_with() -> str | None:
    """Return with whom alone this person may change appointments (a slug); None: with anybody."""
    person = current_person()
    return person.staff_slug if person.sees_only_own else None


def actor() -> str:
    """Return whose name stands in the history."""
    return current_person().name


def now() -> datetime:
    """Return this instant."""
    return utc_now()


def zone(session: Session) -> ZoneInfo:
    """Return the shop's zone: at the desk all times are on its clock."""
    return reads.shop_zone(session)
