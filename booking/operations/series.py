"""A series: single appointments with a common number; made, moved and cancelled all or none.

What speaks against one of them is told with the nearest times that are free. Their customer hears
of all at once, and can still look after each by itself.
"""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.scheduling.clock import DAY, from_minute, local_day, to_minute
from booking.scheduling.repeats import Occurrence, shifted
from booking.scheduling.slots import Reason, nearest
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking, Hold, Service, StaffMember
from booking.storage.reads import hold_of, shop_zone
from booking.storage.series import following, series_of_draft
from booking.storage.snapshot import AvailabilitySnapshot, load_snapshot

from .allocation import attempt
from .bookings import NOTHING_SENT, Customer, book, cancel, reschedule
from .events import Event
from .links import NewLink
from .outbox import Outbox
from .requests import SlotUnavailable
from .series_letters import tell_series

_AROUND = 3 * DAY
_ALPHABET, _LENGTH = "34679CDFGHJKMNPQRTVWXY", 12

Against = Mapping[Occurrence, Sequence[Reason]]


@dataclass(frozen=True)
class Clash:
    """One of the dates that cannot be had, and why; None: the clock leaves that time out there.

    `nearest` are the starts that are free instead, up to three, in order of time.
    """

    day: date
    start: datetime | None
    against: tuple[Reason, ...] = ()
    nearest: tuple[datetime, ...] = ()


class SeriesClashes(Exception):
    """Raised where some of a series cannot be had, so that none of it was."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        self.clashes = tuple(clashes)
        super().__init__(f"{len(clashes)} of the series cannot be had")


class _NotAll(Exception):
    """Undoes what was had."""


def clashes_of(
    session: Session,
    service: Service,
    member: StaffMember,
    wanted: Sequence[Occurrence],
    *,
    now: datetime,
    anyway: Collection[Reason] = (),
    own: Hold | None = None,
) -> list[Clash]:
    """Return those of the dates that this person cannot have, in a constant number of queries.

    What is passed over `anyway` speaks against none. `own` is the asking tab's hold.
    """
    snapshot = _snapshot(session, service, member, wanted, now=now, own=own)
    against = {
        each: () if each.start is None else snapshot.against(member, each.start) for each in wanted
    }
    return [
        _clash(snapshot, member, each, why)
        for each, why in against.items()
        if each.start is None or not {*why} <= {*anyway}
    ]


def book_series(  # noqa: PLR0913 - each is named where it is called
    session: Session,
    *,
    tab_key: int | None,
    idempotency_key: str,
    starts: Sequence[datetime],
    service: Service,
    member: StaffMember,
    customer: Customer,
    answers: list[dict[str, Any]],
    new_link: Callable[[], NewLink],
    now: datetime,
    actor: str = "",
    anyway: Collection[Reason] = (),
    outbox: Outbox = NOTHING_SENT,
) -> list[Booking]:
    """Return the appointments of a series, by their start: made now, or of that draft before.

    All are claimed or none. One letter tells their customer of all. `new_link` makes what the link
    of each is derived from; the rest is as `book` has it, by the owner.

    Raises: SeriesClashes where one of them cannot be had, Retry.
    """
    if made := series_of_draft(session, f"{idempotency_key}/0"):
        return made
    number = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    own, zone = hold_of(session, tab_key), shop_zone(session)
    wanted = [Occurrence(local_day(to_minute(one), zone), to_minute(one)) for one in sorted(starts)]

    def take(place: int, start: datetime) -> Booking:
        link = new_link()
        return book(
            session,
            tab_key=tab_key,
            idempotency_key=f"{idempotency_key}/{place}",
            fingerprint="",
            service=service,
            staff=[member],
            start=start,
            customer=customer,
            answers=answers,
            manage_token_hash=link.token_hash,
            link_number=link.number,
            now=now,
            by="owner",
            actor=actor,
            anyway=anyway,
            series=number,
            outbox=outbox,
        )

    booked, against = _each(session, wanted, take)
    if against:
        raise SeriesClashes(_with_nearest(session, service, member, against, now=now, own=own))
    tell_series(session, booked, Event("booked", now, "owner"), outbox=outbox)
    return booked


def cancel_following(
    session: Session,
    booking: Booking,
    *,
    actor: str = "",
    now: datetime,
    words: str = "",
    only_with: str | None = None,
    outbox: Outbox = NOTHING_SENT,
) -> list[Booking]:
    """Cancel this one of a series and all to come that follow it, for the owner; return them.

    `only_with`: of what follows only what is with that staff member (a slug).

    Raises: what `cancel` does, of this one.
    """
    theirs = [booking, *following(session, booking, now=now, only_with=only_with)]
    said: dict[str, Any] = {"words": words, "outbox": outbox, "is_one_of_many": True}
    gone = [cancel(session, each, by="owner", actor=actor, now=now, **said) for each in theirs]
    tell_series(session, gone, Event("cancelled", now, "owner", words), outbox=outbox)
    return gone


def move_following(  # noqa: PLR0913 - each is named where it is called
    session: Session,
    booking: Booking,
    *,
    start: datetime,
    member: StaffMember | None = None,
    actor: str = "",
    now: datetime,
    anyway: Collection[Reason] | None = None,
    only_with: str | None = None,
    outbox: Outbox = NOTHING_SENT,
) -> list[Booking]:
    """Move this one of a series to `start`, and all to come that follow it as far; return them.

    As far by the shop's wall clock. With `member`, or each with whom it is. All move or none.
    `only_with`: of what follows only what is with that staff member (a slug).

    Raises: SeriesClashes; and what `reschedule` does, of this one.
    """
    zone, rest = shop_zone(session), following(session, booking, now=now, only_with=only_with)
    theirs = [booking, *rest]
    before, after = to_minute(booking.starts_at), to_minute(start)
    there = [shifted(to_minute(each.starts_at), before, after, zone) for each in theirs]
    there[0] = Occurrence(local_day(after, zone), after)
    pairs = list(zip(there, theirs, strict=True))
    if after > before:  # the last first, or one would come to where the next still is
        pairs.reverse()

    def move(place: int, to: datetime) -> Booking:
        one = pairs[place][1]
        return reschedule(
            session,
            one,
            staff=[member or one.staff_member],
            start=to,
            now=now,
            by="owner",
            actor=actor,
            anyway=anyway,
            outbox=outbox,
            is_one_of_many=True,
        )

    moved, against = _each(session, [wanted for wanted, _ in pairs], move)
    if against:
        whom = member or booking.staff_member
        near = _with_nearest(session, booking.service, whom, against, now=now)
        raise SeriesClashes(sorted(near, key=lambda clash: clash.day))
    moved.sort(key=lambda each: each.starts_at)
    tell_series(session, moved, Event("moved", now, "owner"), outbox=outbox)
    return moved


def _each(
    session: Session, wanted: Sequence[Occurrence], take: Callable[[int, datetime], Booking]
) -> tuple[list[Booking], Against]:
    """Take all of them, or none; return what was had, and what speaks against which."""
    had: list[Booking] = []
    against: dict[Occurrence, Sequence[Reason]] = {}
    try:
        with attempt(session):
            for place, each in enumerate(wanted):
                if each.start is None:
                    against[each] = ()
                    continue
                try:
                    had.append(take(place, from_minute(each.start)))
                except SlotUnavailable as refusal:
                    against[each] = refusal.against
            if against:
                raise _NotAll
    except _NotAll:
        return [], against
    return had, {}


def _with_nearest(
    session: Session,
    service: Service,
    member: StaffMember,
    against: Against,
    *,
    now: datetime,
    own: Hold | None = None,
) -> list[Clash]:
    snapshot = _snapshot(session, service, member, [*against], now=now, own=own)
    return [_clash(snapshot, member, each, why) for each, why in against.items()]


def _snapshot(
    session: Session,
    service: Service,
    member: StaffMember,
    wanted: Sequence[Occurrence],
    *,
    now: datetime,
    own: Hold | None,
) -> AvailabilitySnapshot:
    starts = [each.start for each in wanted if each.start is not None] or [to_minute(now)]
    around = min(starts) - _AROUND, max(starts) + _AROUND
    catalogue = read_catalogue(session)
    return load_snapshot(session, catalogue, service, [member], around, now=now, own=own)


def _clash(
    snapshot: AvailabilitySnapshot,
    member: StaffMember,
    wanted: Occurrence,
    against: Sequence[Reason],
) -> Clash:
    if wanted.start is None:
        return Clash(wanted.day, None)
    free = snapshot.free(member, (wanted.start - _AROUND, wanted.start + _AROUND))
    near = tuple(map(from_minute, nearest(free, wanted.start)))
    return Clash(wanted.day, from_minute(wanted.start), tuple(against), near)
