"""Which staff member gets the appointment, where several would do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.scheduling.clock import day_interval, from_minute, local_day, to_minute
from booking.scheduling.rules import LONGEST_WINDOW
from booking.scheduling.slots import Reason
from booking.storage.catalogue import Catalogue
from booking.storage.models import Service, StaffMember
from booking.storage.models import booking as bookings
from booking.storage.snapshot import AvailabilitySnapshot

from .claiming import Claimant, claim_appointment
from .errors import SlotUnavailable

_POINTS_TO_NOTHING = "23503"
_MOST_TELLING_FIRST = (
    Reason.TAKEN,
    Reason.LIMIT,
    Reason.TOO_SOON,
    Reason.TOO_FAR,
    Reason.PAST,
    Reason.CLOSED,
)


def validate_start(start: datetime, now: datetime) -> None:
    """SlotUnavailable for a start that no calendar would show; later arithmetic relies on it."""
    if start < now - timedelta(days=1):
        raise SlotUnavailable(Reason.PAST)
    if start > now + timedelta(days=LONGEST_WINDOW + 1):
        raise SlotUnavailable(Reason.TOO_FAR)
    if start.second or start.microsecond:
        raise SlotUnavailable(Reason.CLOSED)


@contextmanager
def translate_missing_reference() -> Iterator[None]:
    """SlotUnavailable where the service or the person is deleted while we write of them.

    PostgreSQL only: what we read before was true, and what we point to is gone when we write.
    """
    try:
        yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) == _POINTS_TO_NOTHING:
            raise SlotUnavailable(Reason.CLOSED) from error
        raise


def require_offered(
    catalogue: Catalogue, service: Service, staff: Sequence[StaffMember]
) -> list[StaffMember]:
    """Those of the staff who offer the service today; SlotUnavailable when nobody does."""
    offering = {member.id for member in catalogue.offering(service.id)}
    able = [member for member in staff if member.id in offering]
    if not able:
        raise SlotUnavailable(Reason.CLOSED)
    return able


def require_free(
    snapshot: AvailabilitySnapshot, staff: Sequence[StaffMember], start: datetime
) -> list[StaffMember]:
    """Those of the staff the rules leave free; SlotUnavailable with the most telling reason."""
    reasons = {member.id: snapshot.why_not(member, to_minute(start)) for member in staff}
    free = [member for member in staff if reasons[member.id] is None]
    if not free:
        raise unavailable([reason for reason in reasons.values() if reason])
    return free


def by_preference(
    session: Session, staff: Sequence[StaffMember], snapshot: AvailabilitySnapshot, start: datetime
) -> list[StaffMember]:
    """Who is asked first: whoever the tab holds at this very time, then the least booked that day.

    Equals keep their order.
    """
    if len(staff) == 1:
        return list(staff)
    booked = _booked(session, staff, snapshot, start)
    own = snapshot.own.staff_member_id if snapshot.own and snapshot.own.starts_at == start else None
    return sorted(staff, key=lambda member: (member.id != own, booked.get(member.id, 0)))


def claim_first_available(
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    start: datetime,
    snapshot: AvailabilitySnapshot,
    claimant: Claimant,
) -> StaffMember:
    """The first of the staff whose time could be claimed.

    SlotUnavailable when all were lost: the caller has a savepoint around it, which is rolled back.
    """
    reasons = []
    for number, member in enumerate(staff, 1):
        is_last = number == len(staff)
        reason = claim_appointment(
            session, service, member, start, snapshot, claimant, is_last=is_last
        )
        if reason is None:
            return member
        reasons.append(reason)
    raise unavailable(reasons)


def unavailable(reasons: Sequence[Reason]) -> SlotUnavailable:
    """What to raise where none of the staff could be had: the most telling of why."""
    return SlotUnavailable(min(reasons, key=_MOST_TELLING_FIRST.index))


def _booked(
    session: Session, staff: Sequence[StaffMember], snapshot: AvailabilitySnapshot, start: datetime
) -> dict[int, int]:
    first, last = day_interval(local_day(to_minute(start), snapshot.zone), snapshot.zone)
    asked = {
        "staff": [member.id for member in staff],
        "first": from_minute(first),
        "last": from_minute(last),
    }
    return {row[0]: row[1] for row in session.connection().execute(_BOOKED, asked)}


# Built once: building a statement takes several times as long as running it.
_BOOKED = (
    select(bookings.c.staff_member_id, func.count())
    .where(
        bookings.c.staff_member_id.in_(bindparam("staff", expanding=True)),
        bookings.c.state != "cancelled",
        bookings.c.starts_at >= bindparam("first"),
        bookings.c.starts_at < bindparam("last"),
    )
    .group_by(bookings.c.staff_member_id)
)
