"""What was done to customers and accounts, in words."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.operations import history
from booking.owner.accounts import ROLE_NAMES
from booking.owner.bookings.wording import Line, who_did
from booking.storage.history import Entry

WHATS = {
    history.MERGED: gettext_noop("Merged with another customer"),
    history.MERGED_INTO: gettext_noop("Merged into another customer"),
    history.PARTED: gettext_noop("Parted from another customer"),
    history.SPLIT: gettext_noop("Some appointments were given to somebody else"),
    history.SPLIT_OFF: gettext_noop("Got some appointments of another customer"),
    history.BLOCKED: gettext_noop("No more online bookings"),
    history.UNBLOCKED: gettext_noop("May book online again"),
    history.DESCRIBED: gettext_noop("What the desk says of them was changed"),
}
ACCOUNT_WHATS = {
    history.ACCOUNT_MADE: gettext_noop("Was let in"),
    history.ACCOUNT_CHANGED: gettext_noop("Name, role or what they may do was changed"),
    history.ACCOUNT_REMOVED: gettext_noop("Comes in no more"),
    history.LINK_MADE: gettext_noop("A link to set a password was made"),
    history.SESSIONS_ENDED: gettext_noop("Was signed out everywhere"),
}
FIELDS = {"name": gettext_noop("Called"), "note": gettext_noop("Note")}


def line_of(entry: Entry, zone: ZoneInfo, names: Mapping[int, str]) -> Line:
    """Return the entry in words; `names` has what the customers that it names are called now."""
    when = formats.format_moment(entry.moment, zone)
    return Line(_(WHATS[entry.what]), who_did(entry), when, [*_more(entry, names)], "")


def line_of_account(entry: Entry, zone: ZoneInfo) -> Line:
    """Return the entry in words, with the role of then."""
    when = formats.format_moment(entry.moment, zone)
    role = _(ROLE_NAMES[entry.details["role"]])
    return Line(_(ACCOUNT_WHATS[entry.what]), who_did(entry), when, [role], "")


def _more(entry: Entry, names: Mapping[int, str]) -> Iterator[str]:
    for number in entry.details.get("others", ()):
        yield names.get(number) or _("Somebody who is not there any more")
    if fields := entry.details.get("fields"):
        yield formats.join_list([_(FIELDS[each]) for each in fields])
