"""What happened to an appointment, and what was said of it, in words."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from booking.contact.forms import LABELS
from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.operations import history
from booking.owner.caller.wording import why
from booking.scheduling.slots import Reason
from booking.storage.history import Entry
from booking.storage.outbox import (
    REFUSED,
    SENDING,
    SENT,
    TOO_LATE,
    WAITING,
    WITHDRAWN,
    Letter,
)

WHATS = {
    history.BOOKED: gettext_noop("Booked"),
    history.MOVED: gettext_noop("Moved"),
    history.CANCELLED: gettext_noop("Cancelled"),
    history.DECLINED: gettext_noop("Declined"),
    history.CONFIRMED: gettext_noop("Confirmed"),
    history.LAPSED: gettext_noop("Nobody confirmed it in time"),
    history.MENDED: gettext_noop("Details changed"),
    history.ADDRESS_ASKED: gettext_noop("Another e-mail address was asked whether it is right"),
    history.ADDRESS_CHANGED: gettext_noop("Another e-mail address was confirmed"),
    history.MOVE_ASKED: gettext_noop("Another time was asked for"),
    history.MOVE_DECLINED: gettext_noop("Another time was declined"),
    history.MOVE_TAKEN_BACK: gettext_noop("Another time is not asked for any more"),
    history.MOVE_LAPSED: gettext_noop("Nobody decided about another time"),
    history.CAME: gettext_noop("Came"),
    history.NO_SHOW: gettext_noop("Did not come"),
    history.ATTENDANCE_CLEARED: gettext_noop("Not noted any more whether anybody came"),
    history.NOTE: gettext_noop("A note was written"),
    history.LETTER_AGAIN: gettext_noop("The letter was written again"),
    history.LETTER_RETRIED: gettext_noop("A letter that had failed was tried again"),
    history.UNDONE: gettext_noop("Undone"),
    history.HOLDS_LET_GO: gettext_noop("Held times were let go of"),
    history.ERASED: gettext_noop("A customer was erased"),
}
FIELDS: dict[str, str] = {**LABELS, "answers": gettext_noop("Answers")}
KINDS = {
    "booked": gettext_noop("Confirmation"),
    "moved": gettext_noop("Moved"),
    "cancelled": gettext_noop("Cancelled"),
    "series_booked": gettext_noop("Booked, several at once"),
    "series_moved": gettext_noop("Moved, several at once"),
    "series_cancelled": gettext_noop("Cancelled, several at once"),
    "reminder": gettext_noop("Reminder"),
    "tomorrow": gettext_noop("Tomorrow's list"),
    "lost_link": gettext_noop("Links that were asked for"),
    "address_changed": gettext_noop("Another address"),
    "confirm_address": gettext_noop("Is this your address?"),
    "please_confirm": gettext_noop("Please confirm"),
    "awaiting_approval": gettext_noop("Waits for you"),
    "not_confirmed": gettext_noop("Not confirmed in time"),
    "declined": gettext_noop("Declined"),
    "to_decide": gettext_noop("To decide"),
    "move_awaiting_approval": gettext_noop("Another time waits for you"),
    "move_declined": gettext_noop("Another time declined"),
    "move_not_confirmed": gettext_noop("Another time not decided"),
    "move_to_decide": gettext_noop("Another time to decide"),
    "move_taken_back": gettext_noop("Another time taken back"),
    "no_show": gettext_noop("Did not come"),
}
ROLES = {
    "customer": gettext_noop("to the customer"),
    "staff": gettext_noop("to staff"),
    "shop": gettext_noop("to the shop"),
    "host": gettext_noop("to your app"),
}


class Line(NamedTuple):
    """An entry as it is read: what, by whom, when, and what more there is to it."""

    what: str
    who: str
    when: str
    more: list[str]
    quote: str


class Sent(NamedTuple):
    """A letter as it is read."""

    kind: str
    role: str
    recipient: str
    state: str
    is_wrong: bool


def line_of(entry: Entry, zone: ZoneInfo) -> Line:
    """Return the entry in words, its times on the clock of that zone."""
    details = entry.details
    more = [*filter(None, [_more(entry, zone)]), *_mended(entry)]
    if passed_over := [Reason(each) for each in details.get("anyway", ())]:
        more.append(_("Anyway: %(reasons)s", reasons=" ".join(why(passed_over))))
    if details.get("without_letter"):
        more.append(_("Without a letter to the customer."))
    when = formats.format_moment(entry.moment, zone)
    what = _(WHATS.get(entry.what, gettext_noop("Changed")))
    return Line(what, who_did(entry), when, more, details.get("words", ""))


def sent_of(letter: Letter, zone: ZoneInfo) -> Sent:
    """Return the letter in words."""
    return Sent(
        _(KINDS.get(letter.kind, gettext_noop("Letter"))),
        _(ROLES[letter.role]),
        letter.recipient if letter.role != "host" else "",
        _STATES[letter.state](letter, zone),
        letter.state in (REFUSED, TOO_LATE),
    )


def place(kept: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Return when and with whom, of what an entry has kept."""
    span = formats.format_span(_instant(kept["start"]), _instant(kept["end"]), zone)
    return _("%(time)s with %(staff)s", time=span, staff=kept["staff"])


def moment(seconds: int, zone: ZoneInfo) -> str:
    """Return day and time of an instant in seconds since the epoch."""
    return formats.format_moment(datetime.fromtimestamp(seconds, UTC), zone)


def who_did(entry: Entry) -> str:
    """Return by whom it was done: a name at the desk, else from where it came."""
    doors = {
        "customer": gettext_noop("by the customer"),
        "link": gettext_noop("by the link in a letter to the shop"),
        "shell": gettext_noop("at the shell"),
        "clock": gettext_noop("by itself"),
    }
    if entry.door == "desk":
        return _("by %(name)s", name=entry.actor)
    return _(doors[entry.door])


def _more(entry: Entry, zone: ZoneInfo) -> str:
    details = entry.details
    if entry.what == history.MOVED and details:
        before, after = (place(details[each], zone) for each in ("before", "after"))
        return _("From %(before)s to %(after)s.", before=before, after=after)
    if entry.what == history.UNDONE and details:
        return _(WHATS[details["what"]])
    if entry.what == history.LETTER_RETRIED and details:
        return (
            f"{_(KINDS.get(details['kind'], gettext_noop('Letter')))}, {_(ROLES[details['role']])}"
        )
    if "asked" in details:
        return place(details["asked"], zone)
    if "holds" in details:
        return "; ".join(place(each, zone) for each in details["holds"])
    return ""


def _mended(entry: Entry) -> list[str]:
    """What was written there before, and what is now, field by field."""
    if entry.what not in (history.MENDED, history.ADDRESS_CHANGED) or not entry.details:
        return []
    before, after = entry.details["before"], entry.details["after"]
    return [
        _(
            "%(field)s: %(before)s, now %(after)s",
            field=_(FIELDS[name]),
            before=_as_written(before[name]),
            after=_as_written(after[name]),
        )
        for name in after
    ]


def _as_written(value: Any) -> str:
    """A field's text, or answers as they are read."""
    if isinstance(value, list):
        return formats.join_list([str(each["value"]) for each in value]) or _("none")
    return str(value) or _("none")


def _when(letter: Letter, zone: ZoneInfo) -> str:
    return moment(letter.ended_at or letter.due_at, zone)


_STATES: dict[str, Callable[[Letter, ZoneInfo], str]] = {
    WAITING: lambda letter, zone: (
        _("is tried again; the server said: %(answer)s", answer=letter.answer)
        if letter.tries
        else _("leaves on %(when)s", when=moment(letter.due_at, zone))
    ),
    SENDING: lambda _letter, _zone: _("is on its way"),
    SENT: lambda letter, zone: _("sent on %(when)s", when=_when(letter, zone)),
    REFUSED: lambda letter, _zone: _("refused: %(answer)s", answer=letter.answer),
    WITHDRAWN: lambda letter, zone: _("withdrawn on %(when)s", when=_when(letter, zone)),
    TOO_LATE: lambda _letter, _zone: _("not sent, for it was too late"),
}


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
