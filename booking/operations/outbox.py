"""Who is to hear of what happens to a booking: a letter for each, in the verb's own transaction.

Whoever rolls back has told nobody, and whoever commits has told everybody: what is due is sent
later, by `notifications`, because a view may be run again and a mail server may be slow. Letters
of earlier events that nobody has begun to send are withdrawn, for they are not true any more.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, pairwise
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.scheduling.clock import wall_clock_before
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking, Service, Shop, StaffMember
from booking.storage.outbox import (
    ADDRESS_CHANGED,
    NEW,
    Letter,
    add_letters,
    reminders_to_come,
    withdraw_letters,
    withdraw_reminders,
)
from booking.transactions.sessions import after_commit

from .daily_lists import hears_at_once
from .left_out import PLEASE_CONFIRM, within, without_the_untold
from .plan import MAIL
from .requests import By

EventName = Literal["booked", "moved", "cancelled", "pending", "declined"]
REMINDER, LETTER = "reminder", "letter"
TO_DECIDE, NOT_CONFIRMED = "to_decide", "not_confirmed"


class Before(NamedTuple):
    """Where a booking was before it was moved."""

    starts_at: datetime
    ends_at: datetime
    staff: StaffMember


@dataclass(frozen=True)
class Event:
    """What happened to a booking: when, by whom, and in whose words; `before`: it was moved.

    `pending_for` says what it had waited for until then, if it was pending.
    """

    name: EventName
    now: datetime
    by: By
    words: str = ""
    before: Before | None = None
    pending_for: str = ""

    @property
    def is_for_hosts(self) -> bool:
        """Tell whether hosts hear of it: what was never confirmed was never booked to them."""
        is_new = self.name == "booked" or not self.pending_for
        return is_new and self.name not in ("pending", "declined")


@dataclass(frozen=True)
class Outbox:
    """What an app sends: letters where it has `mail`, and to a host's handlers, by their names.

    `announce` is told each event and reference at once, when it is committed (None: nobody is);
    LETTER as the event, where hosts hear nothing of it.
    Of what customers do themselves one address gets at most `letters_per_address` on a day.
    """

    mail: bool = False
    handlers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    announce: Callable[[str, str], None] | None = None
    letters_per_address: int = 10

    def write(
        self,
        session: Session,
        booking: Booking,
        service: Service,
        member: StaffMember,
        event: Event,
    ) -> None:
        """Write what is to be said of this event, and withdraw what is not true any more.

        Nothing is written, and nothing asked, of a new booking where neither letters nor handlers
        want to know.

        Raises: VisitorLimit where its customer could not confirm it, for want of the letter.
        """
        if self.announce:
            what = event.name if event.is_for_hosts else LETTER
            after_commit(session, partial(self.announce, what, booking.reference))
        if event.pending_for or event.name in ("moved", "cancelled"):
            now = int(event.now.timestamp())
            withdraw_letters(session, booking.id, now=now, member_id=member.id)
        if not self.mail and not any(self.handlers.values()):
            return
        shop = read_catalogue(session).shop
        addressed = list(_letters(booking, member, event, shop)) if self.mail else []
        addressed = without_the_untold(session, booking, addressed)
        if event.by == "customer":
            addressed = within(session, addressed, self.letters_per_address, event.now)
        booking.is_told = any(
            (row["role"], row["kind"]) == ("customer", event.name) for row in addressed
        )
        handed = self._for_handlers(booking, member, event, shop)
        _add(
            session, booking, _facts(booking, service, member, event), event.now, addressed, handed
        )

    def tells_customer(self, session: Session, booking: Booking, name: EventName) -> bool:
        """Tell whether a letter about such an event goes to the booking's customer."""
        off = _mail(read_catalogue(session).shop)["off"]
        return self.mail and bool(booking.customer_email) and name not in off

    def plan_reminders(
        self, session: Session, numbers: Sequence[int], *, now: datetime
    ) -> tuple[int, int]:
        """Let the reminders of these bookings (their ids) be those that are wanted now.

        Returns how many were written, and how many that are not wanted any more withdrawn.
        """
        shop, planned, withdrawn = read_catalogue(session).shop, 0, 0
        # Locked: whoever moves one meanwhile plans for the new time.
        these = select(Booking).where(Booking.id.in_(numbers)).order_by(Booking.id)
        for booking in session.scalars(these.with_for_update()):
            member, event = booking.staff_member, Event("booked", now, "customer")
            rows = (
                *(_letters(booking, member, event, shop) if self.mail else ()),
                *self._for_handlers(booking, member, event, shop),
            )
            wanted = {
                (row["role"], row["recipient"], row["due_at"]): row
                for row in rows
                if row["kind"] == REMINDER
            }
            there = reminders_to_come(session, booking.id, now=int(now.timestamp()))
            missing, more = wanted.keys() - there, there.keys() - wanted
            withdraw_reminders(session, [there[one] for one in more], now=int(now.timestamp()))
            facts = _facts(booking, booking.service, member, event)
            _add(session, booking, facts, now, [wanted[one] for one in sorted(missing)])
            planned, withdrawn = planned + len(missing), withdrawn + len(more)
        return planned, withdrawn

    def write_new_address(
        self, session: Session, booking: Booking, before: str, event: Event
    ) -> None:
        """Write to the new address what it would have been told of a booking made just now.

        The address `before` (if there was one) is told that it hears no more, and not why.

        Raises: VisitorLimit, as `write` does.
        """
        if before:
            now = int(event.now.timestamp())
            withdraw_letters(session, booking.id, now=now, recipient=before)
        if not self.mail:
            return
        shop, member = read_catalogue(session).shop, booking.staff_member
        addressed = _letters(booking, member, event, shop)
        ours = [each for each in addressed if each["role"] == "customer"]
        if event.by == "customer":
            ours = within(session, ours, self.letters_per_address, event.now)
        if before and ADDRESS_CHANGED not in _mail(shop)["off"]:
            last = [_row(ADDRESS_CHANGED, "customer", before, member, event.now, None)]
            if event.by == "customer":  # who goes to and fro would write to a stranger for ever
                last = within(session, last, self.letters_per_address, event.now)
            ours += last
        facts = _facts(booking, booking.service, member, event)
        _add(session, booking, facts, event.now, ours)
        if self.announce:
            after_commit(session, partial(self.announce, LETTER, booking.reference))

    def _for_handlers(
        self, booking: Booking, member: StaffMember, event: Event, shop: Shop | None
    ) -> Iterator[dict[str, Any]]:
        for name in self.handlers.get(event.name, ()) if event.is_for_hosts else ():
            yield _row(event.name, "host", name, member, event.now, None)
        for name in self.handlers.get(REMINDER, ()):
            for due, until in _reminders(booking, event, shop):
                yield _row(REMINDER, "host", name, member, due, until)


def sample_letter(
    booking: Booking, service: Service, member: StaffMember, name: str, *, now: datetime
) -> Letter:
    """Return the letter of that name about a booking, as if it were written now, to be looked at.

    What changed of the booking is made up.
    """
    role, _, kind = name.partition("_")
    if role not in ("staff", "shop"):
        role, kind = "customer", name
    day = timedelta(days=1)
    event = {
        "moved": Event(
            "moved",
            now,
            "owner",
            before=Before(booking.starts_at + day, booking.ends_at + day, member),
        ),
        "cancelled": Event("cancelled", now, "owner", "We have the painters in."),
    }.get(kind, Event("booked", now, "customer"))
    row = _row(kind, role, booking.customer_email, member, now, None)
    facts = {"until": _iso(now + day), **_facts(booking, service, member, event)}
    letter = {**_common(booking, now), **row, "facts": facts}
    return Letter(id=0, message_id="example", **letter)


def _add(
    session: Session,
    booking: Booking,
    facts: Mapping[str, Any],
    now: datetime,
    *rows: Iterable[Mapping[str, Any]],
) -> None:
    common, every = {**_common(booking, now), "facts": facts}, chain.from_iterable(rows)
    add_letters(
        session, [{**common, **each, "message_id": secrets.token_hex(12)} for each in every]
    )


def _common(booking: Booking, now: datetime) -> dict[str, Any]:
    return {
        "booking_id": booking.id,
        "language": booking.language,
        "sequence": booking.changes,
        "created_at": int(now.timestamp()),
        **NEW,
    }


def _letters(
    booking: Booking, member: StaffMember, event: Event, shop: Shop | None
) -> Iterator[dict[str, Any]]:
    """The letters of an event: to the customer, to the staff, to the shop, and reminders."""
    if event.name == "pending":
        yield from _while_pending(booking, member, event, shop)
        return
    off, kind, now = set(_mail(shop)["off"]), event.name, event.now
    # A confirmation or an invitation says nothing any more once it has begun.
    last = None if kind in ("cancelled", "declined") else booking.starts_at
    if booking.customer_email and kind not in off:
        yield _row(kind, "customer", booking.customer_email, member, now, last)
    # Whoever declines has told the others; and of what only its customer knew nobody else hears.
    if kind == "declined" or (kind == "cancelled" and event.pending_for == "mail"):
        return
    for what, whom, starts in _to_staff(event, member, booking.starts_at):
        if (
            whom.email
            and f"staff_{what}" not in off
            and hears_at_once(whom, starts, now, _zone(shop))
        ):
            yield _row(what, "staff", whom.email, whom, now, None if what == "cancelled" else last)
    if shop and shop.email and f"shop_{kind}" not in off:
        yield _row(kind, "shop", shop.email, member, now, last)
    if booking.customer_email and REMINDER not in off:
        for due, until in _reminders(booking, event, shop):
            yield _row(REMINDER, "customer", booking.customer_email, member, due, until)


def _while_pending(
    booking: Booking, member: StaffMember, event: Event, shop: Shop | None
) -> Iterator[dict[str, Any]]:
    """What has to be done until when, to whoever can do it; and for then, that nobody did."""
    until = datetime.fromtimestamp(booking.pending_until or 0, UTC)
    asked = booking.pending_for == "approval"
    off = {*_mail(shop)["off"]} - {PLEASE_CONFIRM}  # without it nobody could
    staff = member.email if asked and member.letters != "never" else ""
    sides = {"customer": booking.customer_email, "staff": staff, "shop": shop.email if shop else ""}
    first = {
        "customer": "awaiting_approval" if asked else PLEASE_CONFIRM,
        **dict.fromkeys(("staff", "shop"), TO_DECIDE if asked else ""),
    }
    for role, recipient in ((role, whom) for role, whom in sides.items() if whom):
        name = "" if role == "customer" else f"{role}_"
        if first[role] and name + first[role] not in off:
            yield _row(first[role], role, recipient, member, event.now, until)
        if name + NOT_CONFIRMED not in off:
            yield _row(NOT_CONFIRMED, role, recipient, member, until, None)


def _to_staff(
    event: Event, member: StaffMember, start: datetime
) -> Iterator[tuple[EventName, StaffMember, datetime]]:
    """What happened as each of them sees it, and on which day first.

    What went to a colleague is over for the first.
    """
    if event.before and event.before.staff.id != member.id:
        yield "cancelled", event.before.staff, event.before.starts_at
        yield "booked", member, start
    else:
        yield event.name, member, min(start, event.before.starts_at if event.before else start)


def _reminders(
    booking: Booking, event: Event, shop: Shop | None
) -> Iterable[tuple[datetime, datetime]]:
    """When the customer is reminded, and until when that is of use: until the next one is due.

    Not where that time has passed already.
    """
    if event.name == "cancelled" or booking.state != "confirmed":
        return ()
    zone, start = _zone(shop), booking.starts_at
    wanted = {wall_clock_before(start, each, zone) for each in _mail(shop)["reminders"]}
    due = sorted(each for each in wanted if each > event.now)
    return pairwise([*due, start])


def _row(
    kind: str,
    role: str,
    recipient: str,
    member: StaffMember,
    due: datetime,
    last: datetime | None,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "role": role,
        "recipient": recipient,
        "staff_member_id": member.id if role == "staff" else None,
        "due_at": int(due.timestamp()),
        "last_moment": None if last is None else int(last.timestamp()),
    }


def _facts(booking: Booking, service: Service, member: StaffMember, event: Event) -> dict[str, Any]:
    """The appointment as it is at this moment: it may be another one when the letter goes out."""
    facts: dict[str, Any] = {
        "start": _iso(booking.starts_at),
        "end": _iso(booking.ends_at),
        "service": service.name,
        "staff": member.name,
        "price": service.price,
        "place": service.place,
        "is_online": service.is_online,
        "by": event.by,
        "words": event.words,
    }
    if not event.is_for_hosts:
        facts["pending_for"] = booking.pending_for
    if booking.pending_until:
        facts["until"] = _iso(datetime.fromtimestamp(booking.pending_until, UTC))
    if before := event.before:
        facts["before"] = {
            "start": _iso(before.starts_at),
            "end": _iso(before.ends_at),
            "staff": before.staff.name,
        }
    return facts


def _mail(shop: Shop | None) -> Mapping[str, Any]:
    return {**MAIL, **((shop and shop.mail) or {})}


def _zone(shop: Shop | None) -> ZoneInfo:
    return ZoneInfo(shop.zone if shop else "UTC")


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
