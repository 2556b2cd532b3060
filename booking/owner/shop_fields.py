"""The fields of a form about the business, and which of them somebody else has changed meanwhile.

What a form was shown with, and what that comes to now, is `booking.web.meanwhile`'s; here is how it
is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.web.meanwhile import WAS, Merged, Values, marks_of, merge

from .forms import posted

__all__ = [
    "WAS",
    "Field",
    "Merged",
    "Values",
    "filled_in",
    "marks_of",
    "merge",
    "posted_values",
]


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


def posted_values(names: Sequence[str]) -> Values:
    """Return these fields as they were typed, with the ends of lines that we keep."""
    return {name: posted(name).replace("\r\n", "\n") for name in names}


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
