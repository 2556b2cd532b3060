"""Limit what one visitor may hold, book and begin: counted in the database, for all processes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.scheduling.clock import TICK, day_interval, local_day, to_minute
from booking.scheduling.slots import is_under_pressure, open_minutes, within_share
from booking.storage.claims import day_places
from booking.storage.holds import held_since
from booking.storage.snapshot import AvailabilitySnapshot
from booking.storage.visitors import (
    DayPart,
    VisitorHashes,
    VisitorUsage,
    add_drafts_begun,
    spend_proof,
    visitor_hashes,
    visitor_totals,
)

from .requests import Candidate, Limit, ProofOfWorkRequired, SlotRequest, Visitor, VisitorLimit

Usage = Mapping[int, VisitorUsage]
MULTIPLES = (1, 4, 8)
"""How many visitors' worth an address, the network around it and a wide one may hold and book."""
DRAFT_MULTIPLES = (1, 32, 128)
"""Of what one visitor may begin, for each network around. Larger than those of holds: a draft takes
nothing from the shop, and few addresses must not be able to use up what a provider's customers of a
whole day need."""
SEARCHES = 10
"""How often one visitor may ask for lost links in a day (UTC)."""
BYTES_A_DRAFT = 16 * 1024
"""What the drafts of one visitor may have on average; most have a tenth of it."""
_VISITORS = 1651470188  # a family of PostgreSQL's advisory locks, beside that of the migrations


@dataclass(frozen=True)
class VisitorShare:
    """The candidates that leave others their part of the day, and whether the slot may be held.

    `is_pressed`: others hold so much of that day that one more hold costs a proof of work.
    """

    candidates: list[Candidate]
    may_be_held: bool = True
    is_pressed: bool = False


# -- what is held and booked -----------------------------------------------------------------------


def wait_for_visitor(session: Session, request: SlotRequest) -> VisitorHashes | None:
    """Return the visitor's hashes once nobody else of the network is asking; None: not counted."""
    visitor, now = request.visitor, request.now
    if visitor is None:
        return None
    if visitor.shared:
        return visitor_hashes(session, [visitor.address], now)
    hashes = visitor_hashes(session, (visitor.address, *visitor.networks), now)
    _one_at_a_time(session, hashes)
    return hashes


def check_visitor_limits(
    session: Session, request: SlotRequest, zone: ZoneInfo, hashes: VisitorHashes | None
) -> Usage:
    """Return what is taken of the candidates' day, in the shop's zone, by their resources.

    A visitor's other tabs may hold, and the visitor may book, only so much; the networks around may
    by larger numbers. A live hold counts as the booking it may become, so that confirming it is
    always allowed. A pending booking counts as what it is while it waits, a time that is held.

    Raises: VisitorLimit.
    """
    visitor = request.visitor
    if visitor is None or hashes is None:
        return {}
    first, end = day_interval(local_day(to_minute(request.start), zone), zone)
    counted, usage = visitor_totals(
        session,
        hashes,
        [one.member.resource_id for one in request.candidates],
        range(first // TICK, end // TICK),
        now=request.now,
        besides_tab=request.tab_key,
    )
    for multiple, has in zip(MULTIPLES, () if visitor.shared else counted, strict=False):
        if has.holds + has.pending >= visitor.holds * multiple:
            raise VisitorLimit(Limit.HOLDS)
        if has.holds + has.bookings >= visitor.bookings * multiple:
            raise VisitorLimit(Limit.BOOKINGS)
    return usage


def within_visitor_share(
    session: Session,
    request: SlotRequest,
    snapshot: AvailabilitySnapshot,
    candidates: list[Candidate],
    hashes: VisitorHashes | None,
    taken: Usage,
) -> VisitorShare:
    """Return the candidates of whose day the visitor may have more; if any, those who may be held.

    `taken` is what `check_visitor_limits` returned. Where too much of everybody's day is held and
    not booked already, the slot may not be held.

    Raises: VisitorLimit if the visitor may have more of nobody's day, or of none of the service's
    daily limit.
    """
    visitor = request.visitor
    if visitor is None or hashes is None:
        return VisitorShare(candidates)
    minute = to_minute(request.start)
    date = local_day(minute, snapshot.zone)
    first, end = day_interval(date, snapshot.zone)
    places = _places(session, request, snapshot, visitor, hashes, day_places(date))
    span = snapshot.rules.span(minute)
    opened = {
        one.member.id: open_minutes(snapshot.working[one.member.id], (first, end))
        for one in candidates
    }
    usage = {one.member.id: taken.get(one.member.resource_id, VisitorUsage()) for one in candidates}

    def is_within(candidate: Candidate, part: DayPart, percent: int) -> bool:
        minutes, wanted = opened[candidate.member.id], span[1] - span[0]
        return within_share(minutes, part.appointments, part.minutes, wanted, percent)

    own = 100 if visitor.shared else visitor.share
    left = [one for one in candidates if is_within(one, usage[one.member.id].own, own)]
    if not left:
        raise VisitorLimit(Limit.DAY)
    free = [one for one in left if is_within(one, usage[one.member.id].held, visitor.held_share)]
    held = [one.held for one in usage.values()]
    return VisitorShare(
        free or left,
        may_be_held=places.may_be_held and bool(free),
        is_pressed=places.is_pressed or _is_pressed(sum(opened.values()), held, visitor),
    )


def require_proof_of_work(
    session: Session, request: SlotRequest, snapshot: AvailabilitySnapshot, share: VisitorShare
) -> None:
    """Use up the request's proof of work, if the day is under pressure.

    What the tab holds already costs nothing more while the hold runs, and what is not going to be
    held keeps the time from nobody.

    Raises: ProofOfWorkRequired without a proof, or where it was used before.
    """
    is_own = snapshot.own is not None and snapshot.own.starts_at == request.start
    if is_own or not (share.may_be_held and share.is_pressed):
        return
    proof, now = request.proof, request.now
    if proof is None or not spend_proof(session, proof.mark, expires_at=proof.good_until, now=now):
        raise ProofOfWorkRequired


def held_before(
    session: Session,
    request: SlotRequest,
    snapshot: AvailabilitySnapshot,
    candidate: Candidate,
    hashes: VisitorHashes | None,
    *,
    tab_key: int,
    lately: int,
) -> int | None:
    """Return since when other tabs of the visitor's network have held that very time.

    Both times are seconds since the epoch; what ran out by `lately` counts no more. None if nobody
    held it, and at a shared address, where the next tab is the next person.
    """
    if request.visitor is None or hashes is None or request.visitor.shared:
        return None
    span, resource = snapshot.rules.span(to_minute(request.start)), candidate.member.resource_id
    return held_since(session, hashes, resource, span, lately=lately, besides_tab=tab_key)


def _is_pressed(opened: int, held: Sequence[DayPart], visitor: Visitor) -> bool:
    holds, minutes = (sum(each) for each in zip(*held, strict=True))
    return is_under_pressure(opened, holds, minutes, visitor.pressure_share)


def _places(
    session: Session,
    request: SlotRequest,
    snapshot: AvailabilitySnapshot,
    visitor: Visitor,
    hashes: VisitorHashes,
    places: range,
) -> VisitorShare:
    """What the places of a daily limit say, as others must keep their part.

    Raises: VisitorLimit.
    """
    limit, resource = snapshot.rules.daily_limit, request.service.resource_id
    if not limit:
        return VisitorShare([])
    _, taken = visitor_totals(
        session, hashes, [resource], places, now=request.now, besides_tab=request.tab_key
    )
    own, held = (part.appointments for part in taken.get(resource, VisitorUsage()))
    if not visitor.shared and not within_share(limit, own, own, 1, visitor.share):
        raise VisitorLimit(Limit.DAY)
    return VisitorShare(
        [],
        may_be_held=within_share(limit, held, held, 1, visitor.held_share),
        is_pressed=is_under_pressure(limit, held, held, visitor.pressure_share),
    )


def _one_at_a_time(session: Session, hashes: VisitorHashes) -> None:
    # Otherwise two tabs could both count before either holds. SQLite has one writer at a time.
    # In one order for everybody, or two visitors of one network would wait for each other.
    if session.get_bind().dialect.name != "postgresql":
        return
    keys = sorted(int.from_bytes(mark[:4], "big", signed=True) for mark in hashes.today if mark)
    locks = ", ".join(f"pg_advisory_xact_lock(:family, :key_{place})" for place in range(len(keys)))
    values = {f"key_{place}": key for place, key in enumerate(keys)}
    session.execute(text(f"SELECT {locks}"), {"family": _VISITORS, **values})


# -- what is begun ---------------------------------------------------------------------------------


def count_drafts(
    session: Session, visitor: Visitor, *, drafts: int, size: int, now: datetime
) -> None:
    """Count `drafts` more and `size` bytes more for the visitor, and for each network around.

    Copies count, and so do drafts that were ended: each leaves its trace for a month. Raises
    VisitorLimit where more is begun than may be; to go on with a draft is always allowed.
    """
    if visitor.shared:
        return
    hashes = visitor_hashes(session, (visitor.address, *visitor.networks), now).today
    known = [mark for mark in hashes if mark]
    begun = add_drafts_begun(session, known, now, drafts, size)
    for multiple, mark in zip(DRAFT_MULTIPLES, known, strict=False):
        most, has = visitor.drafts * multiple, begun[mark]
        if drafts and (has.drafts > most or has.bytes > most * BYTES_A_DRAFT):
            raise VisitorLimit(Limit.DRAFTS)


def count_searches(session: Session, visitor: Visitor, *, now: datetime) -> None:
    """Count one more search for lost links by the visitor, and for each network around.

    Apart from drafts: by marks of names of their own. Raises VisitorLimit where one visitor, or all
    of a network, has asked often enough for a day (UTC).
    """
    if visitor.shared:
        return
    names = [f"search {each}" for each in (visitor.address, *visitor.networks)]
    marks = [mark for mark in visitor_hashes(session, names, now).today if mark]
    asked = add_drafts_begun(session, marks, now, 1, 0)
    for multiple, mark in zip(DRAFT_MULTIPLES, marks, strict=False):
        if asked[mark].drafts > SEARCHES * multiple:
            raise VisitorLimit(Limit.SEARCHES)


def seconds_left_of_day(now: datetime) -> int:
    """Return the seconds until a visitor who has begun enough may begin more: the day is UTC's."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return ceil((midnight + timedelta(days=1) - now).total_seconds())
