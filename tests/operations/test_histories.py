"""Random histories against a model of ten lines: whatever customers, owners and clocks do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text

from booking.operations.holds import extend, release
from booking.operations.purge import (
    GRACE,
    purge_claims,
    purge_holds,
    purge_pending,
    purge_pending_moves,
)
from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentPending,
    NoHold,
    NoMoreTime,
    NoPendingMove,
    SlotUnavailable,
)
from booking.storage import claims, snapshot
from booking.storage.models import Booking, Hold, StaffMember
from tests.fixtures.small_shop import NOW, SmallShop, at, book_in, waiting
from tests.operations.audit import assert_sold_once

pytestmark = pytest.mark.both_databases

MINUTE = timedelta(minutes=1)
LENGTHS = {"cut": (0, 30, 10), "color": (5, 60, 15)}

# Few of everything, so that they meet.
tabs = st.integers(0, 1)
slugs = st.sampled_from(sorted(LENGTHS))
anybody = st.sampled_from(["ann", "ben", "ann ben", "ben ann"])
starts = st.integers(0, 4).map(lambda step: at("10:00", day=1) + 15 * step * MINUTE)
some = st.integers(0, 20)
waits = st.sampled_from([None, None, 10, 61])


OVER = {"cancelled": AppointmentCancelled, "pending": AppointmentPending}


class Time(NamedTuple):
    """What somebody wants, or has: of whom, what, when."""

    who: str
    slug: str
    start: datetime

    def minutes(self) -> list[tuple[str, datetime]]:
        before, length, after = LENGTHS[self.slug]
        return [(self.who, self.start + n * MINUTE) for n in range(-before, length + after)]


class Model:
    """Whose each minute is, and until when; None is for good."""

    def __init__(self):
        self.taken = {}

    def live(self, now):
        return {m: owner for m, (owner, until) in self.taken.items() if not until or until > now}

    def free(self, time, owner, now):
        live = self.live(now)
        return all(live.get(minute, owner) == owner for minute in time.minutes())

    def give(self, owner, time=None, until=None):
        self.taken = {m: one for m, one in self.taken.items() if one[0] != owner}
        self.taken |= dict.fromkeys(time.minutes() if time else (), (owner, until))

    def lend(self, owner, time, until):
        """As much of that time as it has not for good already, and nothing of what it was lent."""
        self.let_go(owner)
        has = self.of(owner)
        lent = dict.fromkeys(set(time.minutes()) - set(has), (owner, until))
        self.taken |= lent

    def let_go(self, owner):
        self.taken = {m: one for m, one in self.taken.items() if one[0] != owner or not one[1]}

    def put_back(self, owner, time):
        self.taken |= dict.fromkeys(time.minutes(), (owner, None))

    def of(self, owner):
        return [minute for minute, one in self.taken.items() if one == (owner, None)]

    def give_holds_up(self):
        self.taken = {m: one for m, one in self.taken.items() if one[1] is None}


@contextmanager
def expecting(error: type[Exception] | None) -> Iterator[None]:
    """That refusal, where the model foresees one; otherwise none."""
    if error is None:
        yield
        return
    with pytest.raises(error):
        yield


class History(RuleBasedStateMachine):
    """Two tabs, an owner, two members of staff, and an hour that all of them want."""

    shop: SmallShop

    def __init__(self):
        super().__init__()
        with self.shop.writing() as session:
            for table in ("claim", "hold", "pending_move", "booking", "tab_session"):
                session.execute(text(f"DELETE FROM booking_{table}"))
            self.names = {member.id: member.slug for member in session.scalars(select(StaffMember))}
        self.keys = [self.shop.tab() for _ in range(2)]
        self.model, self.now, self.was_set_back = Model(), NOW, False
        self.claims_went = False
        self.held: dict[int, tuple[Time, Hold]] = {}
        self.booked: dict[str, Time] = {}
        self.cancelled: set[str] = set()
        self.confirmed: list[tuple[str, str]] = []
        self.pending: dict[str, datetime] = {}
        self.asked: dict[str, tuple[Time, datetime]] = {}

    # -- what customers do ------------------------------------------------------------------------

    @rule(tab=tabs, slug=slugs, who=anybody, start=starts)
    def hold(self, tab, slug, who, start):
        able = self.able(who, slug, start, tab)
        with expecting(None if able else SlotUnavailable):
            made = self.shop.hold(self.keys[tab], slug, who, start, now=self.now)
            time = Time(self.names[made.staff_member_id], slug, start)
            assert time in able
            self.keep(tab, time, made)

    @rule(tab=tabs)
    def extend(self, tab):
        time, earlier = self.held.get(tab, (None, None))
        if earlier is None:
            error = NoHold
        elif earlier.extensions >= 3:
            error = NoMoreTime
        elif not self.free(time, tab):
            error = SlotUnavailable
        else:
            error = NoMoreTime if self.has_all_its_time(earlier) else None
        with expecting(error), self.shop.writing() as session:
            made = extend(session, tab_key=self.keys[tab], now=self.now, minutes=10, most=3)
            self.keep(tab, time, made)

    @rule(tab=tabs)
    def release(self, tab):
        with self.shop.writing() as session:
            release(session, tab_key=self.keys[tab])
        self.forget(tab)

    @precondition(lambda self: self.held)
    @rule(number=some, wait=waits)
    def confirm(self, number, wait):
        tab = [*self.held][number % len(self.held)]
        time, draft = self.held[tab][0], f"draft {len(self.confirmed)}"
        with expecting(None if self.free(time, tab) else SlotUnavailable):
            reference = self.book(tab, time, draft, wait)
            self.confirmed.append((draft, reference))
            self.forget(tab)
            self.sell(reference, time, wait)

    @precondition(lambda self: self.confirmed)
    @rule(tab=tabs, number=some)
    def confirm_again(self, tab, number):
        draft, reference = self.confirmed[number % len(self.confirmed)]
        assert self.book(tab, self.booked[reference], draft) == reference

    @precondition(lambda self: self.booked)
    @rule(number=some, who=anybody, start=starts, minutes=st.sampled_from([10, 61]))
    def ask_to_move(self, number, who, start, minutes):
        reference, stands = self.some_booking(number)
        able = self.able(who, stands.slug, start, reference)
        is_there = start == stands.start and stands.who in who
        is_asked = self.is_asked(reference, start, who)
        if self.state(reference) != "confirmed":
            error = OVER[self.state(reference)]
        else:
            error = None if able or is_there or is_asked else SlotUnavailable
        with expecting(error):
            more = {"minutes": minutes, "now": self.now}
            chosen = self.shop.ask_to_move(reference, start, who, **more)
            assert (chosen is None) == is_there
            if not is_there and not is_asked:
                wanted = Time(chosen, stands.slug, start)
                assert wanted in able
                self.asks(reference, wanted, min(self.now + minutes * MINUTE, stands.start, start))

    @precondition(lambda self: self.asked)
    @rule(number=some, how=st.sampled_from(["decline_move", "take_move_back"]))
    def leave_it_where_it_is(self, number, how):
        reference = [*self.asked][number % len(self.asked)]
        is_asked = self.waits(reference)
        error = None if is_asked or how == "take_move_back" else NoPendingMove
        with expecting(error):
            getattr(self.shop, how)(reference, now=self.now)
            if is_asked:
                self.asked.pop(reference)
                self.model.let_go(reference)

    @precondition(lambda self: self.asked)
    @rule(number=some)
    def give_the_other_time(self, number):
        reference = [*self.asked][number % len(self.asked)]
        wanted, _until = self.asked[reference]
        if not self.waits(reference):
            error = NoPendingMove
        else:
            error = None if self.free(wanted, reference) else SlotUnavailable
        with expecting(error):
            self.shop.approve_move(reference, now=self.now)
            self.sell(reference, wanted)

    # -- what owners do ---------------------------------------------------------------------------

    @rule(slug=slugs, who=anybody, start=starts, wait=waits)
    def enter(self, slug, who, start, wait):
        able = self.able(who, slug, start, "a new booking")
        with expecting(None if able else SlotUnavailable):
            with self.shop.writing() as session:
                made = book_in(session, None, slug, who, start, **self.while_pending(wait))
                reference, time = made.reference, Time(made.staff_member.slug, slug, start)
            assert time in able
            self.sell(reference, time, wait)

    @precondition(lambda self: self.booked)
    @rule(number=some, who=anybody, start=starts)
    def move(self, number, who, start):
        reference, before = self.some_booking(number)
        able = self.able(who, before.slug, start, reference)
        stays = start == before.start and before.who in who
        if self.state(reference) == "cancelled":
            error = AppointmentCancelled
        elif self.state(reference) == "pending":
            error = AppointmentPending
        else:
            error = None if able or stays else SlotUnavailable
        with expecting(error):
            chosen = self.shop.move(reference, start, who, now=self.now)
            after = Time(chosen, before.slug, start)
            assert after in ([before] if stays else able)
            if not stays:
                self.sell(reference, after)
            else:
                self.model.put_back(reference, before)

    @precondition(lambda self: self.booked)
    @rule(number=some)
    def cancel(self, number):
        reference, _ = self.some_booking(number)
        self.shop.cancel(reference, now=self.now)
        self.is_over(reference)

    @precondition(lambda self: self.booked)
    @rule(number=some)
    def approve(self, number):
        reference, time = self.some_booking(number)
        if self.state(reference) == "cancelled":
            error = AppointmentCancelled
        else:
            error = None if self.free(time, reference) else SlotUnavailable
        with expecting(error if self.state(reference) != "confirmed" else None):
            was_pending = self.state(reference) == "pending"
            self.shop.confirm(reference, now=self.now)
            if was_pending:
                self.sell(reference, time)

    @precondition(lambda self: self.booked)
    @rule(number=some)
    def decline(self, number):
        reference, _ = self.some_booking(number)
        is_confirmed = self.state(reference) == "confirmed"
        with expecting(AppointmentConfirmed if is_confirmed else None):
            self.shop.decline(reference, now=self.now)
            self.is_over(reference)

    # -- what time does ---------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 9, 10, 10, 11, 61]))
    def time_passes(self, minutes):
        self.now += minutes * MINUTE

    @rule(minutes=st.sampled_from([1, 7, 15]))
    def the_clock_is_set_back(self, minutes):
        self.now -= minutes * MINUTE
        self.was_set_back = True

    @rule()
    def purge(self):
        with self.shop.writing() as session:
            purge_holds(session, now=self.now)
            purge_pending(session, now=self.now)
            purge_pending_moves(session, now=self.now)
            purge_claims(session, now=self.now)
        for reference in [one for one, (_, until) in self.asked.items() if until <= self.now]:
            self.asked.pop(reference)
            self.model.let_go(reference)
        for reference in [one for one, until in self.pending.items() if until <= self.now]:
            self.is_over(reference)
        for tab, (_, made) in list(self.held.items()):
            if made.expires <= self.now - GRACE:
                self.forget(tab)

    @rule()
    def a_host_whose_clock_is_days_ahead_purges(self):
        ahead = self.now + timedelta(days=5)
        with self.shop.writing() as session:
            purge_holds(session, now=ahead)
            purge_pending(session, now=ahead)
            purge_pending_moves(session, now=ahead)
            purge_claims(session, now=ahead)
        self.held.clear()
        self.asked.clear()
        for reference in list(self.pending):
            self.is_over(reference)
        self.model.give_holds_up()
        self.claims_went = True

    # -- what must hold ---------------------------------------------------------------------------

    @invariant()
    def every_claim_is_the_models(self):
        live = self.model.live(self.now).items()
        expected = {(who, int(minute.timestamp()) // 300): owner for (who, minute), owner in live}
        found = self.claims()
        if self.claims_went:  # those of bookings may be gone; no other may be there
            expected = {pair: owner for pair, owner in expected.items() if pair in found}
        assert found == expected

    @invariant()
    def every_state_is_the_models(self):
        with self.shop.reading() as session:
            found = {each.reference: each.state_at(self.now) for each in session.scalars(BOOKINGS)}
        assert found == {reference: self.state(reference) for reference in self.booked}

    def teardown(self):
        # Set back, the clock lets the row of an old hold look live; what it claimed has gone.
        bookings_alone = at("10:00", day=99)
        seen = bookings_alone if self.was_set_back else self.now
        assert_sold_once(self.shop.engine, seen, claims_went=self.claims_went)

    # -- words for the above ----------------------------------------------------------------------

    def has_all_its_time(self, held: Hold) -> bool:
        """Only a clock that was set back gives a hold its forty minutes without extensions."""
        now = int(self.now.timestamp())
        goes_on = held.expires_at > now - 10 * 60
        return goes_on and min(now, held.held_since) + 40 * 60 <= max(now, held.expires_at)

    def able(self, who, slug, start, owner) -> list[Time]:
        wanted = [Time(one, slug, start) for one in who.split()]
        return [time for time in wanted if self.free(time, owner)]

    def free(self, time, owner) -> bool:
        minutes = set(time.minutes())
        # Set back, the clock lets a booking wait again whose claims are another's in part.
        in_the_way = (
            minutes.intersection(self.booked[reference].minutes())
            for reference, until in self.pending.items()
            if until > self.now and reference != owner
        )
        return self.model.free(time, owner, self.now) and not any(in_the_way)

    def state(self, reference) -> str:
        until = self.pending.get(reference)
        is_over = reference in self.cancelled or (until and until <= self.now)
        return "cancelled" if is_over else "pending" if until else "confirmed"

    def is_asked(self, reference, start, who) -> bool:
        wanted, _until = self.asked.get(reference, (None, None))
        return self.waits(reference) and wanted.start == start and wanted.who in who

    def waits(self, reference) -> bool:
        return reference in self.asked and self.asked[reference][1] > self.now

    def asks(self, reference, wanted, until) -> None:
        self.asked[reference] = wanted, until
        self.model.lend(reference, wanted, until)

    def while_pending(self, wait) -> dict[str, object]:
        return {"now": self.now, "pending": wait and waiting(wait, now=self.now)}

    def book(self, tab, time, draft, wait=None) -> str:
        key, asked = self.keys[tab], self.while_pending(wait)
        return self.shop.book(key, time.slug, time.who, time.start, draft=draft, **asked)

    def keep(self, tab, time, made) -> None:
        self.held[tab] = time, made
        self.model.give(tab, time, made.expires)

    def forget(self, tab) -> None:
        self.held.pop(tab, None)
        self.model.give(tab)

    def sell(self, reference, time, wait=None) -> None:
        self.booked[reference] = time
        self.pending.pop(reference, None)
        self.asked.pop(reference, None)
        if wait:
            self.pending[reference] = self.now + wait * MINUTE
        self.model.give(reference, time, self.pending.get(reference))

    def is_over(self, reference) -> None:
        self.cancelled.add(reference)
        self.pending.pop(reference, None)
        self.asked.pop(reference, None)
        self.model.give(reference)

    def some_booking(self, number) -> tuple[str, Time]:
        return list(self.booked.items())[number % len(self.booked)]  # in the order they were made

    def claims(self) -> dict[tuple[str, int], object]:
        with self.shop.engine.connect() as connection:
            rows = connection.execute(text(CLAIMS), {"now": int(self.now.timestamp())}).all()
        return {
            (row.slug, row.tick): row.reference or self.keys.index(row.tab_session_id)
            for row in rows
        }


BOOKINGS = select(Booking)
CLAIMS = """
    SELECT staff.slug, claim.tick, booking.reference, hold.tab_session_id
    FROM booking_claim AS claim
    JOIN booking_staff_member AS staff ON staff.resource_id = claim.resource_id
    LEFT JOIN booking_booking AS booking ON booking.id = claim.booking_id
    LEFT JOIN booking_hold AS hold ON hold.id = claim.hold_id
    WHERE claim.expires_at IS NULL OR claim.expires_at > :now
"""


def play(shop, figures, histories):
    played = []

    class OverThisShop(History):
        def __init__(self):
            super().__init__()
            played.append(1)

    OverThisShop.shop = shop
    run_state_machine_as_test(
        OverThisShop,
        settings=settings(
            max_examples=histories,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # shrinking over a database takes minutes; as found, it reads
        ),
    )
    name = shop.engine.dialect.name
    figures(f"histories on {name}: {len(played)} played against the model, 0 differed")


@pytest.mark.parametrize("share", [1, pytest.param(14, marks=pytest.mark.extra)])
def test_histories_agree_with_the_model(shop, figures, share):
    play(shop, figures, share * (15 if shop.engine.dialect.name == "sqlite" else 6))


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_thousands_of_histories_agree_with_the_model(shop, figures):
    play(shop, figures, 5000 if shop.engine.dialect.name == "sqlite" else 2000)


def test_without_the_guard_the_model_is_left_behind(shop, monkeypatch):
    """The negative control: claims that may take over anything."""
    guarded = claims._statement
    monkeypatch.setattr(
        claims,
        "_statement",
        lambda rows, mark: guarded(rows, mark).replace("WHERE", "WHERE 1 = 1 OR"),
    )
    nothing_taken = lambda _s, staff, *_: ({one.id: [] for one in staff}, frozenset())  # noqa: E731
    monkeypatch.setattr(snapshot, "_taken", nothing_taken)
    with pytest.raises(AssertionError):
        play(shop, lambda _line: None, 50)
