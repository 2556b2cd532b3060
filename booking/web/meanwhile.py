"""What somebody else has changed while a form was filled in.

A form carries a short digest of each field as it was shown. What its reader left alone follows what
is stored now; what they typed stays, and where somebody else changed that as well both are known.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

Values = dict[str, str]
"""What stands in the fields, by their names."""
WAS = "was"
"""The field that carries the digests."""
_DIGEST = 8


class Merged(NamedTuple):
    """What to show, and of the fields that two people changed what the other one wrote."""

    values: Values
    changed: Values
    taken_over: list[str]


def marks_of(values: Mapping[str, str]) -> str:
    """Return the digests of these fields, for the form that shows them."""
    return " ".join(f"{name}={_digest(value)}" for name, value in values.items())


def merge(typed: Mapping[str, str], was: str, stored: Mapping[str, str]) -> Merged:
    """Return what to show of what was typed, now that this is stored.

    `changed`: fields that both changed, as the other wrote them; `taken_over`: fields that only the
    other changed, which are shown so.
    """
    before = dict(mark.split("=", 1) for mark in was.split() if "=" in mark)
    theirs = [name for name in stored if before.get(name) != _digest(stored[name])]
    mine = {name for name in stored if before.get(name) != _digest(typed[name])}
    differing = [name for name in theirs if typed[name] != stored[name]]
    values = {name: typed[name] if name in mine else stored[name] for name in stored}
    return Merged(
        values,
        {name: stored[name] for name in differing if name in mine},
        [name for name in differing if name not in mine],
    )


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode(errors="replace")).hexdigest()[:_DIGEST]
