"""Somebody's week as a form: each day is text such as "09:00-12:30, 14:00-18:00", shown in pairs.

So a day is one field, of which can be said that somebody else changed it meanwhile, and what it
means is read by the rules of the file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from booking.business_file.values import format_range, in_order, time_range
from booking.i18n import formats
from booking.i18n import gettext as _
from booking.i18n.date_input import InvalidValue
from booking.operations.plan import StaffPlan, Week
from booking.scheduling.slots import TimeRange

from .forms import all_posted
from .shop_fields import Values

KINDS = ("open", "break")
NAMES = tuple(f"{kind}-{day}" for kind in KINDS for day in range(7))
MOST = 12
"""Ranges that one day may have."""
_MIDNIGHT = "24:00"


@dataclass(frozen=True)
class Pair:
    """One range as it is shown; midnight at its end is 00:00, as a browser's clock has it."""

    name: str
    starts: str
    ends: str


@dataclass(frozen=True)
class Day:
    """One weekday in the editor."""

    number: int
    name: str
    opened: Sequence[Pair]
    breaks: Sequence[Pair]


def values_of(member: StaffPlan) -> Values:
    """Return what stands in the form of their week."""
    weeks = {"open": member.hours, "break": member.breaks}
    return {name: written(_of(weeks, name)) for name in NAMES}


def written(ranges: Iterable[TimeRange]) -> str:
    """Write ranges of a day as one field."""
    return ", ".join(format_range((one.starts, one.ends)) for one in ranges)


def typed_values(names: Sequence[str] = NAMES) -> Values:
    """Return what was sent, of each field its pairs in their order; empty pairs are none."""
    sent = dict(reversed(all_posted()))
    return {name: _joined(sent, name) for name in names}


def read_week(values: Values) -> tuple[Week, Week, dict[str, str]]:
    """Return hours and breaks that are meant, and what is wrong by the names of the fields."""
    errors: dict[str, str] = {}
    weeks: dict[str, dict[int, tuple[TimeRange, ...]]] = {kind: {} for kind in KINDS}
    for name in NAMES:
        kind, _, day = name.partition("-")
        try:
            if ranges := read_ranges(values[name]):
                weeks[kind][int(day)] = ranges
        except InvalidValue as error:
            errors[name] = sentence(error)
    return weeks["open"], weeks["break"], errors


def read_ranges(text: str) -> tuple[TimeRange, ...]:
    """Return the ranges of one day that a field says.

    Raises: InvalidValue.
    """
    return in_order([_range(part.strip()) for part in text.split(",") if part.strip()])


def days(values: Values, more: str = "") -> list[Day]:
    """Return the week as it is shown; `more` is the field that has an empty pair at its end."""
    return [
        Day(
            number,
            name,
            pairs(f"open-{number}", values[f"open-{number}"], more),
            pairs(f"break-{number}", values[f"break-{number}"], more),
        )
        for number, (_short, name) in enumerate(formats.weekdays())
    ]


def pairs(name: str, text: str, more: str = "") -> list[Pair]:
    """Return the ranges of a field, each with the name that its two inputs begin with."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    split = [part.partition("-") for part in parts] + [("", "", "")] * (name == more)
    return [
        Pair(f"{name}-{place}", starts, "00:00" if ends == _MIDNIGHT else ends)
        for place, (starts, _, ends) in enumerate(split)
    ]


def copied(values: Values, day: int, to: Iterable[int]) -> Values:
    """Return the week with that day's hours and breaks on these days as well."""
    return values | {f"{kind}-{each}": values[f"{kind}-{day}"] for kind in KINDS for each in to}


def labels() -> dict[str, str]:
    """Return what each field is called."""
    said = {"open": _("%(day)s"), "break": _("Breaks on %(day)s")}
    return {
        f"{kind}-{number}": said[kind] % {"day": name}
        for kind in KINDS
        for number, (_short, name) in enumerate(formats.weekdays())
    }


def _of(weeks: Mapping[str, Week], name: str) -> tuple[TimeRange, ...]:
    kind, _, day = name.partition("-")
    return weeks[kind].get(int(day), ())


def _joined(sent: Mapping[str, str], name: str) -> str:
    return ", ".join(_typed(sent, name))


def _typed(sent: Mapping[str, str], name: str) -> Iterator[str]:
    for place in range(MOST):
        starts, ends = (_time(sent, f"{name}-{place}-{end}") for end in ("from", "to"))
        if starts or ends:
            yield f"{starts}-{_MIDNIGHT if ends == '00:00' else ends}"


def _time(sent: Mapping[str, str], name: str) -> str:
    return sent.get(name, "").strip()[:8].replace(",", "").replace("-", "")


def _range(text: str) -> TimeRange:
    starts, _, ends = text.partition("-")
    if not starts or not ends:
        raise InvalidValue(_one_is_missing(starts))
    return time_range(text)


def _one_is_missing(starts: str) -> str:
    return _("An end is missing.") if starts else _("A beginning is missing.")


def sentence(error: InvalidValue) -> str:
    """Return what is wrong as a sentence of its own."""
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}" + ("" if said.endswith(".") else ".")
