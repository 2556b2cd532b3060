"""Behind the links of letters about what waits: its customer confirms it, or the shop decides.

A look changes nothing, and a button changes it once: a link that was used only shows what is.
"""

from collections.abc import Callable, Sequence

from flask import abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations.links import CONFIRMATION, DECISION, numbers_of
from booking.operations.pending import confirm, decline, lock
from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentConfirmed,
    By,
    SlotUnavailable,
)
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.models import Booking, Shop
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.rendering import get_shop, shop_zone
from booking.web.urls import public_url

from . import deciding, new_address, pages, presenter

BUTTONS = {CONFIRMATION: ("confirm",), DECISION: ("confirm", "decline")}
WAITS_FOR = {CONFIRMATION: "mail", DECISION: "approval"}
OVER = gettext_noop("Nothing was changed: this appointment is as you see it here.")
TAKEN = gettext_noop("Somebody else has this time now, so it could not be confirmed.")
REFUSED: dict[type[Exception], str] = {
    AppointmentCancelled: OVER,
    AppointmentConfirmed: OVER,
    SlotUnavailable: TAKEN,
}


def confirmation(reference: str, token: str) -> str:
    """Show the customer what waits to be confirmed: the appointment, or an address of theirs."""
    if new_address.is_about_one(reference, token):
        return new_address.shown(reference, token)
    return _shown(CONFIRMATION, reference, token)


def decision(reference: str, token: str) -> str:
    """Show the shop what waits for its approval: an appointment, or another time of one."""
    if deciding.is_about_a_move(reference, token):
        return deciding.shown(reference, token)
    return _shown(DECISION, reference, token)


def confirm_it(reference: str, token: str) -> Response | tuple[str, int]:
    """Confirm the appointment, or the address: its customer has read the letter."""
    if new_address.is_about_one(reference, token):
        return new_address.confirmed(reference, token)
    return _answered(CONFIRMATION, reference, token, "confirm")


def decide(reference: str, token: str) -> Response | tuple[str, int]:
    """Approve the appointment or another time of it, or decline: whichever button was pressed."""
    verb = request.args.get("do", "")
    if verb not in BUTTONS[DECISION]:
        abort(404)
    if deciding.is_about_a_move(reference, token):
        return deciding.answered(reference, token, verb)
    return _answered(DECISION, reference, token, verb)


def _answered(purpose: str, reference: str, token: str, verb: str) -> Response | tuple[str, int]:
    meant, words = pages.take_form(token, verb, pages.MOST), pages.typed_reason()

    def work(session: Session) -> None:
        lock(session, _booking(session, purpose, reference, token))
        booking = _booking(session, purpose, reference, token)  # its link may have ended meanwhile
        if booking.state_at(pages.now()) == "pending" and not meant:
            raise pages.NotMeant
        _carry_out(session, booking, purpose, verb, words)

    try:
        run_in_transaction(current_sidebook().session, work, idempotent=True)
    except pages.NotMeant:
        return _shown(purpose, reference, token, asked=2, alerts=[_(pages.ONCE_MORE)]), 422
    except tuple(REFUSED) as error:
        return _shown(purpose, reference, token, alerts=[_(REFUSED[type(error)])]), 409
    return redirect(url_for(f".{purpose}", reference=reference, token=token), 303)


def _carry_out(session: Session, booking: Booking, purpose: str, verb: str, words: str) -> None:
    by: By = "customer" if purpose == CONFIRMATION else "owner"
    now, outbox = pages.now(), current_sidebook().outbox
    if verb == "confirm":
        confirm(session, booking, by=by, now=now, outbox=outbox)
    else:
        decline(session, booking, by=by, now=now, words=words, outbox=outbox)


def _booking(session: Session, purpose: str, reference: str, token: str) -> Booking:
    """The booking whose link that is; 404 where it is none, or LongOver."""
    booking = reads.booking_by_reference(session, reference) or abort(404)
    is_token, numbers = current_sidebook().links.is_token, numbers_of(booking, purpose)
    is_its = any(is_token(number, purpose, token) for number in numbers)
    if not is_its or booking.pending_for != WAITS_FOR[purpose]:
        abort(404)
    if booking.ends_at + pages.SHOWN_FOR < pages.now():
        raise pages.LongOver
    return booking


HEADINGS = {
    "pending": gettext_noop("Not booked yet"),
    "cancelled": gettext_noop("This appointment is cancelled"),
}


def _shown(
    purpose: str, reference: str, token: str, *, asked: int = 1, alerts: Sequence[str] = ()
) -> str:
    with read_transaction(current_sidebook().session) as session:
        booking = _booking(session, purpose, reference, token)
        shop, state = get_shop(session), booking.state_at(pages.now())
        url = url_for(f".{purpose}", reference=reference, token=token)
        return pages.show(
            "waiting",
            shop,
            scripted=False,
            heading=_(HEADINGS.get(state, gettext_noop("The appointment is confirmed"))),
            booking=presenter.appointment(booking, shop),
            state=state,
            intro=INTROS[purpose](booking, shop) if state == "pending" else "",
            lapsed=state == "cancelled" and (booking.cancelled_by or "clock") == "clock",
            people=presenter.people(booking) if purpose == DECISION else (),
            buttons=BUTTONS[purpose] if state == "pending" else (),
            url=url,
            marks={verb: presenter.form_mark(token, verb, asked) for verb in BUTTONS[purpose]},
            manage_url=_manage_url(session, booking) if purpose == CONFIRMATION else "",
            alerts=alerts,
            notices=(),
        )


def _manage_url(session: Session, booking: Booking) -> str:
    token = current_sidebook().links.token(session, booking)
    return public_url(".appointment", token=token) if token else ""


def _to_confirm(booking: Booking, shop: Shop) -> str:
    until = presenter.waits_until(booking, presenter.booking_zone(booking, shop))
    return _("Confirm it until %(until)s, or the time is free for others.", until=until)


def _to_decide(booking: Booking, shop: Shop) -> str:
    until = presenter.waits_until(booking, shop_zone(shop))
    return _("Decide until %(until)s; after that the time is free again.", until=until)


INTROS: dict[str, Callable[[Booking, Shop], str]] = {
    CONFIRMATION: _to_confirm,
    DECISION: _to_decide,
}
