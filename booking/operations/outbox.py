"""Who is to hear of what happens to a booking: a letter for each, in the verb's own transaction.

Whoever rolls back has told nobody, and whoever commits has told everybody: what is due is sent
later, by `notifications`, because a view may be run again and a mail server may be slow. Letters
of earlier events that nobody has begun to send are withdrawn, for they are not true any more.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.scheduling.clock import wall_clock_before
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking, Service, Shop, StaffMember
from booking.storage.outbox import (
    ABOUT_A_MOVE,
    ADDRESS_CHANGED,
    MOVE_TO_DECIDE,
    Letter,
    reminders_to_come,
    withdraw_letters,
    withdraw_reminders,
)
from booking.transactions.sessions import after_commit

from .daily_lists import hears_at_once
from .events import Before, Event, EventName
from .left_out import PLEASE_CONFIRM, within, without_the_untold
from .letter_rows import facts_of, iso, letter_row, mail_of, shared_columns, write_rows, zone_of

REMINDER, LETTER = "reminder", "letter"
TO_DECIDE, NOT_CONFIRMED = "to_decide", "not_confirmed"


@dataclass(frozen=True)
class Outbox:
    """What an app sends: letters where it has `mail`, and to a host's handlers, by their names.

    `announce` is told each event and reference at once, when it is committed (None: nobody is);
    LETTER as the event, where hosts hear nothing of it.
    Of what customers do themselves one address gets at most `letters_per_address` on a day.
    What it writes is due after `delay` seconds, so that it can be undone until then; a `silent` one
    writes the customer nothing of what happens now, and what is due later all the same.
    """

    mail: bool = False
    handlers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    announce: Callable[[str, str], None] | None = None
    letters_per_address: int = 10
    delay: int = 0
    silent: bool = False

    def write(
        self,
        session: Session,
        booking: Booking,
        service: Service,
        member: StaffMember,
        event: Event,
    ) -> list[int]:
        """Write what is to be said of this event, and withdraw what is not true any more.

        Nothing is written, and nothing asked, of a new booking where neither letters nor handlers
        want to know. Returns the numbers of the letters that were withdrawn.

        Raises: VisitorLimit where its customer could not confirm it, for want of the letter.
        """
        if self.announce:
            what = event.name if event.is_for_hosts else LETTER
            after_commit(session, partial(self.announce, what, booking.reference))
        gone: list[int] = []
        if event.pending_for or event.name in ("moved", "cancelled"):
            now = int(event.now.timestamp())
            gone = withdraw_letters(session, booking.id, now=now, member_id=member.id)
        if not self.mail and not any(self.handlers.values()):
            return gone
        shop = read_catalogue(session).shop
        addressed = list(_letters(booking, member, event, shop)) if self.mail else []
        addressed = without_the_untold(session, booking, addressed)
        if event.by == "customer":
            addressed = within(session, addressed, self.letters_per_address, event.now)
        addressed = self.timed(addressed, event.now)
        booking.is_told = any(
            (row["role"], row["kind"]) == ("customer", event.name) for row in addressed
        )
        handed = self.timed(self._for_handlers(booking, member, event, shop), event.now)
        write_rows(
            session,
            booking,
            facts_of(booking, service, member, event),
            event.now,
            addressed,
            handed,
        )
        return gone

    def silenced(self, *, silent: bool) -> "Outbox":
        """Return the same, that writes the customer nothing of what happens now, if `silent`."""
        return replace(self, silent=silent)

    def timed(self, rows: Iterable[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
        """Return these rows of what happens `now`, due when they may leave; no silenced ones."""
        at = int(now.timestamp())
        return [
            _not_before(row, at + self.delay)
            for row in rows
            if not self.silent or row["role"] != "customer" or row["due_at"] > at
        ]

    def tell_hosts(self, session: Session, booking: Booking, event: Event) -> None:
        """Write down an event of which only a host's own functions hear."""
        shop, member = read_catalogue(session).shop, booking.staff_member
        rows = self.timed(self._for_handlers(booking, member, event, shop), event.now)
        facts = facts_of(booking, booking.service, member, event)
        write_rows(session, booking, facts, event.now, rows)

    def tells_customer(self, session: Session, booking: Booking, name: str) -> bool:
        """Tell whether a letter of that name goes to the booking's customer."""
        off = mail_of(read_catalogue(session).shop)["off"]
        return self.mail and not self.silent and bool(booking.customer_email) and name not in off

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
                (row["role"], row["recipient"], row["due_at"], row["last_moment"]): row
                for row in rows
                if row["kind"] == REMINDER
            }
            there = reminders_to_come(session, booking.id, now=int(now.timestamp()))
            missing, more = wanted.keys() - there, there.keys() - wanted
            withdraw_reminders(session, [there[one] for one in more], now=int(now.timestamp()))
            facts = facts_of(booking, booking.service, member, event)
            write_rows(session, booking, facts, now, [wanted[one] for one in sorted(missing)])
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
        if before and ADDRESS_CHANGED not in mail_of(shop)["off"]:
            last = [letter_row(ADDRESS_CHANGED, "customer", before, member, event.now, None)]
            if event.by == "customer":  # who goes to and fro would write to a stranger for ever
                last = within(session, last, self.letters_per_address, event.now)
            ours += last
        ours = self.timed(ours, event.now)
        facts = facts_of(booking, booking.service, member, event)
        write_rows(session, booking, facts, event.now, ours)
        if self.announce:
            after_commit(session, partial(self.announce, LETTER, booking.reference))

    def _for_handlers(
        self, booking: Booking, member: StaffMember, event: Event, shop: Shop | None
    ) -> Iterator[dict[str, Any]]:
        for name in self.handlers.get(event.name, ()) if event.is_for_hosts else ():
            yield letter_row(event.name, "host", name, member, event.now, None)
        for name in self.handlers.get(REMINDER, ()):
            for due, until in _reminders(booking, event, shop):
                yield letter_row(REMINDER, "host", name, member, due, until)


def _not_before(row: dict[str, Any], due: int) -> dict[str, Any]:
    """The row, due then at the earliest; in time for its point all the same, where it can be."""
    last = row["last_moment"]
    due = due if last is None else min(due, max(row["due_at"], last - 1))
    return {**row, "due_at": max(row["due_at"], due)}


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
    row = letter_row(kind, role, booking.customer_email, member, now, None)
    facts = {"until": iso(now + day), **facts_of(booking, service, member, event)}
    if kind in ABOUT_A_MOVE:
        start, end = iso(booking.starts_at + day), iso(booking.ends_at + day)
        facts["asked"] = {"start": start, "end": end, "staff": member.name}
    letter = {**shared_columns(booking, now), **row, "facts": facts}
    return Letter(id=0, message_id="example", **letter)


def customers_letter(booking: Booking, event: Event, shop: Shop | None) -> dict[str, Any] | None:
    """Return the letter by which the customer hears of that event now; None: there is none."""
    at = int(event.now.timestamp())
    rows = _letters(booking, booking.staff_member, event, shop)
    return next((row for row in rows if row["role"] == "customer" and row["due_at"] == at), None)


def _letters(
    booking: Booking, member: StaffMember, event: Event, shop: Shop | None
) -> Iterator[dict[str, Any]]:
    """The letters of an event: to the customer, to the staff, to the shop, and reminders."""
    if event.name == "pending":
        yield from _while_pending(booking, member, event, shop)
        return
    mail, kind, now = mail_of(shop), event.name, event.now
    off = {*mail["off"]}
    # A confirmation or an invitation says nothing any more once it has begun.
    last = None if kind in ("cancelled", "declined") else booking.starts_at
    if event.is_one_of_many:
        off |= {kind, f"shop_{kind}"}
    if booking.customer_email and kind not in off:
        yield letter_row(kind, "customer", booking.customer_email, member, now, last)
    # Whoever declines has told the others; and of what only its customer knew nobody else hears.
    if kind == "declined" or (kind == "cancelled" and event.pending_for == "mail"):
        return
    for what, whom, starts in _to_staff(event, member, booking.starts_at):
        if (
            whom.email
            and f"staff_{what}" not in off
            and (
                _was_to_decide(event, whom, member, off)
                or hears_at_once(whom, starts, now, mail, zone_of(shop))
            )
        ):
            yield letter_row(
                what, "staff", whom.email, whom, now, None if what == "cancelled" else last
            )
    if shop and shop.email and f"shop_{kind}" not in off:
        yield letter_row(kind, "shop", shop.email, member, now, last)
    if booking.customer_email and REMINDER not in off:
        for due, until in _reminders(booking, event, shop):
            yield letter_row(REMINDER, "customer", booking.customer_email, member, due, until)


def _while_pending(
    booking: Booking, member: StaffMember, event: Event, shop: Shop | None
) -> Iterator[dict[str, Any]]:
    """What has to be done until when, to whoever can do it; and for then, that nobody did."""
    until = datetime.fromtimestamp(booking.pending_until or 0, UTC)
    asked = booking.pending_for == "approval"
    off = {*mail_of(shop)["off"]} - {PLEASE_CONFIRM}  # without it nobody could
    staff = member.email if asked and member.letters != "never" else ""
    sides = {"customer": booking.customer_email, "staff": staff, "shop": shop.email if shop else ""}
    first = {
        "customer": "awaiting_approval" if asked else PLEASE_CONFIRM,
        **dict.fromkeys(("staff", "shop"), TO_DECIDE if asked else ""),
    }
    for role, recipient in ((role, whom) for role, whom in sides.items() if whom):
        name = "" if role == "customer" else f"{role}_"
        if first[role] and name + first[role] not in off:
            yield letter_row(first[role], role, recipient, member, event.now, until)
        if name + NOT_CONFIRMED not in off:
            yield letter_row(NOT_CONFIRMED, role, recipient, member, until, None)


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


def _was_to_decide(
    event: Event, whom: StaffMember, member: StaffMember, off: Collection[str]
) -> bool:
    """Whether it ends what the letter asked `whom` to decide, so that no list can tell it in time.

    Who would have to be there, `member`, is asked at once by whatever letters they get.
    """
    if event.was_asked_for:
        asked = MOVE_TO_DECIDE
    elif event.pending_for == "approval":
        asked = TO_DECIDE
    else:
        return False
    return whom.id == member.id and whom.letters != "never" and f"staff_{asked}" not in off


def _reminders(
    booking: Booking, event: Event, shop: Shop | None
) -> Iterable[tuple[datetime, datetime]]:
    """When the customer is reminded, and until when that is of use: until the next one is due.

    Not where that time has passed already.
    """
    if event.name == "cancelled" or booking.state != "confirmed":
        return ()
    zone, start = zone_of(shop), booking.starts_at
    wanted = {wall_clock_before(start, each, zone) for each in mail_of(shop)["reminders"]}
    due = sorted(each for each in wanted if each > event.now)
    return pairwise([*due, start])
