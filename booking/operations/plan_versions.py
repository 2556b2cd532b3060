"""Which version of a part of the business somebody has in front of them.

A digest of what it says, not a number that counts: what was changed and changed back is the same
again, and a form or a downloaded file carries it without anything being kept.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from .plan import BusinessPlan
from .shop import Change

_LENGTH = 16


def version_of(value: object) -> str:
    """Return the digest of a plan, or of any part of it: two that say the same have the same."""
    written = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()[:_LENGTH]


def versions_of(plan: BusinessPlan) -> dict[str, str]:
    """Return the digest of each thing that is looked after by itself, by its name.

    "shop", "closures", "order" (in which services and staff are shown), "services.SLUG" and
    "staff.SLUG".
    """
    order = [[one.slug for one in plan.services], [one.slug for one in plan.staff]]
    return {
        "shop": version_of(plan.shop),
        "order": version_of(order),
        "closures": version_of(_in_any_order(plan.closures)),
        **{f"services.{one.slug}": version_of(one) for one in plan.services},
        **{f"staff.{one.slug}": version_of(_in_any_order(vars(one))) for one in plan.staff},
    }


def changed_since(before: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    """Return the names of the things that are not what they were then, or that were not there."""
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def would_undo(changes: Iterable[Change], since: set[str]) -> list[Change]:
    """Of these changes, return those to things that somebody else has changed since."""
    return [one for one in changes if since & set(_names(one))]


def _names(change: Change) -> Iterable[str]:
    thing = change.thing
    while thing.owner:
        thing = thing.owner
    yield _ROOTS[thing.kind].format(thing.key)
    if any(one.name == "position" for one in change.differences):
        yield "order"


_ROOTS = {
    "shop": "shop",
    "closure": "closures",
    "service": "services.{}",
    "staff": "staff.{}",
}


def _in_any_order(value: Any) -> Any:
    """Sort what has no order of its own: what somebody offers, when they are away, closures."""
    if isinstance(value, Mapping):
        return {
            name: _in_any_order(part) if name in ("offers", "time_off") else part
            for name, part in value.items()
        }
    return sorted(value, key=lambda one: json.dumps(_plain(one)))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return [[each.name, _plain(getattr(value, each.name))] for each in fields(value)]
    if isinstance(value, Mapping):
        return sorted([[str(key), _plain(part)] for key, part in value.items()])
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value
