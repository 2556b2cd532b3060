"""What only the owner does: let go of others' holds, and undo what one visitor booked.

And see what a plan for the shop would cost: what it removes, and who would come to nobody.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from booking.scheduling.clock import TICK, contains, local_day, local_days, to_minute
from booking.scheduling.slots import Reason, open_intervals
from booking.storage.bookings import STANDING
from booking.storage.catalogue import Catalogue, read_catalogue, rules_of
from booking.storage.claims import day_places, release_claims
from booking.storage.holds import HoldFilter, holds_on, live_holds
from booking.storage.models import Booking, Hold, Service, StaffMember
from booking.storage.models import hold as holds
from booking.storage.reads import bookings_like

from .allocation import unavailable
from .bookings import cancel
from .history import HOLDS_LET_GO, record
from .letter_rows import iso
from .outbox import Outbox
from .plan import BusinessPlan, ServicePlan, StaffPlan
from .requests import AppointmentPast, SlotUnavailable

Done = TypeVar("Done")


def let_go(
    session: Session, which: HoldFilter, *, actor: str = "", now: datetime
) -> Sequence[Hold]:
    """Let go of the times of these holds, and return the holds as they were.

    How long their tabs have been holding stays written down, so that choosing again gives none of
    them a fresh hold. One that is confirmed at this moment is a booking, and stays.
    """
    live = live_holds(session, which, now=now, lock=True)
    _let_go(session, [held.id for held in live], now)
    if live:
        record(session, None, HOLDS_LET_GO, actor=actor, now=now, details=_holds(session, live))
    return live


def record_taken(
    session: Session, booking: Booking, gone: Sequence[Hold], *, actor: str = "", now: datetime
) -> None:
    """Write down with a booking which holds it took the place of; of none nothing."""
    if gone:
        details = _holds(session, gone)
        record(session, booking.id, HOLDS_LET_GO, actor=actor, now=now, details=details)


def over_holds(
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    start: datetime,
    take: Callable[[Sequence[StaffMember]], Done],
    *,
    now: datetime,
) -> tuple[Done, Sequence[Hold]]:
    """Book or move by `take` with one of the staff, letting go of the holds in its way.

    Nothing is let go of where somebody is free anyway. Returns what `take` returned and the holds
    that went.

    Raises: SlotUnavailable where it is booked, or cannot be had for another reason; then every hold
    stands as it did.
    """
    try:
        return take(staff), []
    except SlotUnavailable as error:
        first = error
    lost = []
    for member in staff:
        try:
            with session.begin_nested():
                return _over_holds_of(session, service, member, start, take, now)
        except SlotUnavailable as error:
            lost.append(error.reason)
    raise unavailable(lost) from first


def holds_in_the_way(
    session: Session,
    service: Service,
    staff: Sequence[StaffMember],
    start: datetime,
    *,
    now: datetime,
) -> bool:
    """Tell whether anybody holds a part of what an appointment at that start would take up."""
    ticks = _ticks(service, start)
    return any(holds_on(session, one.resource_id, ticks, now=now) for one in staff) or bool(
        service.daily_limit
        and holds_on(session, service.resource_id, _places(session, start), now=now)
    )


def cancel_like(
    session: Session,
    booking: Booking,
    *,
    width: str = "visitor",
    actor: str = "",
    now: datetime,
    outbox: Outbox,
) -> Sequence[Booking]:
    """Cancel all appointments to come that the same visitor or network booked, and return them."""
    cancelled = []
    for one in bookings_like(session, booking, width=width, now=now):
        try:
            over = cancel(session, one, by="owner", actor=actor, now=now, outbox=outbox)
            cancelled.append(over)
        except AppointmentPast:  # moved by somebody else at this moment
            continue
    return cancelled


def _over_holds_of(
    session: Session,
    service: Service,
    member: StaffMember,
    start: datetime,
    take: Callable[[Sequence[StaffMember]], Done],
    now: datetime,
) -> tuple[Done, Sequence[Hold]]:
    gone = _clear(session, member.resource_id, _ticks(service, start), now)
    try:
        return take([member]), gone
    except SlotUnavailable as lost:
        if lost.reason is not Reason.LIMIT:
            raise
    # The day's limit is used up by holds, at least in part: one place is enough.
    freed = _clear(session, service.resource_id, _places(session, start), now, most=1)
    return take([member]), [*gone, *freed]


def _ticks(service: Service, start: datetime) -> range:
    first, end = rules_of(service).span(to_minute(start))
    return range(first // TICK, -(-end // TICK))


def _places(session: Session, start: datetime) -> range:
    return day_places(local_day(to_minute(start), read_catalogue(session).zone))


def _clear(
    session: Session, resource_id: int, ticks: range, now: datetime, *, most: int | None = None
) -> Sequence[Hold]:
    """Let go of the `most` latest holds on these ticks, or of all, and return them."""
    there = holds_on(session, resource_id, ticks, now=now)[-most if most else None :]
    live = live_holds(session, HoldFilter(numbers=there), now=now, lock=True)
    # While we waited for it, one of them may have been confirmed or moved elsewhere.
    still = set(holds_on(session, resource_id, ticks, now=now))
    gone = [held for held in live if held.id in still]
    _let_go(session, [held.id for held in gone], now)
    return gone


def _let_go(session: Session, hold_ids: Collection[int], now: datetime) -> None:
    release_claims(session, hold_ids)
    over = update(holds).where(holds.c.id.in_(hold_ids)).values(expires_at=int(now.timestamp()))
    session.execute(over)


def _holds(session: Session, live: Sequence[Hold]) -> dict[str, Any]:
    """What an entry says of holds: their times, of no customer."""
    catalogue = read_catalogue(session)
    return {
        "holds": [
            {
                "start": iso(held.starts_at),
                "end": iso(held.ends_at),
                "staff": catalogue.staff[held.staff_member_id].name,
                "service": catalogue.every_service[held.service_id].name,
            }
            for held in live
        ]
    }


class Removal(NamedTuple):
    """Of `total` services or staff members these would go, by their slugs."""

    kind: str
    slugs: list[str]
    total: int


def large_removals(session: Session, plan: BusinessPlan) -> list[Removal]:
    """Return what goes where more than half of the services, or of the staff, would go.

    Empty for an everyday change. What is retired already counts neither as removed nor in total.
    """
    return [
        *_large_removal(session, "services", Service, plan.services),
        *_large_removal(session, "staff", StaffMember, plan.staff),
    ]


def bookings_outside_hours(session: Session, now: datetime) -> Sequence[Booking]:
    """Return appointments to come, by their start, when nobody works as the hours are now.

    Somebody has to call these customers. Those of a staff member who left are among them, those of
    a service that is no longer sold are not.
    """
    catalogue = read_catalogue(session)
    query = (
        select(Booking)
        .options(joinedload(Booking.staff_member), joinedload(Booking.service))
        .where(Booking.state.in_(("pending", "confirmed")), Booking.starts_at > now, *STANDING)
        .order_by(Booking.starts_at, Booking.id)
    )
    standing = session.scalars(query, {"now_seconds": int(now.timestamp())})
    return [booking for booking in standing if not _is_attended(catalogue, booking)]


def _large_removal(
    session: Session,
    kind: str,
    model: type[Service | StaffMember],
    plans: Collection[ServicePlan | StaffPlan],
) -> Iterator[Removal]:
    slugs = session.scalars(
        select(model.slug).where(model.retired.is_(False)).order_by(model.position)
    ).all()
    lost = [slug for slug in slugs if slug not in {plan.slug for plan in plans}]
    if 2 * len(lost) > len(slugs):
        yield Removal(kind, lost, len(slugs))


def _is_attended(catalogue: Catalogue, booking: Booking) -> bool:
    member = catalogue.staff.get(booking.staff_member_id)
    if member is None or member.retired:
        return False
    working = catalogue.working[member.id]
    span = to_minute(booking.starts_at), to_minute(booking.ends_at)
    return contains(open_intervals(working, *local_days(span, working.zone)), *span)
