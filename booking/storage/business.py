"""What the shop is, what it sells, who works there, and when."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, UTCDateTime

_RANGE = "starts >= 0 AND starts < ends AND ends <= 1440 AND starts % 5 = 0 AND ends % 5 = 0"
_STAFF_MEMBER = "booking_staff_member.id"


class WeeklyHours(Base):
    """A range of one weekday (0 is Monday), in wall-clock minutes of the staff member's zone."""

    __tablename__ = "booking_weekly_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(_RANGE, name="range"),
        CheckConstraint("kind IN ('open', 'break')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_member_id: Mapped[int] = mapped_column(
        ForeignKey(_STAFF_MEMBER, ondelete="CASCADE"), index=True
    )
    weekday: Mapped[int]
    starts: Mapped[int]
    ends: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8), default="open")


class DateOverride(Base):
    """A range that replaces hours and breaks of one date; without a range, the date is closed."""

    __tablename__ = "booking_date_override"
    __table_args__ = (
        CheckConstraint(
            f"(starts IS NULL AND ends IS NULL)"
            f" OR (starts IS NOT NULL AND ends IS NOT NULL AND {_RANGE})",
            name="range",
        ),
        Index(None, "staff_member_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_member_id: Mapped[int] = mapped_column(ForeignKey(_STAFF_MEMBER, ondelete="CASCADE"))
    day: Mapped[date]
    starts: Mapped[int | None]
    ends: Mapped[int | None]


class TimeOff(Base):
    """A staff member is away from one instant to another."""

    __tablename__ = "booking_time_off"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="range"),
        Index(None, "staff_member_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_member_id: Mapped[int] = mapped_column(ForeignKey(_STAFF_MEMBER, ondelete="CASCADE"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(String(200), default="")


class Closure(Base):
    """The whole shop is closed, first and last day included, in the shop's zone."""

    __tablename__ = "booking_closure"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="range"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200), default="")


offer = Table(
    "booking_offer",
    Base.metadata,
    Column("service_id", ForeignKey("booking_service.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "staff_member_id",
        ForeignKey("booking_staff_member.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)


class Shop(Base):
    """The business itself: one row, number 1. `zone` is the IANA name its days are counted in.

    `mail` is what its file says of letters; empty: nothing. `accent` is its colour, such as
    "#0b5d57"; empty: ours. `language` is that of letters to staff and shop, and of whoever has no
    other; empty: English.
    """

    __tablename__ = "booking_shop"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(64), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    address: Mapped[str] = mapped_column(Text, default="")
    zone: Mapped[str] = mapped_column(String(64))
    about: Mapped[str] = mapped_column(Text, default="")
    mail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    accent: Mapped[str] = mapped_column(String(7), default="", server_default="")
    language: Mapped[str] = mapped_column(String(35), default="", server_default="")


class Resource(Base):
    """Something claimed tick by tick: a staff member's time, or a service's places in a day."""

    __tablename__ = "booking_resource"
    __table_args__ = (CheckConstraint("kind IN ('staff', 'service_day')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))


class Service(Base):
    """What the shop sells. Lengths are minutes on the five-minute grid, the window is days.

    `place` is where it is given; empty means at the shop's address. `cancel_until` and `move_until`
    are minutes before the start: later the manage link does it no more (0: until it begins).
    With `confirm_by_mail` or `approval` a booking is pending until its customer has confirmed it
    from a letter, or the shop has.
    """

    __tablename__ = "booking_service"
    __table_args__ = (
        CheckConstraint("duration > 0 AND slot_step > 0", name="lengths"),
        CheckConstraint(
            "buffer_before >= 0 AND buffer_after >= 0 AND minimum_notice >= 0", name="margins"
        ),
        CheckConstraint(
            "duration % 5 = 0 AND slot_step % 5 = 0"
            " AND buffer_before % 5 = 0 AND buffer_after % 5 = 0",
            name="grid",
        ),
        CheckConstraint("booking_window >= 0", name="booking_window"),
        # Places of one day share a range of 10,000 ticks with nothing else.
        CheckConstraint("daily_limit BETWEEN 1 AND 9999", name="daily_limit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    price: Mapped[str] = mapped_column(String(80), default="")
    place: Mapped[str] = mapped_column(Text, default="", server_default="")
    duration: Mapped[int]
    buffer_before: Mapped[int] = mapped_column(default=0)
    buffer_after: Mapped[int] = mapped_column(default=0)
    minimum_notice: Mapped[int] = mapped_column(default=0)
    slot_step: Mapped[int] = mapped_column(default=15)
    booking_window: Mapped[int] = mapped_column(default=60)
    daily_limit: Mapped[int | None]
    is_online: Mapped[bool] = mapped_column(default=False, server_default=false())
    cancel_until: Mapped[int] = mapped_column(default=0, server_default="0")
    move_until: Mapped[int] = mapped_column(default=0, server_default="0")
    confirm_by_mail: Mapped[bool] = mapped_column(default=False, server_default=false())
    approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    position: Mapped[int] = mapped_column(default=0)
    retired: Mapped[bool] = mapped_column(default=False)
    resource_id: Mapped[int] = mapped_column(ForeignKey("booking_resource.id"), unique=True)

    resource: Mapped[Resource] = relationship(
        cascade="all, delete-orphan", single_parent=True, foreign_keys=resource_id
    )
    questions: Mapped[list["Question"]] = relationship(
        back_populates="service",
        cascade="all, delete-orphan",
        order_by="(Question.position, Question.id)",
    )
    staff: Mapped[list["StaffMember"]] = relationship(
        secondary=offer,
        back_populates="services",
        order_by="(StaffMember.position, StaffMember.id)",
    )

    def __init__(self, **values: Any) -> None:
        if not {"resource", "resource_id"} & values.keys():
            values["resource"] = Resource(kind="service_day", name=values.get("name"))
        super().__init__(**values)


class Question(Base):
    """One of a service's own questions. `key` names the answer, `choices` serve kind 'choice'."""

    __tablename__ = "booking_question"
    __table_args__ = (
        UniqueConstraint("service_id", "key"),
        CheckConstraint("kind IN ('text', 'choice', 'checkbox')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("booking_service.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(80))
    label: Mapped[str] = mapped_column(String(500))
    help: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(16), default="text")
    required: Mapped[bool] = mapped_column(default=False)
    choices: Mapped[list[str]] = mapped_column(JSON, default=list)
    position: Mapped[int] = mapped_column(Integer, default=0)

    service: Mapped[Service] = relationship(back_populates="questions")


class StaffMember(Base):
    """Someone whose time is booked. `zone` is the IANA name their weekly hours are read in.

    `letters` says when they are written to, at `email`: at_once, daily (tomorrow's list) or never.
    """

    __tablename__ = "booking_staff_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    about: Mapped[str] = mapped_column(Text, default="")
    zone: Mapped[str] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(Text, default="", server_default="")
    letters: Mapped[str] = mapped_column(String(8), default="at_once", server_default="at_once")
    position: Mapped[int] = mapped_column(default=0)
    retired: Mapped[bool] = mapped_column(default=False)
    resource_id: Mapped[int] = mapped_column(ForeignKey("booking_resource.id"), unique=True)

    resource: Mapped[Resource] = relationship(
        cascade="all, delete-orphan", single_parent=True, foreign_keys=resource_id
    )
    services: Mapped[list[Service]] = relationship(
        secondary=offer, back_populates="staff", order_by="(Service.position, Service.id)"
    )
    weekly_hours: Mapped[list[WeeklyHours]] = relationship(cascade="all, delete-orphan")
    date_overrides: Mapped[list[DateOverride]] = relationship(cascade="all, delete-orphan")
    time_off: Mapped[list[TimeOff]] = relationship(cascade="all, delete-orphan")

    def __init__(self, **values: Any) -> None:
        if not {"resource", "resource_id"} & values.keys():
            values["resource"] = Resource(kind="staff", name=values.get("name"))
        super().__init__(**values)
