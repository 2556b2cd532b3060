"""Behind the letter's link about another time: whoever decides gives it, or the old one stands.

A look changes nothing, and a button decides only about the time that its page has shown.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations.links import DECISION
from booking.operations.pending import lock
from booking.operations.pending_moves import approve_move, decline_move
from booking.operations.requests import AppointmentCancelled, NoPendingMove, SlotUnavailable
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.models import Booking, PendingMove
from booking.storage.pending_moves import pending_move
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.rendering import get_shop, shop_zone

from . import pages, presenter

VERBS = ("confirm", "decline")
OVER = gettext_noop("Nothing was changed: this appointment is as you see it here.")


class AskedAnew(Exception):
    """Raised where another time is asked for by now than the page has shown."""


REFUSED: dict[type[Exception], str] = {
    AppointmentCancelled: OVER,
    NoPendingMove: OVER,
    AskedAnew: gettext_noop(
        "Nothing was changed: another time is asked for by now. It is the one that you see here."
    ),
    SlotUnavailable: gettext_noop(
        "Somebody else has that time now, so it could not be moved. The old time stands."
    ),
}
OUTCOMES = {
    "moved": gettext_noop("It was moved to the time that you see here."),
    "declined": gettext_noop("Another time was declined, and it stays where it is."),
    "taken_back": gettext_noop("Another time is not asked for any more, and it stays where it is."),
    "lapsed": gettext_noop("Nobody decided about another time until then. It stays where it is."),
    "cancelled": gettext_noop("Another time was asked for before."),
}
"""What is said of one that waits no more."""


def asked_by(session: Session, reference: str, token: str) -> tuple[Booking, PendingMove] | None:
    """Return the booking and what was asked of it, where that is the token of its link to decide.

    Raises: LongOver.
    """
    booking = reads.booking_by_reference(session, reference)
    move = booking and pending_move(session, booking.id)
    if not (booking and move and current_sidebook().links.is_token(move.number, DECISION, token)):
        return None
    if booking.ends_at + pages.SHOWN_FOR < pages.now():
        raise pages.LongOver
    return booking, move


def is_about_a_move(reference: str, token: str) -> bool:
    """Return whether that link is one to decide about a move."""
    with read_transaction(current_sidebook().session) as session:
        return asked_by(session, reference, token) is not None


def shown(reference: str, token: str, *, asked: int = 1, alerts: Sequence[str] = ()) -> str:
    """Return the page: what stands, what is asked for, and two buttons while that waits."""
    with read_transaction(current_sidebook().session) as session:
        booking, move = asked_by(session, reference, token) or pages.nowhere()
        now, shop = pages.now(), get_shop(session)
        own, zone = shop_zone(shop), presenter.booking_zone(booking, shop)
        state = booking.state_at(now)
        waits = state == "confirmed" and move.waits_at(now)
        return pages.show(
            "deciding",
            shop,
            scripted=False,
            heading=_heading(state, waits=waits),
            booking=presenter.appointment(booking, shop),
            state=state,
            intro=_to_decide(move, booking, own, zone)
            if waits
            else _(OUTCOMES[move.outcome_at(now) or "taken_back"]),
            people=presenter.people(booking),
            new_start=move.starts_at.strftime(presenter.ISO) if waits else "",
            which=_which(move),
            url=url_for(".decision", reference=reference, token=token),
            marks={verb: presenter.form_mark(token, verb, asked) for verb in VERBS},
            alerts=alerts,
            notices=(),
        )


def answered(reference: str, token: str, verb: str) -> Response | tuple[str, int]:
    """Give the time that was asked for, or let the old one stand: whichever button was pressed."""
    meant, words = pages.take_form(token, verb, pages.MOST), pages.typed_reason()
    which = request.form.get("which", "")

    def work(session: Session) -> None:
        booking, _move = asked_by(session, reference, token) or pages.nowhere()
        lock(session, booking)
        booking, move = asked_by(session, reference, token) or pages.nowhere()
        if booking.state == "confirmed" and move.waits_at(pages.now()):
            if not meant:
                raise pages.NotMeant
            if which != _which(move):
                raise AskedAnew
        _carry_out(session, booking, verb, words)

    try:
        run_in_transaction(current_sidebook().session, work, idempotent=True)
    except pages.NotMeant:
        return shown(reference, token, asked=2, alerts=[_(pages.ONCE_MORE)]), 422
    except tuple(REFUSED) as error:
        return shown(reference, token, alerts=[_(REFUSED[type(error)])]), 409
    return redirect(url_for(".decision", reference=reference, token=token), 303)


def _carry_out(session: Session, booking: Booking, verb: str, words: str) -> None:
    now, outbox = pages.now(), current_sidebook().outbox
    if verb == "confirm":
        approve_move(session, booking, by="owner", now=now, outbox=outbox)
    else:
        decline_move(session, booking, by="owner", now=now, words=words, outbox=outbox)


def _to_decide(move: PendingMove, booking: Booking, own: ZoneInfo, zone: ZoneInfo) -> str:
    return _(
        "The customer asks for %(time)s instead. Decide until %(until)s; after that it stays where "
        "it is:",
        time=presenter.span_with_whom(move, booking, own, zone),
        until=presenter.moment(move.waits_until, own),
    )


def _which(move: PendingMove) -> str:
    return f"{move.starts_at.strftime(presenter.ISO)} {move.staff_member_id}"


def _heading(state: str, *, waits: bool) -> str:
    if waits:
        return _("Another time is asked for")
    cancelled = _("This appointment is cancelled")
    return cancelled if state == "cancelled" else _("The appointment is confirmed")
