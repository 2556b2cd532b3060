"""Days in a business file: one, or from one to another; counted ones are noted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from .dates import Moment, day, is_counted, spoken
from .plan import ClosurePlan
from .section import Section
from .values import text


def closure(section: Section, today: date) -> ClosurePlan:
    """What one [[closures]] table says."""
    first, last = span(section, today, whole_day)
    if last.day < first.day:
        section.wrong("to: this is before from; write a later day", "to")
    reason = section.take("reason", text(), "")
    section.finish()
    return ClosurePlan(first.day, last.day, reason)


def whole_day(value: object, today: date) -> Moment:
    """A date that is meant from midnight to midnight."""
    return Moment(day(value, today))


def span(
    section: Section, today: date, convert: Callable[[object, date], Moment]
) -> tuple[Moment, Moment]:
    """From `from` to `to`, or the whole of `day`."""
    if "from" not in section and "day" not in section:
        section.wrong(f"no day is named; write day = {today}, or from = and to =")
    if "day" in section and ("from" in section or "to" in section):
        section.wrong("day is one whole day; write either day, or from and to", "day")
    meanwhile = Moment(today)
    only = noted(section, "day", today, whole_day, meanwhile)
    first = noted(section, "from", today, convert, only)
    return first, noted(section, "to", today, convert, first)


def noted(
    section: Section,
    key: str,
    today: date,
    convert: Callable[[object, date], Moment],
    default: Moment,
) -> Moment:
    """The moment a key names. Where it is counted from today, the owner is told its date."""
    found = section.take(key, lambda value: convert(value, today), default)
    if is_counted(section.raw(key)) and found is not default:
        section.note(f'"{section.raw(key)}" is {spoken(found.day)}', key)
    return found
