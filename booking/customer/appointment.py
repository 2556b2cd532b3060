"""Behind the manage link: the customer sees the appointment, cancels it, takes it along.

The link's token is the whole permission. What is looked up is its hash, so how long a look-up
takes says nothing about any token.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, abort, make_response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from booking.notifications.calendar_file import calendar_file
from booking.operations import bookings
from booking.operations.errors import AppointmentPast
from booking.storage import reads
from booking.storage.models import Booking
from booking.tab_sessions import (
    read_whole,
    reading,
    refuse_cross_site,
    refuse_too_large,
    settle,
)

from . import confirmed, links
from .hosts import public
from .rendering import render
from .shop import open_shop, state

HEADINGS = {"cancelled": "This appointment is cancelled"}
NOTHING_TO_SAY = 1024  # bytes: the form is one button
BEGUN = "This appointment has begun or is over, so it cannot be cancelled here any more."


def appointment(token: str) -> str:
    """The appointment as it is now."""
    with reading(state().session) as session:
        return _page(session, token, _booking(session, token))


def cancel(token: str) -> AnyResponse | tuple[str, int]:
    """Cancel it; cancelling twice is no mistake."""
    refuse_cross_site(request)
    refuse_too_large(request, NOTHING_TO_SAY)
    read_whole(request)

    def work(session: Session) -> None:
        bookings.cancel(session, _booking(session, token), by="customer", now=_now())

    try:
        settle(state().session, work, repeatable=True)
    except AppointmentPast:
        with reading(state().session) as session:
            return _page(session, token, _booking(session, token), alerts=[BEGUN]), 409
    return redirect(url_for(".appointment", token=token), 303)


def calendar(token: str) -> Response:
    """The appointment as a file that calendars open."""
    with reading(state().session) as session:
        booking = _booking(session, token)
        manage_url = public(".appointment", token=token)
        content = calendar_file(booking, open_shop(session), url=manage_url)
        response = make_response(content)
        response.headers["Content-Type"] = "text/calendar; charset=utf-8; method=PUBLISH"
        name = f"appointment-{booking.reference}.ics"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _page(session: Session, token: str, booking: Booking, **told: Any) -> str:
    shop, url = open_shop(session), url_for(".cancel", token=token)
    is_cancelled = booking.state == "cancelled"
    context: dict[str, Any] = {"alerts": [], "notices": []}
    return render(
        "appointment.html",
        shop,
        heading=HEADINGS.get(booking.state, "Your appointment"),
        booking=confirmed.appointment(booking, shop),
        state=booking.state,
        cancellable=not is_cancelled and booking.starts_at > _now(),
        cancel_url=url,
        calendar_url=url_for(".calendar", token=token),
        **context | told,
    )


def _booking(session: Session, token: str) -> Booking:
    return reads.booking_by_token_hash(session, links.token_hash(token)) or abort(404)


def _now() -> datetime:
    return datetime.now(UTC)
