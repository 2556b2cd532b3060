"""What is promised to customers: bookings, holds, and the claims that guard both."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    bindparam,
    event,
    insert,
    inspect,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from booking.scheduling.clock import Interval, to_minute
from booking.transactions.statements import FixedStatement

from .base import Base, RowId, UTCDateTime
from .business import Service, StaffMember
from .search_keys import keys_of, renew_search_keys, write_search_keys

_MARKED = text("visitor IS NOT NULL")
_WAITING = text("pending_until IS NOT NULL")
_GROUPED = text("customer_id IS NOT NULL")
_REPEATED = text("series IS NOT NULL")
UNGROUPED = text("customer_id IS NULL AND customer_name <> ''")
"""SQL condition for bookings of no customer's that were not erased: see customers.py."""
STATES = ("pending", "confirmed", "cancelled", "completed", "no_show")
_FOUND_BY = ("customer_name", "customer_email", "customer_phone")
WIDTHS = ("visitor", "network", "wide_network")
"""Columns with the marks of who took it: the visitor, and the networks around; see visitors.py."""


class Booking(Base):
    """The confirmed record. Its buffers are those it was sold with, whatever the service says now.

    `draft` makes confirming idempotent; of the manage link only a hash is kept. `changes` counts
    what was moved or cancelled since, so that a calendar knows the later of two files, and
    `calendar_uid` is by what it knows the appointment (None: booked before that was kept).
    `language` is the one the customer used (BCP 47; empty: not known). The manage link's token is
    derived from `link_number` by a key that is not in the database (None: from the tab).
    One that is pending waits until `pending_until` (seconds since the epoch; None: it waits for
    nothing) for what `pending_for` says: "mail", that its customer confirms it from a letter, or
    "approval", that the shop does. `state` may be behind the clock, so ask `state_at`.
    `visitor` and the networks are marks of whoever booked it: they say nothing once their day's key
    is gone. Appointments that were made together have a `series` in common (None: it is of none).
    """

    __tablename__ = "booking_booking"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'confirmed', 'cancelled', 'completed', 'no_show')", name="state"
        ),
        CheckConstraint("starts_at < ends_at", name="range"),
        Index(None, "staff_member_id", "starts_at"),
        Index(None, "service_id", "starts_at"),
        *(Index(None, width, "created_at") for width in WIDTHS),
        # Of those with a mark, the old ones: theirs is taken off.
        Index(None, "created_at", sqlite_where=_MARKED, postgresql_where=_MARKED),
        Index(None, "pending_until", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_booking_booking_customer_email", text("lower(customer_email)"), "starts_at"),
        Index(None, "customer_id", "starts_at", sqlite_where=_GROUPED, postgresql_where=_GROUPED),
        Index(None, "series", sqlite_where=_REPEATED, postgresql_where=_REPEATED),
        Index(
            "ix_booking_booking_ungrouped",
            "created_at",
            sqlite_where=UNGROUPED,
            postgresql_where=UNGROUPED,
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    draft: Mapped[str] = mapped_column(String(128), unique=True)
    state: Mapped[str] = mapped_column(String(16), default="confirmed")
    service_id: Mapped[int] = mapped_column(ForeignKey("booking_service.id"))
    staff_member_id: Mapped[int] = mapped_column(ForeignKey("booking_staff_member.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    buffer_before: Mapped[int] = mapped_column(default=0)
    buffer_after: Mapped[int] = mapped_column(default=0)
    customer_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("booking_customer.id"))
    customer_name: Mapped[str] = mapped_column(Text)
    customer_email: Mapped[str] = mapped_column(Text)
    customer_phone: Mapped[str] = mapped_column(Text, default="")
    customer_note: Mapped[str] = mapped_column(Text, default="")
    customer_zone: Mapped[str] = mapped_column(String(64), default="")
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    fingerprint: Mapped[str] = mapped_column(String(128))
    manage_token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    calendar_uid: Mapped[str | None] = mapped_column(Text)
    visitor: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    network: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    wide_network: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changes: Mapped[int] = mapped_column(default=0, server_default="0")
    rescheduled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_by: Mapped[str | None] = mapped_column(String(16))
    cancel_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    language: Mapped[str] = mapped_column(String(35), default="", server_default="")
    link_number: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    pending_until: Mapped[int | None] = mapped_column(BigInteger)
    pending_for: Mapped[str] = mapped_column(String(8), default="", server_default="")
    series: Mapped[str | None] = mapped_column(String(16))

    service: Mapped[Service] = relationship()
    staff_member: Mapped[StaffMember] = relationship()

    is_told = False
    """Whether the verb that was carried out just now wrote its customer a letter. Not stored."""

    @property
    def span(self) -> Interval:
        """What it takes up, buffers included, in minutes since the epoch, UTC."""
        first, end = to_minute(self.starts_at), to_minute(self.ends_at)
        return first - self.buffer_before, end + self.buffer_after

    def state_at(self, now: datetime) -> str:
        """Return the state by the clock: what waited too long is cancelled, noted or not."""
        return "cancelled" if self.has_lapsed(now) else self.state

    def has_lapsed(self, now: datetime) -> bool:
        """Tell whether it waits no longer, though nobody has written that down yet."""
        until = self.pending_until
        return self.state == "pending" and until is not None and until <= int(now.timestamp())


def detach(session: Session, booking: Booking, service: Service, member: StaffMember) -> Booking:
    """Return the booking as it is to be read when its transaction is over, of these two."""
    session.expunge(booking)
    set_committed_value(booking, "service", service)
    set_committed_value(booking, "staff_member", member)
    return booking


booking = Base.metadata.tables[Booking.__tablename__]
STANDING = (
    booking.c.state != "cancelled",
    or_(booking.c.pending_until.is_(None), booking.c.pending_until > bindparam("now_seconds")),
)
"""SQL conditions for bookings that take up their time at `now_seconds`, since the epoch."""


def _inserting(table: Table) -> FixedStatement:
    """The statement that inserts a row, all of its columns given but the number it returns."""
    row = {
        each.name: bindparam(each.name, type_=each.type) for each in table.c if each.name != "id"
    }
    return FixedStatement(insert(table).values(row).returning(table.c.id))


_INSERT = _inserting(booking)


def insert_booking(session: Session, booking: Booking) -> int:
    """Write a new booking past the session, which takes six times as long; return its number.

    With it is written what it is found by.
    """
    # Each of its columns was given, so each is an attribute of its own.
    booking.id = _INSERT.rows(session, vars(booking))[0][0]
    write_search_keys(session, booking.id, _keys(booking))
    return booking.id


# Whatever verb mends a name or an address, the booking is found by what it says from then on.
@event.listens_for(Booking, "after_insert")
def _written(_mapper: Mapper[Any], connection: Connection, booking: Booking) -> None:
    renew_search_keys(connection, booking.id, _keys(booking))


@event.listens_for(Booking, "after_update")
def _mended(_mapper: Mapper[Any], connection: Connection, booking: Booking) -> None:
    attributes = inspect(booking).attrs
    if any(attributes[name].history.has_changes() for name in _FOUND_BY):
        renew_search_keys(connection, booking.id, _keys(booking))


def _keys(booking: Booking) -> list[bytes]:
    return keys_of(*(getattr(booking, name) or "" for name in _FOUND_BY))


# Core tables, not models: both are hot, and the table of tab sessions that a hold points to lies in
# another room's metadata, which only the migrations bring together.
hold = Table(
    "booking_hold",
    Base.metadata,
    Column("id", RowId, primary_key=True),
    Column(
        "tab_session_id",
        BigInteger,
        ForeignKey("booking_tab_session.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    Column(
        "service_id",
        ForeignKey("booking_service.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column(
        "staff_member_id",
        ForeignKey("booking_staff_member.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("starts_at", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("held_since", BigInteger, nullable=False, server_default="0"),
    Column("extensions", Integer, nullable=False, default=0),
    *(Column(width, LargeBinary(32)) for width in WIDTHS),
    *(Index(None, width, "expires_at") for width in WIDTHS),
    # A number never comes back, so a claim can never seem to belong to a later hold.
    sqlite_autoincrement=True,
)

INSERT_HOLD = _inserting(hold)

claim = Table(
    "booking_claim",
    Base.metadata,
    Column(
        "resource_id",
        Integer,
        ForeignKey("booking_resource.id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("tick", BigInteger, primary_key=True, autoincrement=False),
    Column("hold_id", BigInteger, ForeignKey("booking_hold.id", ondelete="CASCADE"), index=True),
    Column("booking_id", BigInteger, ForeignKey("booking_booking.id"), index=True),
    Column("expires_at", BigInteger, index=True),
    CheckConstraint(
        "(hold_id IS NOT NULL AND booking_id IS NULL AND expires_at IS NOT NULL)"
        " OR (hold_id IS NULL AND booking_id IS NOT NULL)",
        name="owner",
    ),
    sqlite_with_rowid=False,
)


@dataclass(frozen=True)
class Hold:
    """A slot claimed for a while by a tab.

    `expires_at` and `held_since`, when the tab began to hold one time after the other, are in
    seconds since the epoch, UTC.
    """

    id: int
    tab_session_id: int
    service_id: int
    staff_member_id: int
    starts_at: datetime
    ends_at: datetime
    expires_at: int
    held_since: int
    extensions: int
    visitor: bytes | None
    network: bytes | None
    wide_network: bytes | None

    @property
    def expires(self) -> datetime:
        """The instant at which others may take the slot."""
        return datetime.fromtimestamp(self.expires_at, UTC)

    def is_over(self, now: datetime) -> bool:
        """Tell whether the time ran out: nobody need have taken the slot yet."""
        return self.expires_at <= int(now.timestamp())
