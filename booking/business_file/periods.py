"""Days in a business file: one, or from one to another; counted ones are noted."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from booking.i18n.date_input import Moment, day, format_date, is_counted
from booking.operations.plan import ClosurePlan

from .section import Section
from .values import text


def closure(section: Section, today: date) -> ClosurePlan:
    """Read one [[closures]] table."""
    first, last = span(section, today, whole_day)
    if last.day < first.day:
        section.wrong("to: this is before from; write a later day", "to")
    reason = section.take("reason", text(), "")
    section.finish()
    return ClosurePlan(first.day, last.day, reason)


def whole_day(value: object, today: date) -> Moment:
    """Read a date that is meant from midnight to midnight."""
    return Moment(day(value, today))


def span(
    section: Section, today: date, convert: Callable[[object, date], Moment]
) -> tuple[Moment, Moment]:
    """Read `from` and `to`, or the whole of `day`; today, as long as anything in it is wrong."""
    meanwhile = Moment(today)
    only = noted(section, "day", today, whole_day, meanwhile)
    first = noted(section, "from", today, convert, meanwhile)
    last = noted(section, "to", today, convert, meanwhile)
    _check_keys(section, {"day": only.day, "from": first.day, "to": last.day})
    if "day" in section:
        return only, only
    # Never one of them beside a stand-in for the other: that would be told as a second mistake.
    complete = first is not meanwhile and last is not meanwhile
    return (first, last) if complete else (meanwhile, meanwhile)


def _check_keys(section: Section, meant: Mapping[str, date]) -> None:
    written = [key for key in meant if key in section]
    if not written:
        section.wrong(f"no day is named; write day = {meant['day']}, or from = and to =")
    elif "day" in written and len(written) > 1:
        section.wrong("day is one whole day; write either day, or from and to", "day")
    elif written == ["from"]:
        _lonely(section, "from", meant["from"], "to", meant["from"] + timedelta(days=1))
    elif written == ["to"]:
        _lonely(section, "to", meant["to"], "from", meant["to"] - timedelta(days=1))


def _lonely(section: Section, key: str, one_day: date, other: str, other_day: date) -> None:
    section.wrong(
        f"{key} stands alone; write day = {one_day} for one day, or add {other} = {other_day}", key
    )


def noted(
    section: Section,
    key: str,
    today: date,
    convert: Callable[[object, date], Moment],
    default: Moment,
) -> Moment:
    """Read the moment a key names. Where it is counted from today, the owner is told its date."""
    found = section.take(key, lambda value: convert(value, today), default)
    if is_counted(section.raw(key)) and found is not default:
        section.note(f'"{section.raw(key)}" is {format_date(found.day)}', key)
    return found
