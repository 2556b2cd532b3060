"""Behind the link of the letter that asks another address whether it is the customer's.

A look changes nothing, and the button changes it once: a link that was used only shows what is.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import abort, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.operations.links import CONFIRMATION
from booking.operations.new_address import confirm_address, waits_until
from booking.operations.pending import lock
from booking.operations.requests import AppointmentCancelled, AppointmentPast, TooLate
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.letter_reads import AskedAddress, asked_addresses
from booking.storage.models import Booking, Shop
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.rendering import get_shop
from booking.web.urls import public_url

from . import pages, presenter

VERB = "confirm-address"
OVER = gettext_noop("Nothing was changed.")
NOT_CHANGED = (AppointmentCancelled, AppointmentPast, TooLate)
Asked = tuple[Booking, AskedAddress]


def is_about_one(reference: str, token: str) -> bool:
    """Return whether that link to confirm something is one that an address was asked by."""
    with read_transaction(current_sidebook().session) as session:
        return _asked(session, reference, token) is not None


def shown(reference: str, token: str, *, asked: int = 1, alerts: Sequence[str] = ()) -> str:
    """Show which address is asked, of which appointment, and the button while that is of use."""
    with read_transaction(current_sidebook().session) as session:
        booking, address = _asked(session, reference, token) or abort(404)
        shop = get_shop(session)
        is_theirs = address.is_to(booking.customer_email)
        # Whoever was asked by mistake, or is the customer no more, does not follow its changes.
        is_asked = address.waits_at(pages.now()) and booking.starts_at > pages.now()
        is_let_in = is_theirs or is_asked
        waits = is_let_in and not is_theirs and booking.state == "confirmed"
        return pages.show(
            "new_address",
            shop,
            scripted=False,
            booking=presenter.appointment(booking, shop),
            state=booking.state,
            is_let_in=is_let_in,
            waits=waits,
            url=url_for(".confirmation", reference=reference, token=token),
            sure=presenter.form_mark(token, VERB, asked),
            manage_url=_manage_url(session, booking) if is_theirs else "",
            alerts=alerts,
            notices=(),
            **_words(booking, address, shop, is_theirs=is_theirs, is_let_in=is_let_in),
        )


def confirmed(reference: str, token: str) -> Response | tuple[str, int]:
    """Let the address be the customer's: whoever has it has read the letter."""
    meant = pages.take_form(token, VERB, pages.MOST)

    def work(session: Session) -> None:
        _confirm(session, reference, token, meant=meant)

    try:
        run_in_transaction(current_sidebook().session, work, idempotent=True)
    except pages.NotMeant:
        return shown(reference, token, asked=2, alerts=[_(pages.ONCE_MORE)]), 422
    except NOT_CHANGED:
        return shown(reference, token, alerts=[_(OVER)]), 409
    return redirect(url_for(".confirmation", reference=reference, token=token), 303)


def _confirm(session: Session, reference: str, token: str, *, meant: bool) -> None:
    booking, _address = _asked(session, reference, token) or abort(404)
    lock(session, booking)
    booking, address = _asked(session, reference, token) or abort(404)  # it may be void by now
    if not meant and not address.is_to(booking.customer_email):
        raise pages.NotMeant
    sidebook = current_sidebook()
    renew = partial(sidebook.links.renew, by=token)
    confirm_address(session, booking, address, now=pages.now(), renew=renew, outbox=sidebook.outbox)


def _asked(session: Session, reference: str, token: str) -> Asked | None:
    """The booking and the address whose link that is; LongOver where it was long ago."""
    booking = reads.booking_by_reference(session, reference)
    if booking is None:
        return None
    # Also one that is not asked any more: its link says so.
    is_token = current_sidebook().links.is_token
    asked = asked_addresses(session, booking.id)
    address = next(
        (each for each in asked if is_token(each.message_id.encode(), CONFIRMATION, token)), None
    )
    if address is None:
        return None
    if booking.ends_at + pages.SHOWN_FOR < pages.now():
        raise pages.LongOver
    return booking, address


def _words(
    booking: Booking, address: AskedAddress, shop: Shop, *, is_theirs: bool, is_let_in: bool
) -> dict[str, Any]:
    if not is_let_in:
        intro = _("It was not confirmed in time, so letters go where they went before.")
        return {"heading": _("The address was not changed"), "intro": intro}
    email = presenter.shortened(address.recipient)
    if booking.state == "cancelled":
        return {"heading": _("This appointment is cancelled"), "intro": ""}
    if is_theirs:
        intro = _("Letters about this appointment go to %(email)s now.", email=email)
        return {"heading": _("The address is confirmed"), "intro": intro}
    zone = presenter.booking_zone(booking, shop)
    until = formats.format_moment(waits_until(address), zone)
    intro = _(
        "Letters about this appointment go to %(email)s once you confirm it, until %(until)s.",
        email=email,
        until=until,
    )
    return {"heading": _("Is this your e-mail address?"), "intro": intro}


def _manage_url(session: Session, booking: Booking) -> str:
    token = current_sidebook().links.token(session, booking)
    return public_url(".appointment", token=token) if token else ""
