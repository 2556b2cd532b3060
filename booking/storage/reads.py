"""One named question each. None of them writes."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.scheduling.clock import DAY, Interval, from_minute, to_minute
from booking.transactions.statements import connection_of

from .base import ask_once
from .bookings import Booking, Hold
from .bookings import booking as bookings
from .bookings import hold as holds
from .business import Service, Shop, StaffMember
from .catalogue import read_catalogue

LONGEST = timedelta(days=2)
"""No appointment lasts that long."""


def shop(session: Session) -> Shop | None:
    """Return the business; None before one was loaded."""
    return read_catalogue(session).shop


def shop_zone(session: Session) -> ZoneInfo:
    """Return the zone in which the shop's own days are counted; UTC before a shop was loaded."""
    return read_catalogue(session).zone


def services(session: Session) -> Sequence[Service]:
    """List what can be booked, in the shop's order: not retired, offered by somebody who is not."""
    return read_catalogue(session).services


def service_by_slug(session: Session, slug: str) -> Service | None:
    """Return the service of that slug, retired or not."""
    return session.scalar(select(Service).where(Service.slug == slug))


def staff_by_slug(session: Session, slug: str) -> StaffMember | None:
    """Return the staff member of that slug, retired or not."""
    return session.scalar(select(StaffMember).where(StaffMember.slug == slug))


def booking_by_reference(session: Session, reference: str) -> Booking | None:
    """Return the booking a customer names; small letters and what parts them are forgiven."""
    written = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", reference))).upper()
    return session.scalar(_BY_REFERENCE, {"reference": written})


def booking_by_draft(session: Session, draft: str) -> Booking | None:
    """Return the booking that came of that draft."""
    return booking_or_reference(session, draft, "")[0]


def booking_or_reference(
    session: Session, draft: str, reference: str
) -> tuple[Booking | None, bool]:
    """Return the booking that came of that draft, and whether any has that reference."""
    asked = {"draft": draft, "reference": reference}
    found = {row.draft: row.id for row in connection_of(session).execute(_EITHER, asked)}
    made = session.scalar(_BY_ID, {"booking": found.pop(draft)}) if draft in found else None
    return made, bool(found)


def booking_by_token_hash(session: Session, token_hash: bytes) -> Booking | None:
    """Return the booking whose manage link carries a token of that SHA-256."""
    return session.scalar(_BY_TOKEN_HASH, {"token_hash": token_hash})


def bookings_between(session: Session, first: datetime, last: datetime) -> Sequence[Booking]:
    """Return bookings of which a part lies from `first` on and before `last`, by their start.

    In any state. One that is under way at `first` is among them, one that ends just then is not.
    """
    query = (
        _bookings()
        .where(
            Booking.starts_at > first.astimezone(UTC) - LONGEST,  # where the index begins
            Booking.ends_at > first.astimezone(UTC),
            Booking.starts_at < last.astimezone(UTC),
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    return session.scalars(query).all()


def bookings_like(
    session: Session, booking: Booking, *, width: str = "visitor", now: datetime
) -> Sequence[Booking]:
    """Return appointments to come of the same visitor or network, as far as marks still tell.

    `width` is one of WIDTHS. The given one is among them if it is to come; nobody's mark is like
    nobody's.
    """
    column = bookings.c[width]
    query = (
        _bookings()
        .where(column == getattr(booking, width), column.is_not(None))
        .where(Booking.state.in_(("pending", "confirmed")), Booking.starts_at > now)
        .order_by(Booking.starts_at, Booking.id)
    )
    return session.scalars(query).all()


def has_booking_within(
    session: Session, staff_member_id: int, span: Interval, *, besides: int | None
) -> bool:
    """Tell whether a booking stands in that span (minutes, UTC, with buffers), claimed or not."""
    values = {
        "member": staff_member_id,
        "first": from_minute(span[0] - 2 * DAY),  # longer than any of them
        "end": from_minute(span[1] + DAY),
        "own": -1 if besides is None else besides,
    }
    return any(
        to_minute(starts) - before < span[1] and to_minute(ends) + after > span[0]
        for starts, ends, before, after in connection_of(session).execute(_NEAR, values)
    )


def hold_of(session: Session, tab_key: int | None, *, lock: bool = False) -> Hold | None:
    """Return the hold of that tab, whether or not its time ran out; `lock` keeps others off it."""
    if tab_key is None:
        return None
    connection, query = connection_of(session), _HOLD_TO_CHANGE if lock else _HOLD

    def ask() -> Hold | None:
        row = connection.execute(query, {"tab": tab_key}).one_or_none()
        return Hold(*row) if row else None

    return ask_once(session, connection, ("hold", tab_key), ask)


def _bookings() -> Select[Booking]:
    return select(Booking).options(joinedload(Booking.service), joinedload(Booking.staff_member))


# Built once: building a statement takes several times as long as running it.
_HOLD = select(holds).where(holds.c.tab_session_id == bindparam("tab"))
_HOLD_TO_CHANGE = _HOLD.with_for_update()
_EITHER = select(bookings.c.draft, bookings.c.id).where(
    or_(bookings.c.draft == bindparam("draft"), bookings.c.reference == bindparam("reference"))
)
_BY_ID = _bookings().where(Booking.id == bindparam("booking"))
_BY_REFERENCE = _bookings().where(Booking.reference == bindparam("reference"))
_BY_TOKEN_HASH = _bookings().where(Booking.manage_token_hash == bindparam("token_hash"))
_NEAR = select(
    bookings.c.starts_at, bookings.c.ends_at, bookings.c.buffer_before, bookings.c.buffer_after
).where(
    bookings.c.staff_member_id == bindparam("member"),
    bookings.c.starts_at > bindparam("first"),
    bookings.c.starts_at < bindparam("end"),
    bookings.c.state != "cancelled",
    bookings.c.id != bindparam("own"),
)
