"""When the shop works: weekly hours, date overrides, time off, closures."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

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
