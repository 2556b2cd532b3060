"""The page of one appointment: all that is known of it, and what can be done."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from booking.contact.stored import STATES
from booking.i18n import formats
from booking.i18n import gettext as _
from booking.notifications.places import own_place_of
from booking.operations.attendance import may_note
from booking.operations.changes import OVER
from booking.operations.details import may_mend
from booking.operations.history import entries_of
from booking.operations.letter_again import may_write_again
from booking.operations.requests import Attendance
from booking.operations.undo import to_undo
from booking.owner.access import EVERYBODY, OWNER, RECEPTION, current_person
from booking.owner.desk_route import desk_route
from booking.owner.rendering import render_page
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.history import Entry, notes_of
from booking.storage.letter_reads import Listed, newest_letters
from booking.storage.models import Booking
from booking.storage.outbox import WAITING
from booking.storage.pending_moves import waiting_move
from booking.tab_sessions import read_transaction

from . import kept, series_words, wording
from .answers import in_words

MOST_LETTERS = 50
NOUNS = (
    *("time", "details", "cancellation", "attendance"),
    *("notes", "letters", "decision", "undo"),
)
"""What a booking has addresses of its own for."""


def booking(reference: str) -> str:
    """Show the appointment as it is now."""
    return shown(reference)


def shown(reference: str, **more: Any) -> str:
    """Return the page; `more` is for `page_of`."""
    with read_transaction(current_sidebook().session) as session:
        return page_of(session, kept.booking_for(session, reference), **more)


def page_of(
    session: Session,
    booking: Booking,
    *,
    alerts: Sequence[str] = (),
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    """Return the page with what was refused: `alerts`, messages by field, and what was typed."""
    now, zone = kept.now(), reads.shop_zone(session)
    entries = entries_of(session, booking, now)
    letters = newest_letters(session, most=MOST_LETTERS, only_failed=False, booking_id=booking.id)
    return render_page(
        "booking",
        heading=_(
            "%(service)s for %(name)s", service=booking.service.name, name=booking.customer_name
        ),
        booking=summary(booking, zone, now),
        urls=urls_of(booking.reference) | _places(booking, zone),
        can=_offers(booking, now),
        series=series_words.others(session, booking, zone),
        asked=_asked(session, booking, now, zone),
        last=_last(booking, entries, letters, zone),
        entries=[wording.line_of(each, zone) for each in entries],
        letters=[wording.sent_of(each.letter, zone) for each in letters],
        notes=[
            {"text": each.text, "author": each.author, "when": _moment(each.moment, zone)}
            for each in notes_of(session, booking.id)
        ],
        mail=current_sidebook().outbox.mail,
        alerts=alerts,
        errors=dict(errors or {}),
        typed={"note": "", "words": "", "decision_words": "", **(typed or {})},
    )


def summary(booking: Booking, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return what is known of the appointment itself, in words."""
    start, end, state = booking.starts_at, booking.ends_at, booking.state_at(now)
    return {
        "reference": booking.reference,
        "seen": booking.changes,
        "repeats": booking.series is not None,
        "state": state,
        "state_words": _(STATES[state]),
        "span": formats.format_span(start, end, zone),
        "time": formats.format_time_range(start, end, zone),
        "day": formats.format_day(start.astimezone(zone)),
        "iso_day": start.astimezone(zone).date().isoformat(),
        "service": booking.service.name,
        "price": booking.service.price,
        "place": own_place_of(booking.service),
        "staff": booking.staff_member.name,
        "customer": booking.customer_name,
        "email": booking.customer_email,
        "phone": booking.customer_phone,
        "note": booking.customer_note,
        "reason": booking.cancel_reason,
        "answers": [(each["label"], in_words(each["value"])) for each in booking.answers],
        "until": wording.moment(booking.pending_until, zone) if booking.pending_until else "",
        "waits_for": booking.pending_for if state == "pending" else "",
    }


def urls_of(reference: str) -> dict[str, str]:
    """Return where its page is, and what is done to it is sent to."""
    found = {name: url_for(f".booking_{name}", reference=reference) for name in NOUNS}
    return {"page": url_for(".booking", reference=reference), **found}


def _places(booking: Booking, zone: ZoneInfo) -> dict[str, str]:
    """Return where its day, its customer and its letters are; empty: nowhere, for whoever looks."""
    number, reference = booking.customer_id, booking.reference
    day = booking.starts_at.astimezone(zone).date()
    sees_letters = current_person().role in (OWNER, RECEPTION)
    return {
        "day": url_for(".agenda", day=day, view="day"),
        "customer": "" if number is None else url_for(".customer_page", number=number),
        "all_letters": url_for(".letters", about=reference) if sees_letters else "",
    }


def _offers(booking: Booking, now: datetime) -> dict[str, bool]:
    """What may be done now."""
    state = booking.state_at(now)
    is_to_come = booking.starts_at > now and state in ("pending", "confirmed")
    has_place = state in ("confirmed", *OVER)
    return {
        "move": is_to_come and state == "confirmed",
        "cancel": is_to_come,
        "mend": is_to_come and may_mend(booking),
        "decide": is_to_come and state == "pending",
        "say_came": has_place and state != "completed" and _may(booking, Attendance.CAME, now),
        "say_missed": has_place and state != "no_show" and _may(booking, Attendance.NO_SHOW, now),
        "forget": state in OVER,
        "write_again": may_write_again(booking, now),
    }


def _may(booking: Booking, attended: Attendance, now: datetime) -> bool:
    return may_note(booking, attended, now)


def _asked(
    session: Session, booking: Booking, now: datetime, zone: ZoneInfo
) -> dict[str, Any] | None:
    """Another time that its customer has asked for, and until when that waits."""
    move = waiting_move(session, booking.id, now) if booking.state == "confirmed" else None
    if move is None:
        return None
    span = formats.format_span(move.starts_at, move.ends_at, zone)
    return {
        "time": _("%(time)s with %(staff)s", time=span, staff=move.staff_member.name),
        "until": _moment(move.waits_until, zone),
        "may_confirm": kept.may_be_with(booking, move.staff_member_id),
    }


def _last(
    booking: Booking, entries: Sequence[Entry], letters: Sequence[Listed], zone: ZoneInfo
) -> dict[str, Any] | None:
    """What was done here last, if it can be undone, and when its letters leave."""
    entry = to_undo(entries)
    if entry is None:
        return None
    sequence, since = entry.details.get("sequence"), entry.at
    its = [one.letter for one in letters if one.letter.sequence == sequence]
    its = [one for one in its if one.created_at >= since and one.kind != "reminder"]
    has_left = any(one.tries for one in its)
    waits = [one.due_at for one in its if one.state == WAITING]
    return {
        "entry": entry.id,
        "line": wording.line_of(entry, zone),
        "has_left": has_left,
        "may_undo": kept.may_be_with(
            booking, entry.details.get("before", {}).get("staff_member_id")
        ),
        "leaves": wording.moment(min(waits), zone) if waits else "",
    }


def _moment(instant: datetime, zone: ZoneInfo) -> str:
    return formats.format_moment(instant, zone)


ROUTES = (desk_route("/bookings/<reference>", booking, roles=EVERYBODY),)
