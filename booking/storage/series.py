"""Bookings of one series: single ones, with a common number."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from .bookings import Booking

_LOAD = joinedload(Booking.service), joinedload(Booking.staff_member)
LONGEST_NUMBER = 16


def series_of_draft(session: Session, draft: str) -> list[Booking]:
    """Return the bookings of the series that has the one of that draft, by their start."""
    number = select(Booking.series).where(Booking.draft == draft).scalar_subquery()
    return _in_order(session, Booking.series == number)


def series_of(session: Session, booking: Booking) -> list[Booking]:
    """Return all of the booking's series, cancelled ones too, by their start; alone if of none."""
    if booking.series is None:
        return [booking]
    return _in_order(session, Booking.series == booking.series)


def following(
    session: Session, booking: Booking, *, now: datetime, only_with: str | None = None
) -> list[Booking]:
    """Return what follows this one in its series, by its start, and is still to come.

    Only what is confirmed; this one is not among it. `only_with`: what is with that staff member (a
    slug); None: with anybody.
    """
    if booking.series is None:
        return []
    found = _in_order(
        session,
        Booking.series == booking.series,
        Booking.starts_at > max(now, booking.starts_at),
        Booking.state == "confirmed",
        Booking.id != booking.id,
    )
    return [each for each in found if only_with in (None, each.staff_member.slug)]


def bookings_numbered(session: Session, numbers: Collection[int]) -> Sequence[Booking]:
    """Return the bookings of these ids that there still are, by their start."""
    return _in_order(session, Booking.id.in_(numbers)) if numbers else []


def _in_order(session: Session, *which: object) -> list[Booking]:
    query = select(Booking).where(*which).options(*_LOAD)  # type: ignore[arg-type]
    return [*session.scalars(query.order_by(Booking.starts_at, Booking.id))]
