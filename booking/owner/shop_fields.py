"""The fields of a form about the business, and which of them somebody else has changed meanwhile.

A form carries a short digest of each field as it was shown. What its reader left alone follows what
is stored now; what they typed stays, and where somebody else changed that as well both are shown.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from booking.i18n import formats
from booking.i18n import gettext as _

from .forms import posted

Values = dict[str, str]
"""What stands in the fields, by their names."""
WAS = "was"
"""The field that carries the digests."""
_DIGEST = 8


@dataclass(frozen=True)
class Field:
    """One field as it is shown. `kind` is that of an input, or textarea, radio, ticks (several).

    `choices` are values with what is read of them. `changed` is what somebody else wrote meanwhile;
    None where nobody did.
    """

    name: str
    label: str
    kind: str = "text"
    help: str = ""
    required: bool = False
    choices: Sequence[tuple[str, str]] = ()
    value: str = ""
    error: str = ""
    changed: str | None = None
    autocomplete: str = "off"

    @property
    def chosen(self) -> list[str]:
        """The values that are ticked, of a field of several."""
        return self.value.split()

    @property
    def said_by_others(self) -> str:
        """What somebody else wrote meanwhile, in words."""
        written = self.changed or ""
        labels = dict(self.choices)
        if labels:
            shown = [labels.get(each, each) for each in written.split() or [""]]
            return formats.join_list([each for each in shown if each]) or _("nothing")
        if self.kind == "checkbox":
            return _("yes") if written else _("no")
        return written or _("nothing")


class Merged(NamedTuple):
    """What to show, and of the fields that two people changed what the other one wrote."""

    values: Values
    changed: Values
    taken_over: list[str]


def posted_values(names: Sequence[str]) -> Values:
    """Return these fields as they were typed, with the ends of lines that we keep."""
    return {name: posted(name).replace("\r\n", "\n") for name in names}


def marks_of(values: Mapping[str, str]) -> str:
    """Return the digests of these fields, for the form that shows them."""
    return " ".join(f"{name}={_digest(value)}" for name, value in values.items())


def merge(typed: Values, was: str, stored: Values) -> Merged:
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


def filled_in(
    fields: Sequence[Field],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    changed: Mapping[str, str],
) -> list[Field]:
    """Return the fields with what stands in them, what is wrong, and what others wrote."""
    return [
        replace(
            one,
            value=values[one.name],
            error=errors.get(one.name, ""),
            changed=changed.get(one.name),
        )
        for one in fields
    ]


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode(errors="replace")).hexdigest()[:_DIGEST]
