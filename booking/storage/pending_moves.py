"""Another time that a customer has asked for, beside the one that stands until it is given.

One row for each booking of which that was ever asked; asked again, it is written anew. Its claims
are those of its booking that run out: what the booking has for good never does.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from booking.scheduling.clock import Interval, to_minute

from .base import Base, UTCDateTime
from .bookings import WIDTHS
from .business import StaffMember

Outcome = Literal["", "moved", "declined", "taken_back", "lapsed", "cancelled"]
"""What became of it; nothing yet while it waits."""
_WAITING = text("until IS NOT NULL")


class PendingMove(Base):
    """Where a booking is asked to be moved, by its customer.

    It waits for whoever decides until `until` (seconds since the epoch; None: it is over, as
    `outcome` says), so ask `waits_at`. `number` is what the link to decide is derived from, the
    same for all that is asked of one booking; `times` says how often that was, and `asked_at` since
    when (seconds) something waits, this or what it took the place of. `visitor` and the networks
    are marks of whoever asked, as those of a booking are, and only while it waits.
    """

    __tablename__ = "booking_pending_move"
    __table_args__ = (Index(None, "until", sqlite_where=_WAITING, postgresql_where=_WAITING),)

    booking_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("booking_booking.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    number: Mapped[bytes] = mapped_column(LargeBinary(16))
    staff_member_id: Mapped[int] = mapped_column(ForeignKey("booking_staff_member.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    buffer_before: Mapped[int]
    buffer_after: Mapped[int]
    times: Mapped[int]
    asked_at: Mapped[int] = mapped_column(BigInteger)
    until: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(16))
    visitor: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    network: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    wide_network: Mapped[bytes | None] = mapped_column(LargeBinary(32))

    staff_member: Mapped[StaffMember] = relationship(lazy="joined")

    @property
    def span(self) -> Interval:
        """What it takes up, buffers included, in minutes since the epoch, UTC."""
        first, end = to_minute(self.starts_at), to_minute(self.ends_at)
        return first - self.buffer_before, end + self.buffer_after

    @property
    def waits_until(self) -> datetime:
        """The instant at which the old time stands after all."""
        return datetime.fromtimestamp(self.until or 0, UTC)

    def waits_at(self, now: datetime) -> bool:
        """Tell whether somebody may still decide about it."""
        return self.until is not None and self.until > int(now.timestamp())

    def outcome_at(self, now: datetime) -> str:
        """Return what became of it by the clock, noted or not; empty while it waits."""
        return "lapsed" if self.until is not None and not self.waits_at(now) else self.outcome


pending_moves = Base.metadata.tables[PendingMove.__tablename__]


def pending_move(session: Session, booking_id: int, *, lock: bool = False) -> PendingMove | None:
    """Return what was last asked of that booking, over or not; `lock` keeps others off it.

    Whoever locks it has locked its booking before, and claims nothing before that.
    """
    query = select(PendingMove).where(PendingMove.booking_id == booking_id)
    if lock:
        query = query.with_for_update(of=PendingMove).execution_options(populate_existing=True)
    return session.scalar(query)


def waiting_move(session: Session, booking_id: int, now: datetime) -> PendingMove | None:
    """Return what is asked of that booking and still waits; None: nothing does."""
    move = pending_move(session, booking_id)
    return move if move and move.waits_at(now) else None


def waiting_moves(
    session: Session, booking_ids: Collection[int], now: datetime
) -> dict[int, PendingMove]:
    """Return what is asked of these bookings and still waits, by their ids."""
    wanted = {
        *booking_ids
    }  # more, it may be, than a statement takes; of what waits there is little
    waiting = select(PendingMove).where(PendingMove.until > int(now.timestamp()))
    return {each.booking_id: each for each in session.scalars(waiting) if each.booking_id in wanted}


def lapsed_moves(session: Session, *, now: datetime, most: int) -> Sequence[int]:
    """Return the ids of bookings of which something was asked that nobody decided in time.

    Kept from others until the transaction ends; whom others are busy with is left out.
    """
    query = (
        select(PendingMove.booking_id)
        .where(PendingMove.until <= int(now.timestamp()))
        .order_by(PendingMove.until)
        .limit(most)
        .with_for_update(skip_locked=True, of=PendingMove)
    )
    return session.scalars(query).all()


def end_moves(session: Session, booking_ids: Collection[int], outcome: Outcome) -> None:
    """Write down that what is asked of these bookings waits no longer, where anything does."""
    waiting = update(PendingMove).where(
        PendingMove.booking_id.in_(booking_ids), PendingMove.until.is_not(None)
    )
    over = {"until": None, "outcome": outcome, **dict.fromkeys(WIDTHS)}
    session.execute(waiting.values(over))
