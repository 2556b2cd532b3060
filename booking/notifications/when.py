"""An appointment's time in the words of a letter: on whose clock first, and until when it can be
changed.

A service at a place is on the shop's clock, with the customer's in brackets where it differs;
online it is the other way round. Where nobody knows the customer's, as at the shell, and to staff,
the shop's is all there is.
"""

from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.scheduling.clock import UnknownZone, zone
from booking.storage.models import Shop


class When(NamedTuple):
    """A time as a letter shows it, every part of it words; `zone` and `other` may be empty."""

    day: str
    time: str
    zone: str
    other: str
    start: str
    """Day and beginning, for a subject."""

    @property
    def line(self) -> str:
        """Return all of it on one line."""
        span = _("%(day)s, %(time)s", day=self.day, time=self.time)
        parts = [_("%(time)s, %(zone)s", time=span, zone=self.zone) if self.zone else span]
        return " ".join([*parts, *filter(None, [self.other])])


class Clocks(NamedTuple):
    """Whose clock a letter goes by, and the other one where there is one."""

    first: ZoneInfo
    other: ZoneInfo | None = None
    is_named: bool = False
    """Whether the place of the first is said, as online, where nobody need be anywhere."""


def instant(text: str) -> datetime:
    """Return the instant of a letter's facts."""
    return datetime.fromisoformat(text).astimezone(UTC)


def shop_clock(shop: Shop) -> ZoneInfo:
    """Return the zone in which the shop's own days are counted."""
    return known_zone(shop.zone) or ZoneInfo("UTC")


def known_zone(name: str) -> ZoneInfo | None:
    """Return the zone of that name; None for a text that names none."""
    try:
        return zone(name)
    except UnknownZone:
        return None


def clocks(shop: Shop, customer_zone: str, *, is_online: bool) -> Clocks:
    """Return the clocks of a letter to a customer, whose zone may be empty: nobody knows it."""
    own, theirs = shop_clock(shop), known_zone(customer_zone)
    if theirs and is_online:
        own, theirs = theirs, own
    return Clocks(own, theirs, is_named=is_online)


def when(start: datetime, end: datetime, of: Clocks) -> When:
    """Return the time from start to end in words."""
    first, other = of.first, of.other
    return When(
        day=formats.format_day(start.astimezone(first)),
        time=formats.format_time_range(start, end, first),
        zone=formats.format_zone(first, start) if _is_told(start, of) else "",
        other=_in_brackets(start, end, first, other) if other and _differ(start, of) else "",
        start=moment(start, of),
    )


def moment(at: datetime, of: Clocks) -> str:
    """Return day and time of an instant by the first clock, which is named where need be."""
    shown = formats.format_moment(at, of.first)
    if not _is_told(at, of):
        return shown
    return _("%(moment)s %(zone)s", moment=shown, zone=formats.zone_name(of.first, at))


def _is_told(at: datetime, of: Clocks) -> bool:
    return of.is_named or _differ(at, of)


def _differ(at: datetime, of: Clocks) -> bool:
    """Whether there are two clocks, and they show different times."""
    first, other = at.astimezone(of.first), at.astimezone(of.other or of.first)
    return first.utcoffset() != other.utcoffset()


def _in_brackets(start: datetime, end: datetime, first: ZoneInfo, other: ZoneInfo) -> str:
    shown = formats.format_time_range(start, end, other)
    there = start.astimezone(other).date()
    if there != start.astimezone(first).date():
        shown = formats.with_weekday(there, shown)
    return _("(%(time)s %(zone)s)", time=shown, zone=formats.zone_name(other, start))
