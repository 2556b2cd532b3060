"""One letter, as the desk words it: what it says, to whom, and what became of it."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.i18n import formats, gettext_noop, ngettext
from booking.i18n import gettext as _
from booking.owner import cookies
from booking.owner.bookings.wording import KINDS
from booking.storage.letter_reads import AGAIN, Listed
from booking.storage.outbox import (
    LOST_LINK,
    REFUSED,
    SENDING,
    SENT,
    TOO_LATE,
    WAITING,
    WITHDRAWN,
    Letter,
)

TO_WHOM = {
    "customer": gettext_noop("Customer"),
    "staff": gettext_noop("Staff"),
    "shop": gettext_noop("Shop"),
    "host": gettext_noop("Another program"),
}
STATES = {
    WAITING: gettext_noop("Waiting"),
    AGAIN: gettext_noop("To be tried again"),
    SENDING: gettext_noop("On their way"),
    SENT: gettext_noop("Sent"),
    REFUSED: gettext_noop("Refused"),
    WITHDRAWN: gettext_noop("Withdrawn"),
    TOO_LATE: gettext_noop("Too late"),
}
"""What letters can be looked for by."""
_BECAME = {
    SENDING: gettext_noop("On its way"),
    SENT: gettext_noop("Sent"),
    REFUSED: gettext_noop("Refused"),
    WITHDRAWN: gettext_noop("Withdrawn, for it is not true any more"),
    TOO_LATE: gettext_noop("Not sent, for it came too late"),
}


class Line(NamedTuple):
    """A letter; `about_url` and `why_not` (not to be sent again) are empty where there is none."""

    number: int
    url: str
    when: str
    what: str
    to: str
    role: str
    about: str
    about_url: str
    kind: str
    state: str
    tries: str
    answer: str
    can_be_tried: bool
    why_not: str


def line_of(listed: Listed, zone: ZoneInfo, now: datetime, retryable: Collection[int]) -> Line:
    """Return the letter as it is shown; `retryable` are the numbers of those that may go again."""
    one, root = listed.letter, cookies.root()
    state = standing_of(one)
    has_failed = state in (REFUSED, AGAIN)
    is_hopeless = has_failed and one.id not in retryable
    return Line(
        one.id,
        f"{root}letters/{one.id}",
        moment(one.ended_at or one.due_at, zone),
        name_of(one.kind),
        recipient_of(one),
        _(TO_WHOM[one.role]),
        listed.reference,
        f"{root}bookings/{listed.reference}" if listed.reference else "",
        state,
        became(one, zone, now),
        ngettext("Tried once", "Tried %(number)s times", one.tries) if one.tries else "",
        one.answer,
        has_failed and not is_hopeless,
        _("It is not true any more, or too late, so it is not sent again.") if is_hopeless else "",
    )


def standing_of(one: Letter) -> str:
    """Return which of LISTED_STATES the letter is in."""
    if one.state == WAITING and (one.tries or one.leased_until is not None):
        return AGAIN
    return one.state


def name_of(kind: str) -> str:
    """Return what that kind of letter is called; a host's program may hear of kinds of its own."""
    return _(KINDS[kind]) if kind in KINDS else kind.replace("_", " ").capitalize()


def recipient_of(one: Letter) -> str:
    """Return whom it is to; of links that were asked for nothing is kept once they went."""
    if one.kind == LOST_LINK and one.state == SENT:
        return _("An address that is not kept")
    return one.recipient


def became(one: Letter, zone: ZoneInfo, now: datetime) -> str:
    """Return what became of it, or will."""
    state = standing_of(one)
    if state == AGAIN:
        then = one.leased_until
        if then is None or then <= now.timestamp():
            return _("To be tried again now")
        return _("To be tried again %(when)s", when=moment(then, zone))
    if state == WAITING:
        is_due = one.due_at <= now.timestamp()
        return _("Due now") if is_due else _("Waits until %(when)s", when=moment(one.due_at, zone))
    return _(_BECAME[state])


def moment(seconds: int, zone: ZoneInfo) -> str:
    """Return an instant as lists have it: '2 Mar, 14:30'."""
    instant = datetime.fromtimestamp(seconds, UTC)
    day = formats.format_short_day(instant.astimezone(zone).date())
    return _("%(day)s, %(time)s", day=day, time=formats.format_time(instant, zone))
