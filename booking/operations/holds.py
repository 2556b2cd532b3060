"""Hold a time for a tab while its customer fills in the rest; extend it; let it go.

A tab may hold times for at most `minutes * (1 + extensions)` in total, counted from its first hold,
or from when its network first held this very time. Choosing again, another length of the same time,
something else in between, or the same in a new tab does not reset that clock. It resets once
nothing was held for `minutes`: others had their chance. The rule (`HoldDuration`) counts in seconds
since the epoch.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.scheduling.clock import to_minute
from booking.scheduling.slots import Reason
from booking.storage.bookings import INSERT_HOLD, WIDTHS
from booking.storage.catalogue import read_catalogue, rules_of
from booking.storage.claims import prolong_hold, release_claims, release_hold, staff_ticks
from booking.storage.holds import remember_released
from booking.storage.models import Hold, Service, StaffMember
from booking.storage.models import hold as holds
from booking.storage.reads import hold_of

from .allocation import Claimant, Terms, allocate, attempt
from .requests import (
    By,
    Candidate,
    NoHold,
    NoMoreTime,
    Proof,
    ProofOfWorkRequired,
    SlotRequest,
    SlotUnavailable,
    Visitor,
    VisitorLimit,
    candidates,
)
from .visitors import held_before, require_proof_of_work


@dataclass(frozen=True)
class HoldDuration:
    """What the rule is given: the moment, the minutes of one hold, and how often it is extended."""

    now: datetime
    minutes: int
    extensions: int

    @property
    def at(self) -> int:
        """The moment, in seconds since the epoch."""
        return int(self.now.timestamp())

    @property
    def length(self) -> int:
        """Seconds that one hold lasts, and that nothing may be held until the clock resets."""
        return self.minutes * 60

    @property
    def lately(self) -> int:
        """A hold that ran out by then counts no more (seconds since the epoch)."""
        return self.at - self.length

    def last(self, since: int) -> int:
        """Return when what began at `since` is over, with all its extensions."""
        return since + self.length * (1 + self.extensions)

    def continues(self, earlier: Hold | None) -> bool:
        """Tell whether the clock goes on from what the tab held earlier."""
        return earlier is not None and earlier.expires_at > self.lately

    def since(self, earlier: Hold | None, past: int | None, began: int | None = None) -> int:
        """Return when the clock began. `past`: since when the network has held this very time.

        `began` is given where the tab goes on to another time: of that only what the tab did itself
        counts, so nothing from before its session began.
        """
        own = earlier.held_since if earlier and self.continues(earlier) else self.at
        return min(self.at, self.at if past is None else past, max(own, began or own))


def when_chosen(
    duration: HoldDuration,
    earlier: Hold | None,
    past: int | None,
    minutes: int,
    *,
    may_be_held: bool,
    began: int | None = None,
) -> dict[str, int]:
    """Return the columns of a time just chosen, held for `minutes` at first.

    Unless it `may_be_held`, it is written as a hold that has run out already.
    """
    since, at = duration.since(earlier, past, began), duration.at
    goes_on = earlier if duration.continues(earlier) else None
    last = min(max(at + minutes * 60, goes_on.expires_at if goes_on else 0), duration.last(since))
    return {
        "held_since": since,
        "expires_at": last if may_be_held else min(last, at),
        "extensions": goes_on.extensions if goes_on else 0,
    }


def when_extended(
    duration: HoldDuration, earlier: Hold, past: int | None, *, counts: bool
) -> dict[str, int]:
    """Return the columns of a hold made longer: by an extension that counts, or to its full length.

    Raises: NoMoreTime where that is no longer than before.
    """
    since, now_until = duration.since(earlier, past), max(earlier.expires_at, duration.at)
    # An extension comes on top of the full length, though the time was held for less at first.
    begin = max(now_until, since + duration.length) if counts else duration.at
    last = min(begin + duration.length, duration.last(since))
    if last <= now_until:
        raise NoMoreTime
    return {
        "held_since": since,
        "expires_at": last,
        "extensions": earlier.extensions + counts,
    }


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
    by: By = "customer",
    anyway: Collection[Reason] | None = None,
    savepoint: bool = True,
) -> Hold:
    """Hold the time for `minutes`, or `at_first` for fewer, in place of what the tab held before.

    Of several staff members one who is free is taken, the least booked that day first. How long a
    tab may hold in total is `HoldDuration`'s rule; once that is used up, the hold returned is over
    already: anybody may take the time, and until somebody does it can be confirmed. So is a hold of
    a day of which too much is held and not booked. What others of the network held before
    `tab_began` (seconds since the epoch) shortens no other time than theirs. `by` the owner, who
    holds it for a caller, it may be one of which a rule is passed over (`anyway`, see
    `SlotRequest`).

    Without a `savepoint` the whole transaction can only be rolled back when this raises.

    Raises: SlotUnavailable, VisitorLimit or ProofOfWorkRequired; what the tab held then stands.
    """
    with attempt(session, savepoint=savepoint):
        earlier = hold_of(session, tab_key, lock=True)
        request = SlotRequest(
            service=service,
            candidates=candidates(staff),
            start=start,
            now=now,
            visitor=visitor,
            own_hold=earlier,
            proof=proof,
            by=by,
            anyway=anyway,
        )
        duration = HoldDuration(now, minutes, extensions)
        record = _ChosenHold(tab_key, duration, at_first or minutes, tab_began)
        allocate(session, request, record)
        return record.held


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
    still allow it, `visitor` may have it, and the proof of work that it may cost came along.
    Unless it `counts`, it is held to its full length from `now` on, and no extension is used up.

    Raises: NoHold, NoMoreTime, SlotUnavailable, VisitorLimit or ProofOfWorkRequired.
    """
    with attempt(session):
        earlier = hold_of(session, tab_key, lock=True)
        if earlier is None:
            raise NoHold
        if counts and earlier.extensions >= most:
            raise NoMoreTime
        catalogue = read_catalogue(session)
        request = SlotRequest(
            service=catalogue.every_service[earlier.service_id],
            candidates=candidates([catalogue.staff[earlier.staff_member_id]]),
            start=earlier.starts_at,
            now=now,
            visitor=visitor if earlier.is_over(now) else None,
            own_hold=earlier,
            proof=proof,
        )
        record = _ExtendedHold(earlier, HoldDuration(now, minutes, most), counts)
        allocate(session, request, record)
        return record.held


def prolong(
    session: Session,
    held: Hold,
    *,
    now: datetime,
    minutes: int,
    most: int,
    visitor: Visitor,
) -> Hold | None:
    """Hold to its full length from `now` on what the tab holds, where that is to be had.

    `held` is the hold as this transaction has read it. That uses up no extension, but it lasts no
    longer than one time with all of them. One that ran out is taken up again as by `extend`. What
    cannot be had is left as it is. Returns the hold as it is now; None if there is none any more.
    """
    tab_key = held.tab_session_id
    with suppress(NoHold, NoMoreTime, SlotUnavailable, VisitorLimit, ProofOfWorkRequired):
        if not held.is_over(now):
            duration = HoldDuration(now, minutes, most)
            until = when_extended(duration, held, None, counts=False)["expires_at"]
            if prolong_hold(session, held, until, _claimed(session, held)):
                return replace(held, expires_at=until)
        return extend(
            session,
            tab_key=tab_key,
            now=now,
            minutes=minutes,
            most=most,
            visitor=visitor,
            counts=False,
        )
    return hold_of(session, tab_key)


def release(session: Session, tab_key: int) -> None:
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


@dataclass
class _ChosenHold:
    """The hold of a time that was just chosen; `held` is set once it is written."""

    tab_key: int
    duration: HoldDuration
    minutes: int
    tab_began: int | None
    held: Hold = field(init=False)

    def write(self, session: Session, terms: Terms) -> Claimant:
        request, earlier = terms.request, terms.request.own_hold
        is_moved = earlier is not None and (
            (earlier.starts_at, earlier.staff_member_id) != (request.start, terms.first.member.id)
        )
        if earlier and is_moved:  # before `_held_before`: the two times may overlap
            remember_released(session, [earlier.id])
        lasts = when_chosen(
            self.duration,
            earlier,
            _held_before(session, terms, self.tab_key, self.duration),
            self.minutes,
            may_be_held=terms.share.may_be_held,
            began=self.tab_began if is_moved else None,
        )
        if lasts["expires_at"] > self.duration.at:
            require_proof_of_work(session, request, terms.snapshot, terms.share)
        values = {
            "service_id": request.service.id,
            "staff_member_id": terms.first.member.id,
            "starts_at": request.start,
            "ends_at": request.start + timedelta(minutes=request.service.duration),
            **(terms.hashes.columns() if terms.hashes else dict.fromkeys(WIDTHS)),
            **lasts,
        }
        self.held = _write(session, earlier, self.tab_key, values)
        return Claimant(hold_id=self.held.id, expires_at=self.held.expires_at)

    def assign(self, session: Session, _terms: Terms, chosen: Candidate) -> None:
        if chosen.member.id != self.held.staff_member_id:
            self.held = _change(session, self.held, {"staff_member_id": chosen.member.id})


@dataclass
class _ExtendedHold:
    """A hold that is made longer."""

    held: Hold
    duration: HoldDuration
    counts: bool
    columns: dict[str, Any] = field(default_factory=dict)

    def write(self, session: Session, terms: Terms) -> Claimant:
        if not terms.share.may_be_held:
            raise NoMoreTime
        require_proof_of_work(session, terms.request, terms.snapshot, terms.share)
        past = _held_before(session, terms, self.held.tab_session_id, self.duration)
        self.columns = when_extended(self.duration, self.held, past, counts=self.counts)
        return Claimant(hold_id=self.held.id, expires_at=self.columns["expires_at"])

    def assign(self, session: Session, terms: Terms, _chosen: Candidate) -> None:
        ends_at = self.held.starts_at + timedelta(minutes=terms.request.service.duration)
        hashes = terms.hashes.columns() if terms.hashes else {}
        self.held = _change(session, self.held, {"ends_at": ends_at, **self.columns, **hashes})


def _held_before(
    session: Session, terms: Terms, tab_key: int, duration: HoldDuration
) -> int | None:
    return held_before(
        session,
        terms.request,
        terms.snapshot,
        terms.first,
        terms.hashes,
        tab_key=tab_key,
        lately=duration.lately,
    )


def _claimed(session: Session, held: Hold) -> int:
    """How many claims the hold has, unless it lost some."""
    service = read_catalogue(session).every_service[held.service_id]
    ticks = staff_ticks(0, rules_of(service).span(to_minute(held.starts_at)))
    return len(ticks) + (service.daily_limit is not None)


def _write(session: Session, earlier: Hold | None, tab_key: int, values: dict[str, Any]) -> Hold:
    if earlier is not None:
        return _change(session, earlier, values)
    row = {"tab_session_id": tab_key, **values}
    return Hold(id=INSERT_HOLD.rows(session, row)[0][0], **row)


def _change(session: Session, held: Hold, values: dict[str, Any]) -> Hold:
    session.execute(update(holds).where(holds.c.id == held.id).values(values))
    return replace(held, **values)
