"""What a form of the desk's sent. The door has read it whole, and refused other sites' before."""

import re

from booking.contact.validators import one_line
from booking.i18n import gettext as _
from booking.operations.accounts import LONGEST_NAME
from booking.state import current_request

MOST_BYTES = 256 * 1024
MOST_FIELDS = 500
LONGEST_LINE = 500
LONGEST_NUMBER = 18
"""Digits: no row of any database has a number of more."""
PASSWORDS = {"password", "current"}
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def posted(name: str) -> str:
    """Return one field as it was typed; empty when it was not sent.

    What no keyboard types goes: control characters, at one of which PostgreSQL fails.
    """
    return _CONTROLS.sub("", current_request().form.get(name, ""))


def posted_each(name: str) -> list[str]:
    """Return what was typed into each of the fields of one name, as `posted` does of one."""
    return [_CONTROLS.sub("", value) for value in current_request().form.getlist(name)]


def posted_line(name: str) -> str:
    """Return one field as one clean line, cut to what any of ours may hold."""
    return one_line(posted(name)[: 2 * LONGEST_LINE])[:LONGEST_LINE].strip()


def number_in(text: str) -> int | None:
    """Return the number of a row that this is; None for what no row can have."""
    is_one = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    return int(text) if is_one else None


def name_too_long(name: str) -> str:
    """Return what to say beside a name that has no room here; empty for one that has."""
    if len(name) <= LONGEST_NAME:
        return ""
    return _("Use at most %(number)s characters.", number=LONGEST_NAME)


def is_posted(name: str) -> bool:
    """Return whether that box was ticked."""
    return bool(posted(name))


def all_posted() -> list[tuple[str, str]]:
    """Return the fields in their order, those of one name each by itself: so many at most.

    Passwords are not among them: a page that repeats what was typed does not repeat those.
    """
    sent = current_request().form.items(multi=True)
    return [(name, value) for name, value in sent if name not in PASSWORDS][:MOST_FIELDS]
