"""Behind the manage link: the customer sees the appointment, cancels it, takes it along.

The link's token is the whole permission. What is looked up is its hash, so how long a look-up
takes says nothing about any token.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from flask import Response, abort, make_response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import Gone
from werkzeug.wrappers import Response as AnyResponse

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.notifications.calendar_file import CONTENT_TYPE, calendar_file, uid
from booking.operations import bookings
from booking.operations.links import token_hash
from booking.operations.requests import AppointmentPast
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.models import Booking
from booking.tab_sessions import (
    read_transaction,
    read_whole,
    refuse_cross_site,
    refuse_too_large,
    run_in_transaction,
)
from booking.web.rendering import get_shop, render
from booking.web.urls import public_url

from . import presenter

NOTHING_TO_SAY = 1024  # bytes: the form is one button
BEGUN = gettext_noop(
    "This appointment has begun or is over, so it cannot be cancelled here any more."
)
ONCE_MORE = gettext_noop(
    "Nothing is cancelled yet. Please press the button once more if that is what you want."
)
SHOWN_FOR = timedelta(days=30)  # after its end; then whoever finds the link learns nothing by it


class NotMeant(Exception):
    """Raised where what asks to cancel did not come from the form of our page."""


class LongOver(Gone):
    """410: so long ago that the link shows nothing personal any more."""


def appointment(token: str) -> str:
    """Show the appointment as it is now."""
    with read_transaction(current_sidebook().session) as session:
        return _page(session, token, _booking(session, token))


def cancel(token: str) -> AnyResponse | tuple[str, int]:
    """Cancel it, if the page itself asks for it; cancelling twice is no mistake."""
    _refuse_other_sites()
    refuse_too_large(request, NOTHING_TO_SAY)
    read_whole(request)
    meant = _is_meant(token)
    try:
        run_in_transaction(
            current_sidebook().session,
            lambda session: _cancel(session, token, meant=meant),
            idempotent=True,
        )
    except NotMeant:
        return _shown_again(token, _(ONCE_MORE)), 422
    except AppointmentPast:
        return _shown_again(token, _(BEGUN)), 409
    return redirect(url_for(".appointment", token=token), 303)


def no_longer_asked(token: str) -> AnyResponse:
    """Lead who opens the cancellation's own address to the appointment."""
    return redirect(url_for(".appointment", token=token), 303)


def calendar(token: str) -> Response:
    """Return the appointment as a file that calendars open."""
    with read_transaction(current_sidebook().session) as session:
        booking = _booking(session, token)
        url = public_url(".appointment", token=token)
        sender = current_sidebook().settings.mail_from
        file = calendar_file(
            booking,
            get_shop(session),
            url=url,
            now=_now(),
            organizer=sender.address if sender else "",
        )
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Content-Disposition": f'attachment; filename="appointment-{booking.reference}.ics"',
        }
        return make_response((file, headers))


def _refuse_other_sites() -> None:
    # A page that tells nobody its address sends its forms with "Origin: null", where a browser
    # sends no Sec-Fetch-Site. Those carry the mark of the page, which no other site knows.
    if "Sec-Fetch-Site" in request.headers or request.headers.get("Origin") != "null":
        refuse_cross_site(request)


def _is_meant(token: str) -> bool:
    """Whether the form of our page was sent, by a browser; software is asked a second time.

    Programs that look into letters send the forms they find, and no browser's headers with them.
    """
    by_browser = "Sec-Fetch-Site" in request.headers or "Origin" in request.headers
    enough = (1, 2) if by_browser else (2,)
    return request.form.get("sure") in [presenter.cancel_mark(token, asked) for asked in enough]


def _cancel(session: Session, token: str, *, meant: bool) -> None:
    booking = _booking(session, token)
    if _is_cancellable(booking) and not meant:
        raise NotMeant
    bookings.cancel(session, booking, by="customer", now=_now(), outbox=current_sidebook().outbox)
    booking.calendar_uid = uid(booking, public_url(".appointment", token=token))


def _is_cancellable(booking: Booking) -> bool:
    return booking.state != "cancelled" and booking.starts_at > _now()


def _shown_again(token: str, alert: str) -> str:
    with read_transaction(current_sidebook().session) as session:
        return _page(session, token, _booking(session, token), asked=2, alerts=[alert])


def _page(
    session: Session, token: str, booking: Booking, *, asked: int = 1, alerts: Sequence[str] = ()
) -> str:
    """The page; `asked` says how often it has asked whether to cancel, this time included."""
    shop, url = get_shop(session), url_for(".cancel", token=token)
    is_cancelled = booking.state == "cancelled"
    return render(
        "appointment.html",
        shop,
        heading=_("This appointment is cancelled") if is_cancelled else _("Your appointment"),
        booking=presenter.appointment(booking, shop),
        state=booking.state,
        cancellable=_is_cancellable(booking),
        cancel_url=url,
        sure=presenter.cancel_mark(token, asked),
        asked=asked,
        calendar_url=url_for(".calendar", token=token),
        alerts=alerts,
        notices=[],
    )


def _booking(session: Session, token: str) -> Booking:
    booking = reads.booking_by_token_hash(session, token_hash(token)) or abort(404)
    if booking.ends_at + SHOWN_FOR < _now():
        raise LongOver
    return booking


def _now() -> datetime:
    return datetime.now(UTC)
