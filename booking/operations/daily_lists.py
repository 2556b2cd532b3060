"""Tomorrow's list: a letter the day before for each of the staff who asks for one a day."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.scheduling.clock import DAY, day_interval, from_minute, wall_spans
from booking.storage.catalogue import read_catalogue
from booking.storage.models import StaffMember, letter
from booking.storage.outbox import NEW, SENDING, SENT, WAITING, add_letters
from booking.storage.reads import bookings_of_day

from .plan import LAST_HOUR, MAIL

TOMORROW = "tomorrow"


class DailyList(NamedTuple):
    """A list that is not written yet: of which day, to whom, and for which staff member (an id).

    `since` is when it was to be written.
    """

    day: date
    since: datetime
    member: int
    recipient: str


def missing_lists(session: Session, now: datetime) -> list[DailyList]:
    """Return tomorrow's lists that are not written yet. It looks at the whole day, and only reads.

    From the set hour on, in the shop's zone, for whoever chose letters once a day and has
    appointments then. What comes after it is told at once, and is by itself no reason for a list.
    """
    catalogue = read_catalogue(session)
    shop, zone = catalogue.shop, catalogue.zone
    mail = {**MAIL, **((shop and shop.mail) or {})}
    today = now.astimezone(zone).date()
    since = list_time(today, mail["lists_at"], zone)
    if f"staff_{TOMORROW}" in mail["off"] or now < since:
        return []
    day = today + timedelta(days=1)
    wanted = {
        member.id: member.email
        for member in catalogue.staff.values()
        if member.email and member.letters == "daily"
    }
    missing = wanted.keys() - _told(session, wanted, day, since)
    there = bookings_of_day(session, missing, day, zone)
    told = _told_at_once(session, [each.id for each in there], since)
    busy = {each.staff_member_id for each in there if (each.id, each.staff_member_id) not in told}
    return [DailyList(day, since, each, wanted[each]) for each in sorted(missing & busy)]


def list_time(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return when the list of the next day is written: as the clock shows that minute of this day.

    Where it shows it twice, the first time; where the clocks leave it out, as soon as they go on.
    Never later than an hour before the day is over, and some days are over at 23:00.
    """
    end = day_interval(day, zone)[1]
    shown = next((span[0] for span in wall_spans(day, minute, DAY, zone)), end)
    return from_minute(min(shown, end - LAST_HOUR))


def write_lists(session: Session, lists: Sequence[DailyList], now: datetime) -> int:
    """Write these lists of one day (at least one), but for those written meanwhile; how many.

    One letter for each person and day, however often and by whomever it is asked. The caller
    commits.
    """
    # Two who come at once take turns, and the second finds what the first has written; whoever
    # books with that person meanwhile waits for neither.
    staff = [each.member for each in lists]
    person = select(StaffMember.id).where(StaffMember.id.in_(staff)).order_by(StaffMember.id)
    session.execute(person.with_for_update(key_share=True))
    zone = read_catalogue(session).zone
    told = _told(session, staff, lists[0].day, lists[0].since)
    left = [each for each in lists if each.member not in told]
    add_letters(session, [_row(each, zone, now) for each in left])
    return len(left)


def hears_at_once(
    member: StaffMember, start: datetime, now: datetime, mail: Mapping[str, Any], zone: ZoneInfo
) -> bool:
    """Return whether a change to what starts then is told to the staff member without delay.

    To whoever chose a letter a day it is where no list to come will tell of it: on a day that has
    begun, or whose list is written by now, on the clock of the shop's `zone`; `mail` is what the
    shop says of its letters.
    """
    if member.letters != "daily":
        return member.letters == "at_once"
    today = now.astimezone(zone).date()
    is_written = now >= list_time(today, mail["lists_at"], zone)
    days = start.astimezone(zone).date() - today
    return days <= timedelta(days=1 if is_written else 0)


def _told(session: Session, staff: Collection[int], day: date, since: datetime) -> set[int]:
    """Who of them has a list of that day, written when it was to be.

    Where the owner has put it off since then, what was booked meanwhile stands in none yet.
    """
    query = select(letter.c.staff_member_id, letter.c.facts).where(
        letter.c.staff_member_id.in_(staff),
        letter.c.kind == TOMORROW,
        letter.c.created_at >= int(since.timestamp()),
    )
    rows = session.execute(query).all() if staff else []
    return {member for member, facts in rows if facts["day"] == day.isoformat()}


def _told_at_once(
    session: Session, bookings: Collection[int], since: datetime
) -> set[tuple[int | None, int | None]]:
    """Which of these bookings (ids) a staff member has had a letter about since then, and who.

    A letter that was refused has told nobody anything.
    """
    query = select(letter.c.booking_id, letter.c.staff_member_id).where(
        letter.c.booking_id.in_(bookings),
        letter.c.role == "staff",
        letter.c.kind.in_(("booked", "moved")),
        letter.c.state.in_((WAITING, SENDING, SENT)),
        letter.c.created_at >= int(since.timestamp()),
    )
    rows = session.execute(query).all() if bookings else []
    return {(booking, member) for booking, member in rows}


def _row(each: DailyList, zone: ZoneInfo, now: datetime) -> dict[str, object]:
    at, begins = int(now.timestamp()), from_minute(day_interval(each.day, zone)[0])
    return {
        "booking_id": None,
        "staff_member_id": each.member,
        "kind": TOMORROW,
        "role": "staff",
        "recipient": each.recipient,
        "language": "",
        "facts": {"day": each.day.isoformat()},
        "sequence": 0,
        "message_id": secrets.token_hex(12),
        "due_at": at,
        # When the day has begun, it is no longer tomorrow.
        "last_moment": int(begins.timestamp()),
        "created_at": at,
        **NEW,
    }
