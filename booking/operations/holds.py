"""Hold a time for a tab while its customer fills in the rest; extend it; let it go."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from booking.scheduling.clock import to_minute
from booking.storage.bookings import WIDTHS
from booking.storage.catalogue import read_catalogue
from booking.storage.claims import (
    Pair,
    owned,
    prolong,
    release_claims,
    release_hold,
    staff_ticks,
)
from booking.storage.models import Hold, Service, StaffMember
from booking.storage.models import hold as holds
from booking.storage.past_holds import remember
from booking.storage.reads import hold_of
from booking.storage.working_time import rules_of

from .choosing import (
    by_preference,
    claim_first_available,
    require_free,
    require_offered,
    translate_missing_reference,
    validate_start,
)
from .claiming import Claimant, snapshot_for_start
from .errors import NoHold, NoMoreTime, ProofOfWorkRequired, SlotUnavailable, VisitorLimit
from .lasting import Lasting, last_chosen, last_longer
from .pressure import Proof, require_work
from .visitors import Room, Visitor, check_visitor_limits, held_before, staff_within_visitor_share


def hold(  # noqa: PLR0913 - each is named where it is called
    session: Session,
    *,
    tab_key: int,
    service: Service,
    staff: Sequence[StaffMember],
    start: datetime,
    now: datetime,
    minutes: int,
    extensions: int,
    at_first: int | None = None,
    tab_began: int | None = None,
    visitor: Visitor | None = None,
    proof: Proof | None = None,
) -> Hold:
    """Hold the time for `minutes`, or `at_first` for fewer, in place of what the tab held before.

    Of several staff members one who is free is taken, the least booked that day first. Whatever a
    tab holds one after the other, and whatever tabs of one network hold of one time, is held no
    longer than one time with all its `extensions`, and choosing again gives none of them back: once
    they are used up, the answer is over already, so that anybody may take the time, and until
    somebody does it can be confirmed. What others of the network held before `tab_began` (seconds
    since the epoch) shortens no other time than theirs. Nor is held what comes where too much of
    that day is held and not booked; before that it costs a sum, of which `proof` came along. Raises
    SlotUnavailable, VisitorLimit or ProofOfWorkRequired; what the tab held then stands as it did.
    """
    validate_start(start, now)
    with translate_missing_reference(), session.begin_nested():
        earlier = hold_of(session, tab_key, lock=True)
        marks = (
            check_visitor_limits(session, visitor, tab_key=tab_key, now=now) if visitor else None
        )
        catalogue = read_catalogue(session)
        able = require_offered(catalogue, service, staff)
        snapshot = snapshot_for_start(
            session, catalogue, service, able, start, now=now, own=earlier
        )
        turn = by_preference(session, require_free(snapshot, able, start), snapshot, start)
        room, past = Room(turn), None
        lasting = Lasting(now, minutes, extensions)
        if visitor and marks:
            asked: dict[str, Any] = {"tab_key": tab_key, "now": now}
            room = staff_within_visitor_share(
                session, service, turn, snapshot, start, visitor, marks, **asked
            )
        leaves = _leaves(earlier, start, room.staff[0]) if earlier else False
        if earlier and leaves:  # before it is asked what is remembered: the times may overlap
            remember(session, [earlier.id])
        if visitor and marks:
            past = held_before(
                session, visitor, marks, room.staff[0], snapshot, start, lasting, tab_key
            )
        began = tab_began if leaves else None
        lasts = last_chosen(
            lasting, earlier, past, at_first or minutes, is_held=room.is_held, began=began
        )
        if lasts["expires_at"] > int(now.timestamp()):
            require_work(session, room, snapshot, start, proof, now=now)
        values: dict[str, Any] = {
            "service_id": service.id,
            "staff_member_id": room.staff[0].id,
            "starts_at": start,
            "ends_at": start + timedelta(minutes=service.duration),
            **(marks.columns() if marks else dict.fromkeys(WIDTHS)),
            **lasts,
        }
        held = _write(session, earlier, tab_key, values)
        to_release = owned(session, hold_id=held.id) if earlier else set()
        claimant = _claimant(held.id, held.expires_at, now, to_release)
        member = claim_first_available(session, service, room.staff, start, snapshot, claimant)
        if member.id == held.staff_member_id:
            return held
        return _change(session, held, {"staff_member_id": member.id})


def extend(
    session: Session,
    *,
    tab_key: int,
    now: datetime,
    minutes: int,
    most: int,
    visitor: Visitor | None = None,
    counts: bool = True,
    proof: Proof | None = None,
) -> Hold:
    """Hold the tab's time `minutes` longer, at most `most` times.

    A hold that ran out is taken up again from `now` on, if nobody took the time since, the rules
    still allow it, `visitor` has room for it, and the sum that it may cost came along as `proof`.
    Unless it `counts`, it is held to its full length from `now` on, and no extension is used up.
    Raises NoHold, NoMoreTime, SlotUnavailable, VisitorLimit or ProofOfWorkRequired.
    """
    with translate_missing_reference(), session.begin_nested():
        earlier = hold_of(session, tab_key, lock=True)
        if earlier is None:
            raise NoHold
        if counts and earlier.extensions >= most:
            raise NoMoreTime
        lapsed = visitor if earlier.is_over(now) else None
        marks = check_visitor_limits(session, lapsed, tab_key=tab_key, now=now) if lapsed else None
        catalogue, start = read_catalogue(session), earlier.starts_at
        service = catalogue.every_service[earlier.service_id]
        able = require_offered(catalogue, service, [catalogue.staff[earlier.staff_member_id]])
        snapshot = snapshot_for_start(
            session, catalogue, service, able, start, now=now, own=earlier
        )
        require_free(snapshot, able, start)
        lasting, past = Lasting(now, minutes, most), None
        if lapsed and marks:
            asked: dict[str, Any] = {"tab_key": tab_key, "now": now}
            room = staff_within_visitor_share(
                session, service, able, snapshot, start, lapsed, marks, **asked
            )
            if not room.is_held:
                raise NoMoreTime
            require_work(session, room, snapshot, start, proof, now=now)
            past = held_before(session, lapsed, marks, able[0], snapshot, start, lasting, tab_key)
        longer = last_longer(lasting, earlier, past, counts=counts)
        to_release = owned(session, hold_id=earlier.id)
        claimant = _claimant(earlier.id, longer["expires_at"], now, to_release)
        claim_first_available(session, service, able, start, snapshot, claimant)
        ends: dict[str, Any] = {"ends_at": start + timedelta(minutes=service.duration)}
        return _change(session, earlier, ends | longer | (marks.columns() if marks else {}))


def lengthen(
    session: Session,
    held: Hold,
    *,
    now: datetime,
    minutes: int,
    most: int,
    visitor: Visitor,
) -> Hold | None:
    """Hold to its full length from `now` on what the tab holds, where that is to be had.

    `held` is the hold as this transaction has read it.

    That uses up no extension, but it lasts no longer than one time with all of them. One that ran
    out is taken up again as by `extend`. What cannot be had is left as it is.
    """
    tab_key = held.tab_session_id
    with suppress(NoHold, NoMoreTime, SlotUnavailable, VisitorLimit, ProofOfWorkRequired):
        asked: dict[str, Any] = {"now": now, "minutes": minutes, "most": most}
        if not held.is_over(now):
            until = last_longer(Lasting(now, minutes, most), held, None, counts=False)["expires_at"]
            if prolong(session, held, until, _claimed(session, held)):
                return replace(held, expires_at=until)
        return extend(session, tab_key=tab_key, **asked, visitor=visitor, counts=False)
    return hold_of(session, tab_key)


def release(session: Session, *, tab_key: int) -> None:
    """Let go of whatever the tab holds; without a hold, nothing happens."""
    held = hold_of(session, tab_key, lock=True)
    if held is not None:
        release_hold(session, held.id)


def release_but_keep_clock(session: Session, *, tab_key: int, now: datetime) -> None:
    """Let go of the time, but not of how long the tab has been holding; else as `release`."""
    held = hold_of(session, tab_key, lock=True)
    if held is not None:
        release_claims(session, [held.id])
        _change(session, held, {"expires_at": min(held.expires_at, int(now.timestamp()))})


def _claimed(session: Session, held: Hold) -> int:
    """How many claims the hold has, unless it lost some."""
    service = read_catalogue(session).every_service[held.service_id]
    ticks = staff_ticks(0, rules_of(service).span(to_minute(held.starts_at)))
    return len(ticks) + (service.daily_limit is not None)


def _leaves(earlier: Hold, start: datetime, member: StaffMember) -> bool:
    """Whether the tab goes on to another time than it held, or to another person's."""
    return (earlier.starts_at, earlier.staff_member_id) != (start, member.id)


def _write(session: Session, earlier: Hold | None, tab_key: int, values: dict[str, Any]) -> Hold:
    if earlier is not None:
        return _change(session, earlier, values)
    row = {"tab_session_id": tab_key, **values}
    key: Any = session.connection().execute(_MAKE, row).inserted_primary_key
    return Hold(id=int(key[0]), **row)


def _change(session: Session, held: Hold, values: dict[str, Any]) -> Hold:
    session.execute(update(holds).where(holds.c.id == held.id).values(values))
    return replace(held, **values)


def _claimant(hold_id: int, expires_at: int, now: datetime, to_release: set[Pair]) -> Claimant:
    return Claimant(
        now=int(now.timestamp()),
        hold_id=hold_id,
        own_hold_id=hold_id,
        expires_at=expires_at,
        to_release=frozenset(to_release),
    )


_MAKE = insert(holds)
