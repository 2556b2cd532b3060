"""Behind the manage link: the customer sees the appointment, cancels it, takes it along."""

from flask import Response, make_response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.notifications.calendar_file import CONTENT_TYPE, calendar_file
from booking.operations import bookings
from booking.state import current_sidebook
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.rendering import get_shop
from booking.web.urls import public_url

from . import pages

ONCE_MORE = gettext_noop(
    "Nothing is cancelled yet. Please press the button once more if that is what you want."
)


def appointment(token: str) -> str:
    """Show the appointment as it is now."""
    with read_transaction(current_sidebook().session) as session:
        booking, done = pages.booking_of(session, token), request.args.get("done", "")
        notices = [_(pages.DONE[done])] if pages.is_so(session, booking, done) else []
        return pages.appointment_page(session, token, booking, notices=notices)


def cancel(token: str) -> AnyResponse | tuple[str, int]:
    """Cancel it, if the page itself asks for it; cancelling twice is no mistake."""
    meant, words = pages.take_form(token, "cancel", pages.MOST), pages.typed_reason()

    def work(session: Session) -> None:
        _cancel(session, token, words, meant=meant)

    try:
        run_in_transaction(current_sidebook().session, work, idempotent=True)
    except pages.NotMeant:
        return pages.shown_again(token, asked=2, words=words, alerts=[_(ONCE_MORE)]), 422
    except pages.NOT_CHANGED as error:
        return pages.refused(token, error)
    return pages.lead_to(token)


def no_longer_asked(token: str) -> AnyResponse:
    """Lead who opens the cancellation's own address to the appointment."""
    return pages.lead_to(token)


def calendar(token: str) -> Response:
    """Return the appointment as a file that calendars open."""
    with read_transaction(current_sidebook().session) as session:
        booking = pages.booking_of(session, token)
        url = public_url(".appointment", token=token)
        sender = current_sidebook().settings.mail_from
        file = calendar_file(
            booking,
            get_shop(session),
            url=url,
            now=pages.now(),
            organizer=sender.address if sender else "",
        )
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Content-Disposition": f'attachment; filename="appointment-{booking.reference}.ics"',
        }
        return make_response((file, headers))


def _cancel(session: Session, token: str, words: str, *, meant: bool) -> None:
    booking = pages.booking_to_change(session, token)
    if pages.offers_of(session, booking).may_cancel and not meant:
        raise pages.NotMeant
    now, outbox = pages.now(), current_sidebook().outbox
    bookings.cancel(session, booking, by="customer", now=now, words=words, outbox=outbox)
    pages.keep_uid(booking, token)
