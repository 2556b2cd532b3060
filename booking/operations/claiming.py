"""Claim what one appointment takes up: its staff member's ticks and a place in the day."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from booking.scheduling.clock import local_day, to_minute
from booking.scheduling.intervals import Interval
from booking.scheduling.rules import LONGEST_WINDOW
from booking.scheduling.slots import Reason
from booking.storage.catalogue import Catalogue
from booking.storage.claims import Pair, claim_and_release, day_place, staff_ticks
from booking.storage.models import Hold, Service, StaffMember
from booking.storage.reads import has_booking_within
from booking.storage.snapshot import AvailabilitySnapshot, load_snapshot

By = Literal["customer", "owner"]


@dataclass(frozen=True)
class Claimant:
    """Who claims: a hold until `expires_at` (seconds since the epoch), or a booking for good.

    Claims of `own_hold_id`, and those that ran out by `now`, may be taken over; `to_release` is let
    go of once the new claims stand.
    """

    now: int
    hold_id: int | None = None
    booking_id: int | None = None
    own_hold_id: int | None = None
    expires_at: int | None = None
    to_release: frozenset[Pair] = frozenset()


class _Lost(Exception):
    def __init__(self, pairs: set[Pair]) -> None:
        self.pairs = pairs


def snapshot_for_start(  # noqa: PLR0913 - each is one thing it depends on
    session: Session,
    catalogue: Catalogue,
    service: Service,
    staff: Sequence[StaffMember],
    start: datetime,
    *,
    now: datetime,
    own: Hold | None,
    booking_id: int | None = None,
    by: By = "customer",
) -> AvailabilitySnapshot:
    """What decides whether an appointment may start at that instant; see `load_snapshot`.

    Minimum notice and booking window are there for the owner, so they do not bind the owner.
    """
    minute = to_minute(start)
    span: Interval = (minute, minute + 1)
    snapshot = load_snapshot(
        session, catalogue, service, staff, span, now=now, own=own, booking_id=booking_id
    )
    if by == "customer":
        return snapshot
    whenever = replace(snapshot.rules, minimum_notice=0, booking_window=LONGEST_WINDOW)
    return replace(snapshot, rules=whenever)


def claim_appointment(
    session: Session,
    service: Service,
    member: StaffMember,
    start: datetime,
    snapshot: AvailabilitySnapshot,
    claimant: Claimant,
    *,
    is_last: bool,
) -> Reason | None:
    """Claim it. TAKEN or LIMIT when somebody was faster, None when it stands.

    Of a failed try nothing is left, unless it was the last one, after which the caller rolls back:
    that one goes without a savepoint of its own.
    """
    minute = to_minute(start)
    span = snapshot.rules.span(minute)
    ticks = staff_ticks(member.resource_id, span)
    places = _places(service, minute, snapshot, claimant.to_release)
    for place in places:
        is_final = is_last and place is places[-1]
        try:
            with nullcontext() if is_final else session.begin_nested():
                _claim(session, ticks | place, claimant)
                # Claims are let go of once their day is past, by the clock of whoever does it.
                # That clock may be wrong by days, so the bookings themselves have a word too.
                if has_booking_within(session, member.id, span, besides=claimant.booking_id):
                    raise _Lost(ticks)
        except _Lost as lost:
            if lost.pairs & ticks:
                return Reason.TAKEN
        else:
            return None
    return Reason.LIMIT


def _claim(session: Session, wanted: set[Pair], claimant: Claimant) -> None:
    lost = claim_and_release(
        session,
        wanted,
        claimant.to_release,
        hold_id=claimant.hold_id,
        booking_id=claimant.booking_id,
        own_hold_id=claimant.own_hold_id,
        expires_at=claimant.expires_at,
        now=claimant.now,
    )
    if lost:
        raise _Lost(lost)


def _places(
    service: Service, minute: int, snapshot: AvailabilitySnapshot, to_release: Collection[Pair]
) -> list[set[Pair]]:
    """The day's free places to try, one's own first; one empty try where there is no limit."""
    if snapshot.rules.daily_limit is None:
        return [set()]
    day = local_day(minute, snapshot.zone)
    free = [day_place(service.resource_id, day, place) for place in snapshot.free_places(day)]
    return [{pair} for pair in sorted(free, key=lambda pair: pair not in to_release)]
