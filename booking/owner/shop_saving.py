"""Save a change of the business, once it was said which appointments to come it touches.

Whom it touches is asked before anything is locked: that reads every appointment to come, and on
SQLite nobody could book meanwhile. Somebody agrees to what they were shown: to exactly these
appointments, not to whichever there are by then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations.plan import BusinessPlan
from booking.operations.plan_edits import member_of, service_of
from booking.operations.plan_versions import version_of
from booking.operations.shop_changes import SeenBusiness, change_as_seen, look_at_business
from booking.operations.touched import Concern, Touched, touches
from booking.scheduling import clock
from booking.state import current_sidebook
from booking.tab_sessions import Retry, TabSessionBusy, read_transaction, run_in_transaction

from .forms import posted
from .shop_fields import Values

T = TypeVar("T")
AGREED = "agreed"
TRIES = 5
PAGE = 50
"""Appointments that are listed at a time."""
WHY = {
    Concern.SERVICE_GONE: gettext_noop("the service is gone"),
    Concern.PERSON_GONE: gettext_noop("the person is gone"),
    Concern.NOT_OFFERED: gettext_noop("the person does not offer it"),
    Concern.CLOSED: gettext_noop("the shop is closed"),
    Concern.AWAY: gettext_noop("the person is away"),
    Concern.OUTSIDE_HOURS: gettext_noop("outside the hours"),
}


@dataclass
class Asked:
    """What a form asks to be saved, and what is in its way; with nothing in its way it is saved.

    `stored` is what its fields would say of what is stored. `after` is the business as it would be;
    None where it may not be saved. `is_gone`: what was to be changed is not there.
    """

    values: Values = field(default_factory=dict)
    stored: Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    changed: Values = field(default_factory=dict)
    taken_over: list[str] = field(default_factory=list)
    after: BusinessPlan | None = None
    touched: Sequence[Touched] = ()
    before: BusinessPlan | None = None
    is_gone: bool = False

    @property
    def is_saved(self) -> bool:
        """Whether nothing was in the way."""
        return self.after is not None and not self.touched

    @property
    def status(self) -> int:
        """What to answer where it is not saved: 409 for what others changed, or have booked."""
        return 422 if self.errors else 409


def save(ask: Callable[[Session, BusinessPlan], Asked]) -> Asked:
    """Carry out what `ask` makes of the business as it is, and return it with what is in the way.

    `ask` only reads, and may be called again. The appointments that it touches are in the way
    until the form says (AGREED) that they were seen.

    Raises: TabSessionBusy where others changed the business, or booked what it touches, each time
    between the look and the change.
    """
    now, agreed = utc_now(), posted(AGREED)
    for _try in range(TRIES):
        seen, asked, touched = read(partial(_looked, ask, now))
        if asked.after is None:
            return asked
        if touched and agreed != mark_of(touched):
            asked.touched = touched
            return asked
        change = partial(change_as_seen, seen=seen, after=asked.after, now=now, touched=touched)
        if run_in_transaction(current_sidebook().session, change, keep=bool):
            return asked
    raise TabSessionBusy from Retry("others change the business, or book what this touches")


def _looked(
    ask: Callable[[Session, BusinessPlan], Asked], now: datetime, session: Session
) -> tuple[SeenBusiness, Asked, Sequence[Touched]]:
    """Look at the business, at what is asked of it, and at whom that touches."""
    seen = look_at_business(session)
    asked = ask(session, seen.plan)
    asked.before = seen.plan
    touched = touches(session, seen.plan, asked.after, now) if asked.after else ()
    return seen, asked, touched


def mark_of(touched: Sequence[Touched]) -> str:
    """Return the digest of these appointments and what is in their way."""
    return version_of([(one.booking_id, one.why) for one in touched])


@dataclass(frozen=True)
class Row:
    """One appointment as it is listed."""

    reference: str
    when: str
    service: str
    member: str
    why: str


@dataclass(frozen=True)
class Panel:
    """What is said of appointments that a change touches: how many, and some of them."""

    count: int
    rows: Sequence[Row]
    first: int
    agreed: str

    @property
    def later(self) -> int:
        """Where the next page begins; 0 for none."""
        following = self.first + PAGE
        return following if following < self.count else 0

    @property
    def earlier(self) -> int:
        """Where the page before begins; -1 for none."""
        return self.first - PAGE


def panel_of(asked: Asked, first: int = 0) -> Panel | None:
    """Return what to show of whom it touches; None for nobody."""
    if not asked.touched or asked.before is None:
        return None
    shown = rows_of(asked.before, asked.touched[first : first + PAGE])
    return Panel(len(asked.touched), shown, first, mark_of(asked.touched))


def rows_of(plan: BusinessPlan, touched: Sequence[Touched]) -> list[Row]:
    """Return these appointments as they are listed, in the shop's zone."""
    zone = clock.zone(plan.shop.zone)
    return [
        Row(
            one.reference,
            formats.format_span(one.starts_at, one.ends_at, zone),
            getattr(service_of(plan, one.service), "name", one.service),
            getattr(member_of(plan, one.member), "name", one.member),
            _(WHY[one.why]),
        )
        for one in touched
    ]


def read(work: Callable[[Session], T]) -> T:
    """Return what `work` finds, in a transaction that only reads."""
    with read_transaction(current_sidebook().session) as session:
        return work(session)


def by_name(errors: Mapping[tuple[str | int, ...], str]) -> dict[str, str]:
    """Return what is wrong by the names of fields, such as questions-0-label."""
    return {"-".join(map(str, path)): said for path, said in errors.items()}
