"""Say what loading a business file changed: a line for each change.

Names services and staff by their slugs. A text that was written is named, never repeated: what is
printed may end up in a log.
"""

from datetime import date, datetime

from booking.business_file.values import format_length, format_range
from booking.i18n.date_input import WEEKDAYS
from booking.operations.shop import Action, Change, Difference, Thing
from booking.operations.shop_impact import Removal

MINUTES = frozenset({"duration", "buffer_before", "buffer_after", "minimum_notice", "slot_step"})
TOLD_WITH_VALUE = frozenset({"zone", "slug", "kind", "required", "daily_limit"})
NAMES = {"position": "its place in the order"}
ENDINGS = {
    Action.ADDED: "added",
    Action.DELETED: "deleted",
    Action.RETIRED: "retired, because there are bookings of it",
    Action.RETURNED: "back, no longer retired",
}


def sentence(change: Change) -> str:
    """Write one change as a line, such as "service cut: duration 30 min → 1 h"."""
    thing, action = change.thing, change.action
    what = _name(thing, with_end=action is Action.ADDED)
    if thing.kind == "offer" and thing.owner:
        verb = "offers" if action is Action.ADDED else "no longer offers"
        return f"{_name(thing.owner)}: {verb} {thing.key}"
    if thing.kind in ("hours", "breaks", "override") and action is Action.CHANGED:
        return f"{what} {_ranges(change)}"
    if action is Action.CHANGED:
        return f"{what}: {', '.join(map(_difference, change.differences))}"
    return f"{what}{' ' if thing.owner else ': '}{ENDINGS[action]}"


def removals(found: list[Removal]) -> str:
    """Say what would go, such as "2 of 3 services (cut, shave)"."""
    kinds = {"services": "services", "staff": "staff members"}
    return " and ".join(
        f"{len(one.slugs)} of {one.total} {kinds[one.kind]} ({', '.join(one.slugs)})"
        for one in found
    )


def _name(thing: Thing, *, with_end: bool = False) -> str:
    own = _own_name(thing, with_end=with_end)
    return f"{_name(thing.owner)}: {own}" if thing.owner else own


def _own_name(thing: Thing, *, with_end: bool) -> str:
    match thing.kind:
        case "hours" | "breaks":
            return f"{thing.kind} on {WEEKDAYS[thing.key]}"
        case "override":
            return f"override on {thing.key}"
        case "time_off":
            first, end = map(_local, thing.key)
            return f"time off from {first}{f' to {end}' if with_end else ''}"
        case "closure":
            return f"closure {_days(*thing.key)}"
        case _:
            return f"{thing.kind} {thing.key}" if thing.key else thing.kind


def _ranges(change: Change) -> str:
    [ranges] = change.differences
    written = ", ".join(format_range((one.starts, one.ends)) for one in ranges.after)
    return written or ("closed" if change.thing.kind == "override" else "none")


def _difference(difference: Difference) -> str:
    name = difference.name
    shown = [_value(name, difference.before), _value(name, difference.after)]
    if None in shown:
        return NAMES.get(name, name)
    return f"{name} {' → '.join(map(str, shown))}"


def _value(name: str, value: object) -> str | None:
    """Write the value as in a business file; None where only its name is told."""
    if isinstance(value, int) and name in MINUTES:
        return format_length(value)
    if isinstance(value, int) and name == "booking_window":
        return f"{value} days" if value != 1 else "1 day"
    if name in TOLD_WITH_VALUE:
        return "none" if value is None else str(value)
    return None


def _days(first: date, last: date) -> str:
    return f"on {first}" if first == last else f"from {first} to {last}"


def _local(local: datetime) -> str:
    is_repeated = local.utcoffset() != local.replace(fold=not local.fold).utcoffset()
    return f"{local:%Y-%m-%d %H:%M%z}" if is_repeated else f"{local:%Y-%m-%d %H:%M}"
