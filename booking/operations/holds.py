"""Hold a time for a tab while its customer fills in the rest; extend it; let it go."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from booking.operations.choosing import (
    closed_where_gone,
    first_to_claim,
    in_turn,
    require_free,
    require_offered,
    require_thinkable,
)
from booking.operations.claiming import Claimant, diary_of_start
from booking.operations.errors import HoldOver, NoMoreTime
from booking.operations.visitors import Room, Visitor, leave_room, require_room
from booking.storage.bookings import WIDTHS
from booking.storage.catalogue import read_catalogue
from booking.storage.claims import Pair, owned, release_claims, release_hold
from booking.storage.models import Hold, Service, StaffMember
from booking.storage.models import hold as holds
from booking.storage.reads import hold_of


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
    visitor: Visitor | None = None,
) -> Hold:
    """Hold the time for `minutes`, in place of whatever the tab held before.

    Of several staff members one who is free is taken, the least booked that day first. Whatever a
    tab holds one after the other, it holds no longer than one time with all its `extensions`, and
    choosing again gives none of them back: once they are used up, the answer is over already, so
    that anybody may take the time, and until somebody does it can be confirmed. So it is where too
    much of that day is held and not booked. Raises SlotUnavailable or VisitorLimit; what the tab
    held then stands as it did.
    """
    require_thinkable(start, now)
    with closed_where_gone(), session.begin_nested():
        earlier = hold_of(session, tab_key, lock=True)
        marks = require_room(session, visitor, tab_key=tab_key, now=now) if visitor else None
        catalogue = read_catalogue(session)
        able = require_offered(catalogue, service, staff)
        diary = diary_of_start(session, catalogue, service, able, start, now=now, own=earlier)
        turn = in_turn(session, require_free(diary, able, start), diary, start)
        room = Room(turn)
        if visitor and marks:
            asked: dict[str, Any] = {"tab_key": tab_key, "now": now}
            room = leave_room(session, service, turn, diary, start, visitor, marks, **asked)
        values: dict[str, Any] = {
            "service_id": service.id,
            "staff_member_id": room.staff[0].id,
            "starts_at": start,
            "ends_at": start + timedelta(minutes=service.duration),
            **(marks.columns() if marks else dict.fromkeys(WIDTHS)),
            **_lasting(earlier, now, minutes, extensions, is_held=room.is_held),
        }
        held = _write(session, earlier, tab_key, values)
        given_up = owned(session, hold_id=held.id) if earlier else set()
        claimant = _claimant(held.id, held.expires_at, now, given_up)
        member = first_to_claim(session, service, room.staff, start, diary, claimant)
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
) -> Hold:
    """Hold the tab's time `minutes` longer, at most `most` times.

    A hold that ran out is taken up again from `now` on, if nobody took the time since, the rules
    still allow it and `visitor` has room for it. Raises HoldOver, NoMoreTime, SlotUnavailable or
    VisitorLimit.
    """
    with closed_where_gone(), session.begin_nested():
        earlier = hold_of(session, tab_key, lock=True)
        if earlier is None:
            raise HoldOver
        if earlier.extensions >= most:
            raise NoMoreTime
        lapsed = visitor if earlier.is_over(now) else None
        marks = require_room(session, lapsed, tab_key=tab_key, now=now) if lapsed else None
        catalogue, start = read_catalogue(session), earlier.starts_at
        service = catalogue.every_service[earlier.service_id]
        able = require_offered(catalogue, service, [catalogue.staff[earlier.staff_member_id]])
        diary = diary_of_start(session, catalogue, service, able, start, now=now, own=earlier)
        require_free(diary, able, start)
        if lapsed and marks:
            asked: dict[str, Any] = {"tab_key": tab_key, "now": now}
            room = leave_room(session, service, able, diary, start, lapsed, marks, **asked)
            if not room.is_held:
                raise NoMoreTime
        expires_at = max(earlier.expires_at, int(now.timestamp())) + minutes * 60
        given_up = owned(session, hold_id=earlier.id)
        claimant = _claimant(earlier.id, expires_at, now, given_up)
        first_to_claim(session, service, able, start, diary, claimant)
        longer: dict[str, Any] = {
            "ends_at": start + timedelta(minutes=service.duration),
            "expires_at": expires_at,
            "extensions": earlier.extensions + 1,
        }
        return _change(session, earlier, longer | (marks.columns() if marks else {}))


def release(session: Session, *, tab_key: int) -> None:
    """Let go of whatever the tab holds; without a hold, nothing happens."""
    held = hold_of(session, tab_key, lock=True)
    if held is not None:
        release_hold(session, held.id)


def give_up(session: Session, *, tab_key: int, now: datetime) -> None:
    """Let go of the time, but not of how long the tab has been holding; else as `release`."""
    held = hold_of(session, tab_key, lock=True)
    if held is not None:
        release_claims(session, [held.id])
        _change(session, held, {"expires_at": min(held.expires_at, int(now.timestamp()))})


def _lasting(
    earlier: Hold | None, now: datetime, minutes: int, extensions: int, *, is_held: bool
) -> dict[str, int]:
    """How long a chosen time is held.

    It goes on from when the tab began to hold anything, or one could keep a time for ever by
    choosing it again, another length of it, or something else in between. Once nothing was held for
    as long as a hold lasts, others had their chance, and it starts afresh.
    """
    at, length = int(now.timestamp()), minutes * 60
    if earlier is None or earlier.expires_at + length <= at:
        return {"held_since": at, "expires_at": at + length * is_held, "extensions": 0}
    most = earlier.held_since + length * (1 + extensions)
    return {
        "held_since": earlier.held_since,
        "expires_at": max(earlier.expires_at, min(at + length, most)) if is_held else at,
        "extensions": earlier.extensions,
    }


def _write(session: Session, earlier: Hold | None, tab_key: int, values: dict[str, Any]) -> Hold:
    if earlier is not None:
        return _change(session, earlier, values)
    row = {"tab_session_id": tab_key, **values}
    key: Any = session.connection().execute(_MAKE, row).inserted_primary_key
    return Hold(id=int(key[0]), **row)


def _change(session: Session, held: Hold, values: dict[str, Any]) -> Hold:
    session.execute(update(holds).where(holds.c.id == held.id).values(values))
    return replace(held, **values)


def _claimant(hold_id: int, expires_at: int, now: datetime, given_up: set[Pair]) -> Claimant:
    return Claimant(
        now=int(now.timestamp()),
        hold_id=hold_id,
        own_hold_id=hold_id,
        expires_at=expires_at,
        given_up=frozenset(given_up),
    )


_MAKE = insert(holds)
