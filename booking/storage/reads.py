"""One named question each, which days and times are free among them. None of them writes.

What is asked of the calendar takes a constant number of queries, whatever the number of staff
members, bookings and days.
"""

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Text, bindparam, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.addresses import is_same_address
from booking.scheduling.clock import DAY, Interval, day_interval, from_minute, local_day, to_minute
from booking.scheduling.slots import each_day, nearest
from booking.transactions.statements import FixedStatement, connection_of

from .base import ask_once
from .bookings import STANDING, Booking, Hold
from .bookings import booking as bookings
from .bookings import hold as holds
from .business import Service, Shop, StaffMember
from .catalogue import Catalogue, read_catalogue, rules_of
from .outbox import manage_link
from .snapshot import AvailabilitySnapshot, load_snapshot, within

LONGEST = timedelta(days=2)
"""No appointment lasts that long."""


def shop(session: Session) -> Shop | None:
    """Return the business; None before one was loaded."""
    return read_catalogue(session).shop


def shop_of_any_version(session: Session) -> Shop | None:
    """Return the business with what tables of every version have of it, and nothing else."""
    row = session.execute(_SHOP_OF_ANY_VERSION).mappings().first()
    return Shop(**row) if row else None


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


def coming_bookings(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the ids of confirmed bookings to come, by their start."""
    coming = select(Booking.id).where(Booking.state == "confirmed", Booking.starts_at > now)
    return session.scalars(coming.order_by(Booking.starts_at)).all()


def booking_by_reference(session: Session, reference: str) -> Booking | None:
    """Return the booking a customer names; small letters and what parts them are forgiven."""
    written = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", reference))).upper()
    return session.scalar(_BY_REFERENCE, {"reference": written})


def bookings_of_day(
    session: Session, staff: Collection[int], day: date, zone: ZoneInfo
) -> Sequence[Booking]:
    """List the confirmed bookings with these people that begin on that day of the zone's."""
    first, end = map(from_minute, day_interval(day, zone))
    query = (
        select(Booking)
        .where(
            Booking.staff_member_id.in_(staff),
            Booking.starts_at >= first,
            Booking.starts_at < end,
            Booking.state == "confirmed",
        )
        .options(joinedload(Booking.service))
    )
    return session.scalars(query.order_by(Booking.starts_at)).all() if staff else ()


def coming_of_address(
    session: Session, address: str, *, now: datetime, most: int
) -> Sequence[Booking]:
    """Return up to `most` bookings to come of a customer's address, by their start.

    Confirmed, or waiting to be. Only ASCII's capitals are forgiven: what else a database takes for
    one letter, a mail server may take for two, and somebody else has the other address.
    """
    values = {"address": address, "now": now.astimezone(UTC), "most": most}
    found = session.scalars(_OF_ADDRESS, values | {"now_seconds": int(now.timestamp())})
    return [each for each in found if is_same_address(each.customer_email, address)]


def booking_by_token_hash(session: Session, token_hash: bytes) -> Booking | None:
    """Return the booking one of whose manage links carries a token of that SHA-256."""
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
        .where(*STANDING)
        .order_by(Booking.starts_at, Booking.id)
    )
    return session.scalars(query, {"now_seconds": int(now.timestamp())}).all()


def has_booking_within(
    session: Session, staff_member_id: int, span: Interval, *, now: datetime, besides: int | None
) -> bool:
    """Tell whether a booking stands in that span (minutes, UTC, with buffers), claimed or not."""
    values = {
        "now_seconds": int(now.timestamp()),
        "member": staff_member_id,
        "first": from_minute(span[0] - 2 * DAY),  # longer than any of them
        "end": from_minute(span[1] + DAY),
        "own": -1 if besides is None else besides,
    }
    return any(
        to_minute(starts) - before < span[1] and to_minute(ends) + after > span[0]
        for starts, ends, before, after in _NEAR.rows(session, values)
    )


def hold_of(session: Session, tab_key: int | None, *, lock: bool = False) -> Hold | None:
    """Return the hold of that tab, whether or not its time ran out; `lock` keeps others off it."""
    if tab_key is None:
        return None

    def ask() -> Hold | None:
        rows = (_HOLD_TO_CHANGE if lock else _HOLD).rows(session, {"tab": tab_key})
        return Hold(*rows[0]) if rows else None

    return ask_once(session, connection_of(session), ("hold", tab_key), ask)


def _bookings() -> Select[Booking]:
    return select(Booking).options(joinedload(Booking.service), joinedload(Booking.staff_member))


_SHOP_OF_ANY_VERSION = select(
    Shop.name, Shop.phone, Shop.email, Shop.address, Shop.zone, Shop.about
)
# Built once: building a statement takes several times as long as running it.
_OF_TAB = select(holds).where(holds.c.tab_session_id == bindparam("tab"))
_HOLD, _HOLD_TO_CHANGE = FixedStatement(_OF_TAB), FixedStatement(_OF_TAB.with_for_update())
_BY_REFERENCE = _bookings().where(Booking.reference == bindparam("reference"))
_OF_ADDRESS = (
    _bookings()
    .where(
        func.lower(bookings.c.customer_email) == func.lower(bindparam("address", type_=Text)),
        bookings.c.starts_at > bindparam("now"),
        bookings.c.state.in_(("pending", "confirmed")),
        *STANDING,
    )
    .order_by(bookings.c.starts_at, bookings.c.id)
    .limit(bindparam("most"))
)
# As a value, or PostgreSQL would look through all bookings.
_ANOTHER_LINK = select(manage_link.c.booking_id).where(
    manage_link.c.token_hash == bindparam("token_hash")
)
_BY_TOKEN_HASH = _bookings().where(
    or_(
        Booking.manage_token_hash == bindparam("token_hash"),
        Booking.id == _ANOTHER_LINK.scalar_subquery(),
    )
)
_NEAR = FixedStatement(
    select(
        bookings.c.starts_at, bookings.c.ends_at, bookings.c.buffer_before, bookings.c.buffer_after
    ).where(
        bookings.c.staff_member_id == bindparam("member"),
        bookings.c.starts_at > bindparam("first"),
        bookings.c.starts_at < bindparam("end"),
        *STANDING,
        bookings.c.id != bindparam("own"),
    )
)


_DAYS_AT_A_TIME = 14
_REACHES = (2 * DAY, 14 * DAY)  # how far round a lost time we look first


@dataclass(frozen=True)
class FreeSlot:
    """An appointment that can be had: aware UTC datetimes, no buffers."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class DayAvailability:
    """One day of the customer's calendar. `starts` are minutes since the epoch, UTC, in order.

    `open`: some appointment would start that day if nothing was taken. Open without starts means
    full, past, too soon or too far ahead. `duration` is the service's, in minutes.
    """

    day: date
    open: bool
    starts: tuple[int, ...]
    duration: int

    @property
    def slots(self) -> list[FreeSlot]:
        """The day's free times, each once, whoever has them free."""
        return [_free_slot(start, self.duration) for start in self.starts]


@dataclass(frozen=True)
class Diary:
    """What these staff have free for that service, as whoever has the hold `own` sees it.

    Own holds are in nobody's way, over or not; None for who holds nothing. Nor is what the
    booking has that is about to be moved; where it is already, it is not to be moved to. It is one
    look: what it has `looked` at once, by spans in minutes, it does not read again.
    """

    session: Session
    catalogue: Catalogue
    service: Service
    staff: Sequence[StaffMember]
    now: datetime
    own: Hold | None = None
    moving: Booking | None = None
    looked: dict[Interval, AvailabilitySnapshot] = field(default_factory=dict)

    def days(self, first: date, last: date, zone: ZoneInfo) -> dict[date, DayAvailability]:
        """Return every day from `first` to `last` (both included) of the customer's `zone`."""
        span = day_interval(first, zone)[0], day_interval(last, zone)[1]
        snapshot = self._snapshot(span)
        # Both of one member before the next: they begin with the same remembered starts.
        both = [(snapshot.free(one, span), snapshot.offered(one, span)) for one in self.staff]
        free = sorted({start for starts, _ in both for start in starts} - self._stays)
        offered, length = [starts for _, starts in both], snapshot.rules.duration
        return {day: _day(free, offered, day, zone, length) for day in each_day(first, last)}

    def next_free_day(self, after: date, zone: ZoneInfo) -> date | None:
        """Return the first day later than `after` with a free time, within the booking window."""
        today = to_minute(self.now)
        last = local_day(rules_of(self.service).latest(today) + 1, zone)
        if after >= last:
            return None
        first = max(after + timedelta(days=1), local_day(today, zone))
        snapshot = self._snapshot((day_interval(first, zone)[0], day_interval(last, zone)[1]))
        for part in _parts(first, last):
            bounds = day_interval(part[0], zone)[0], day_interval(part[1], zone)[1]
            if free := self._starts(snapshot, bounds):
                return local_day(free[0], zone)
        return None

    def nearest_free(self, wanted: datetime, count: int = 3) -> list[FreeSlot]:
        """Return the `count` free times closest to the one that was wanted, in order of time."""
        around, today = to_minute(wanted), to_minute(self.now)
        window = today, rules_of(self.service).latest(today) + 2
        snapshot = self._snapshot(window)
        starts: list[int] = []
        for reach in (*_REACHES, max(abs(around - edge) for edge in window) + 1):
            span = max(window[0], around - reach), min(window[1], around + reach)
            if span[0] < span[1]:
                starts = nearest(self._starts(snapshot, span), around, count)
            if len(starts) == count:
                break
        return [_free_slot(start, snapshot.rules.duration) for start in starts]

    @property
    def _stays(self) -> set[int]:
        return {to_minute(self.moving.starts_at)} if self.moving else set()

    def _starts(self, snapshot: AvailabilitySnapshot, span: Interval) -> list[int]:
        """The starts that anybody of the staff has free, each once, in order."""
        free = {start for member in self.staff for start in snapshot.free(member, span)}
        return sorted(free - self._stays)

    def _snapshot(self, span: Interval) -> AvailabilitySnapshot:
        # Whoever looked ahead for a free day has seen the month of that day.
        for (first, end), known in self.looked.items():
            if first <= span[0] and span[1] <= end:
                return known
        asked = self.session, self.catalogue, self.service, self.staff, span
        number = self.moving.id if self.moving else None
        made = load_snapshot(*asked, now=self.now, own=self.own, booking_id=number)
        self.looked[span] = made
        return made


def _day(
    free: list[int], offered: list[Sequence[int]], day: date, zone: ZoneInfo, duration: int
) -> DayAvailability:
    span = day_interval(day, zone)
    starts = tuple(within(free, span))
    is_open = bool(starts) or any(within(each, span) for each in offered)
    return DayAvailability(day, is_open, starts, duration)


def _free_slot(start: int, duration: int) -> FreeSlot:
    return FreeSlot(from_minute(start), from_minute(start + duration))


def _parts(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(last, first + timedelta(days=_DAYS_AT_A_TIME - 1))
        yield first, end
        first = end + timedelta(days=1)
