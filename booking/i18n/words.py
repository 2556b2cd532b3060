"""Instants, lengths and lists in plain English words. Pure: every fact is an argument."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def counted(number: int, noun: str) -> str:
    """'1 minute', '2 minutes'."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(minutes: int) -> str:
    """A length in minutes: '45 minutes', '1 hour', '1 hour 30 minutes'."""
    hours, rest = divmod(minutes, 60)
    parts = [counted(hours, "hour")] if hours else []
    if rest or not hours:
        parts.append(counted(rest, "minute"))
    return " ".join(parts)


def time_left(seconds: int) -> str:
    """What is left of a hold, rounded so that it never promises more than there is."""
    minutes = seconds // 60
    if seconds <= 0:
        return "no time"
    return counted(minutes, "minute") if minutes else "less than a minute"


def day(value: date) -> str:
    """'Tuesday 24 November 2026'."""
    return f"{WEEKDAYS[value.weekday()]} {value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: date) -> str:
    """'November 2026'."""
    return f"{MONTHS[value.month - 1]} {value.year}"


def offset(moment: datetime) -> str:
    """How far a local time stands from UTC: 'UTC', 'UTC+1', 'UTC\N{MINUS SIGN}3:30'."""
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    if seconds == 0:
        return "UTC"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    sign = "+" if seconds > 0 else "\N{MINUS SIGN}"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def is_repeated(moment: datetime) -> bool:
    """True in the hour that clocks show twice when they go back."""
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


def clock(instant: datetime, zone: ZoneInfo) -> str:
    """The time of day in `zone`: '14:30'; with its offset in an hour that comes twice."""
    local = instant.astimezone(zone)
    shown = f"{local.hour:02}:{local.minute:02}"
    return f"{shown} ({offset(local)})" if is_repeated(local) else shown


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """'Tuesday 24 November 2026, 14:30'."""
    return f"{day(instant.astimezone(zone).date())}, {clock(instant, zone)}"


def times(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """'14:30 to 15:15'; an end on another day names that day."""
    same_day = start.astimezone(zone).date() == end.astimezone(zone).date()
    return f"{clock(start, zone)} to {clock(end, zone) if same_day else moment(end, zone)}"


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """'Tuesday 24 November 2026, 14:30 to 15:15'."""
    return f"{day(start.astimezone(zone).date())}, {times(start, end, zone)}"


def beside(instant: datetime, zone: ZoneInfo, other: ZoneInfo) -> str | None:
    """The same instant on the other zone's clock, with its weekday where that differs.

    None where both clocks show the same.
    """
    here, there = instant.astimezone(zone), instant.astimezone(other)
    if here.utcoffset() == there.utcoffset():
        return None
    shown = clock(instant, other)
    return shown if here.date() == there.date() else f"{WEEKDAYS[there.weekday()]} {shown}"


def zone_label(zone: ZoneInfo, instant: datetime) -> str:
    """'Berlin time (UTC+1)': the last part of the name, and the offset at that instant."""
    shown = offset(instant.astimezone(zone))
    place = zone.key.rpartition("/")[2].replace("_", " ")
    if zone.key.startswith("Etc/") or zone.key in {"UTC", "GMT", "Zulu", "UCT"}:
        return shown
    return f"{place} time ({shown})"


def one_of(names: Sequence[str]) -> str:
    """'Ada', 'Ada or Ben', 'Ada, Ben or Cleo'."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"
