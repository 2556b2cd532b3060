"""What the manage link's pages share: whose it is, whether a form is meant, how one is shown.

The link's token is the whole permission. What is looked up is its hash, so how long a look-up
takes says nothing about any token.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

from flask import abort, make_response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import Gone
from werkzeug.wrappers import Response

from booking.characters import has_towers, is_unprintable
from booking.contact.validators import LINE_BREAKS, many_lines
from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.notifications.calendar_file import uid
from booking.now import utc_now
from booking.operations.links import token_hash
from booking.operations.pending import lock
from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentPast,
    ChangedTooOften,
    NeedsApproval,
    TooLate,
)
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking, Shop
from booking.storage.pending_moves import pending_move
from booking.tab_sessions import (
    read_transaction,
    read_whole,
    refuse_cross_site,
    refuse_too_large,
)
from booking.web.rendering import get_shop, is_by_htmx, render
from booking.web.urls import public_url

from . import presenter
from .offers import Offers

SHOWN_FOR = timedelta(days=30)  # after its end; then whoever finds the link learns nothing by it
MOST = 8 * 1024  # bytes of a form with a reason in letters of four bytes, each written as twelve
REASON_LENGTH = 500
"""Characters of a reason; of more, the first."""
ONCE_MORE = gettext_noop(
    "Nothing is changed yet. Please press the button once more if that is what you want."
)
REFUSED: dict[type[Exception], str] = {
    AppointmentPast: gettext_noop(
        "This appointment has begun or is over, so it cannot be cancelled or changed here any more."
    ),
    AppointmentCancelled: gettext_noop(
        "This appointment is not confirmed, so there is nothing to change."
    ),
    NeedsApproval: gettext_noop(
        "Another time needs our approval by now, so your appointment stays as it is. Ask for it "
        "once more."
    ),
    TooLate: gettext_noop(
        "It is too late to do that here. Nothing was changed: please get in touch with us."
    ),
    ChangedTooOften: gettext_noop(
        "This appointment was changed so often that it can only be changed with us now. "
        "Please get in touch."
    ),
}
"""Why nothing was changed, by what an operation raised; each is answered with 409."""
NOT_CHANGED = tuple(REFUSED)
DONE = {
    "moved": gettext_noop("Your appointment is moved. This is your new time."),
    "asked": gettext_noop("You asked for another time. Your appointment is not moved yet."),
    "taken-back": gettext_noop("Your appointment stays where it is."),
    "mended": gettext_noop("Your details are changed."),
    "address": gettext_noop(
        "Your details are changed. This page has a new address: the earlier links do not work "
        "any more."
    ),
    "address-asked": gettext_noop(
        "We have written to your new address. Press the button in that letter, and it takes over. "
        "Until then letters go to the one of before. All else is changed."
    ),
}
"""What is said once after a change, by the word in the address."""


class NotMeant(Exception):
    """Raised where what asks for a change did not come from the form of our page."""


class LongOver(Gone):
    """410: so long ago that the link shows nothing personal any more."""


def nowhere() -> NoReturn:
    """Answer 404: the link leads to nothing."""
    abort(404)


def now() -> datetime:
    """Return this instant."""
    return utc_now()


def booking_of(session: Session, token: str) -> Booking:
    """Return the booking that the link leads to; 404 where there is none, or LongOver."""
    booking = reads.booking_by_token_hash(session, token_hash(token)) or abort(404)
    if booking.ends_at + SHOWN_FOR < now():
        raise LongOver
    return booking


def booking_to_change(session: Session, token: str) -> Booking:
    """Return the same, kept from others: a link that ends while it is used changes nothing."""
    lock(session, booking_of(session, token))
    return booking_of(session, token)


def offers_of(session: Session, booking: Booking) -> Offers:
    """Return what may be done with it now."""
    catalogue, move = read_catalogue(session), pending_move(session, booking.id)
    return Offers.of(booking, catalogue, now(), move)


def is_so(session: Session, booking: Booking, done: str) -> bool:
    """Return whether what an address says was done can still be so: it may be an old one."""
    offers, must_wait = offers_of(session, booking), {"asked": True, "taken-back": False}
    waits = offers.waiting is not None
    return done in DONE and offers.may_mend and must_wait.get(done, waits) == waits


def take_form(token: str, verb: str, most: int) -> bool:
    """Read a form of at most so many bytes; return whether our page's own was sent, by a browser.

    Programs that look into letters send the forms they find, and no browser's headers with them:
    they are asked a second time.
    """
    _refuse_other_sites()
    refuse_too_large(request, most)
    read_whole(request)
    by_browser = "Sec-Fetch-Site" in request.headers or "Origin" in request.headers
    enough = (1, 2) if by_browser else (2,)
    return request.form.get("sure") in [presenter.form_mark(token, verb, asked) for asked in enough]


def _refuse_other_sites() -> None:
    # A page that tells nobody its address sends its forms with "Origin: null", where a browser
    # sends no Sec-Fetch-Site. Those carry the mark of the page, which no other site knows.
    if "Sec-Fetch-Site" in request.headers or request.headers.get("Origin") != "null":
        refuse_cross_site(request)


def typed_reason() -> str:
    """Return the reason that was typed, cut, and without what cannot be printed.

    Nobody is to mend a farewell; PostgreSQL takes no NUL, and no terminal a control character.
    """
    typed = many_lines(request.form.get("words", "")[: 2 * REASON_LENGTH])
    text = "".join(each for each in typed if each in LINE_BREAKS or not is_unprintable(each))
    return "" if has_towers(text) else text[:REASON_LENGTH].strip()


def lead_to(token: str, done: str = "") -> Response:
    """Answer with the way to the appointment's page, which says what was done, if anything was."""
    url = url_for(".appointment", token=token, done=done or None)
    if is_by_htmx() and request.method == "POST":
        return make_response("", {"HX-Redirect": url})
    return redirect(url, 303)


def keep_uid(booking: Booking, token: str) -> None:
    """Write down what calendars know it by, where a booking of before has none."""
    booking.calendar_uid = uid(booking, public_url(".appointment", token=token))


def show(name: str, shop: Shop, *, scripted: bool, heading: str, **context: Any) -> str:
    """Return that fragment, in a page of its own unless htmx asks; `scripted`: with our scripts."""
    context |= {"heading": heading, "progress": (), "copy": None, "hold": None, "back": None}
    fragment = f"_{name}.html"
    if is_by_htmx():
        return render(fragment, shop, **context)
    page = {"fragment": f"booking/{fragment}", "scripted": scripted}
    return render("appointment.html", shop, **page, **context)


def refused(token: str, error: Exception) -> tuple[str, int]:
    """Answer 409 with the appointment as it is, why nothing was changed, and whom to call."""
    return shown_again(token, alerts=[_(REFUSED[type(error)])], in_person=True), 409


def shown_again(token: str, **more: Any) -> str:
    """Return the appointment's page once more; `more` is for `appointment_page`."""
    with read_transaction(current_sidebook().session) as session:
        return appointment_page(session, token, booking_of(session, token), **more)


def appointment_page(
    session: Session,
    token: str,
    booking: Booking,
    *,
    asked: int = 1,
    words: str = "",
    alerts: Sequence[str] = (),
    notices: Sequence[str] = (),
    in_person: bool = False,
) -> str:
    """Return the appointment as it is now, and what it offers.

    `asked` says how often it has asked whether to cancel, this time included, `words` what was
    given as a reason; `in_person` shows telephone and address beside the alerts.
    """
    shop, offers = get_shop(session), offers_of(session, booking)
    zone = presenter.booking_zone(booking, shop)
    headings = {
        "cancelled": _("This appointment is cancelled"),
        "pending": _("Not booked yet"),
    }
    return show(
        "appointment",
        shop,
        scripted=False,
        heading=headings.get(offers.state, _("Your appointment")),
        waits_for=presenter.what_it_waits_for(booking, shop) if offers.state == "pending" else "",
        other_time=presenter.other_time(offers.waiting, booking, shop),
        lapsed=booking.has_lapsed(offers.now) or booking.cancelled_by == "clock",
        booking=presenter.appointment(booking, shop),
        state=offers.state,
        is_open=offers.is_open,
        may_move=offers.may_move,
        is_asked_for=offers.is_asked_for,
        may_mend=offers.may_mend,
        may_cancel=offers.may_cancel,
        again_url=offers.again(),
        rules=offers.rules(zone),
        cancelled_by=booking.cancelled_by,
        reason=booking.cancel_reason,
        cancel_url=url_for(".cancel", token=token),
        move_url=url_for(".appointment_time", token=token),
        mend_url=url_for(".appointment_details", token=token),
        calendar_url=url_for(".calendar", token=token),
        sure=presenter.form_mark(token, "cancel", asked),
        take_back_url=url_for(".take_back", token=token),
        take_back_sure=presenter.form_mark(token, "take-back", asked),
        asked=asked,
        words=words,
        alerts=alerts,
        notices=notices,
        in_person=in_person,
    )
