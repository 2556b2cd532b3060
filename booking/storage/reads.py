"""One named question each. None of them writes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from booking.scheduling.clock import DAY, from_minute, to_minute
from booking.scheduling.intervals import Interval
from booking.storage.bookings import Booking, Hold
from booking.storage.bookings import hold as holds
from booking.storage.business import Service, Shop, StaffMember
from booking.storage.catalogue import read_catalogue


def shop(session: Session) -> Shop | None:
    """The business; None before one was loaded."""
    return read_catalogue(session).shop


def shop_zone(session: Session) -> ZoneInfo:
    """The zone in which the shop's own days are counted; UTC before a shop was loaded."""
    return read_catalogue(session).zone


def services(session: Session) -> Sequence[Service]:
    """What can be booked: not retired, offered by somebody who is not; in the shop's order."""
    return read_catalogue(session).services


def service_by_slug(session: Session, slug: str) -> Service | None:
    """The service of that slug, retired or not."""
    return session.scalar(select(Service).where(Service.slug == slug))


def staff_by_slug(session: Session, slug: str) -> StaffMember | None:
    """The staff member of that slug, retired or not."""
    return session.scalar(select(StaffMember).where(StaffMember.slug == slug))


def booking_by_reference(session: Session, reference: str) -> Booking | None:
    """The booking a customer names; small letters and spaces are forgiven."""
    written = "".join(reference.split()).upper()
    return session.scalar(_bookings().where(Booking.reference == written))


def booking_by_draft(session: Session, draft: str) -> Booking | None:
    """The booking that came of that draft."""
    return session.scalar(_bookings().where(Booking.draft == draft))


def booking_by_token_hash(session: Session, token_hash: bytes) -> Booking | None:
    """The booking whose manage link carries a token of that SHA-256."""
    return session.scalar(_bookings().where(Booking.manage_token_hash == token_hash))


def bookings_between(session: Session, first: datetime, last: datetime) -> Sequence[Booking]:
    """Bookings in any state that start at `first` or later and before `last`, in order of time."""
    query = (
        _bookings()
        .where(Booking.starts_at >= first.astimezone(UTC), Booking.starts_at < last.astimezone(UTC))
        .order_by(Booking.starts_at, Booking.id)
    )
    return session.scalars(query).all()


def is_sold(session: Session, staff_member_id: int, span: Interval, *, besides: int | None) -> bool:
    """Whether a booking stands in that span (minutes, UTC, buffers included), claimed or not."""
    near = select(
        Booking.starts_at, Booking.ends_at, Booking.buffer_before, Booking.buffer_after
    ).where(
        Booking.staff_member_id == staff_member_id,
        Booking.starts_at > from_minute(span[0] - 2 * DAY),  # longer than any of them
        Booking.starts_at < from_minute(span[1] + DAY),
        Booking.state != "cancelled",
    )
    if besides is not None:
        near = near.where(Booking.id != besides)
    return any(
        to_minute(starts) - before < span[1] and to_minute(ends) + after > span[0]
        for starts, ends, before, after in session.execute(near)
    )


def hold_of(session: Session, tab_key: int | None, *, lock: bool = False) -> Hold | None:
    """The hold of that tab, whether or not its time ran out; `lock` keeps others off it."""
    if tab_key is None:
        return None
    query = select(holds).where(holds.c.tab_session_id == tab_key)
    if lock:
        query = query.with_for_update()
    row = session.execute(query).mappings().one_or_none()
    return Hold(**row) if row else None


def _bookings() -> Select[Booking]:
    return select(Booking).options(joinedload(Booking.service), joinedload(Booking.staff_member))
