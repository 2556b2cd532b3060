"""Book anyway: the shop sets a rule aside openly, and never what somebody else has."""

from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.operations.requests import SlotRequest, SlotUnavailable
from booking.scheduling.anyway import MAY_BE_PASSED_OVER
from booking.scheduling.slots import Reason
from booking.storage.history import history_of
from booking.storage.reads import booking_by_reference
from tests.fixtures.small_shop import NOW, at, find, refused
from tests.operations.audit import assert_sold_once
from tests.operations.racing import at_once, won

pytestmark = pytest.mark.both_databases


def book(shop, start, *, anyway=(), who="ann", slug="cut", **more) -> str:
    return shop.book(None, slug, who, start, by="owner", anyway=frozenset(anyway), **more)


def against(shop, start, **more) -> set[Reason]:
    """What the shop is told that speaks against that time."""
    with pytest.raises(SlotUnavailable) as refusal:
        book(shop, start, **more)
    return {*refusal.value.against}


@pytest.mark.parametrize(
    ("clock", "reasons"),
    [
        ("07:00", {Reason.CLOSED}),
        ("20:00", {Reason.CLOSED}),
        ("10:05", {Reason.BETWEEN}),
    ],
)
def test_a_time_outside_the_rules_is_had_only_by_whoever_says_which(shop, clock, reasons) -> None:
    start = at(clock, day=1)
    assert against(shop, start) == reasons
    assert against(shop, start, anyway={Reason.TOO_SOON}) == reasons
    book(shop, start, anyway=reasons)
    assert_sold_once(shop.engine, NOW)


def test_notice_and_window_bind_the_shop_until_it_passes_over_them(shop) -> None:
    shop.change("cut", minimum_notice=24 * 60, booking_window=30)
    assert against(shop, at("12:00")) == {Reason.TOO_SOON}
    assert against(shop, at("12:00", day=40)) == {Reason.TOO_FAR}
    book(shop, at("12:00"), anyway={Reason.TOO_SOON})
    book(shop, at("12:00", day=40), anyway={Reason.TOO_FAR})


def test_where_only_its_own_buffer_is_in_the_way_it_has_as_much_of_it_as_there_is_room(
    shop,
) -> None:
    book(shop, at("10:00", day=1))  # and ten minutes after it
    book(shop, at("11:45", day=1))
    # A colour takes five minutes before and fifteen after.
    start = at("10:45", day=1)
    assert against(shop, start, slug="color") == {Reason.BUFFER}
    reference = book(shop, start, slug="color", anyway={Reason.BUFFER})
    with shop.reading() as session:
        made = booking_by_reference(session, reference)
        assert (made.buffer_before, made.buffer_after) == (5, 0)
    assert_sold_once(shop.engine, NOW)


def test_no_word_gets_the_shop_a_minute_that_is_claimed(shop) -> None:
    shop.hold(shop.tab(), "cut", "ann", at("10:00", day=1))
    for clock in ("09:45", "10:00", "10:15", "10:35"):  # the last is the hold's buffer
        with refused(Reason.TAKEN):
            book(shop, at(clock, day=1), anyway=MAY_BE_PASSED_OVER | {Reason.TAKEN})


def test_no_word_gets_the_shop_more_than_a_days_limit_or_a_time_that_has_passed(shop) -> None:
    shop.change("cut", daily_limit=1)
    book(shop, at("10:00", day=1))
    with refused(Reason.LIMIT):
        book(shop, at("20:00", day=1), anyway=set(Reason))
    with refused(Reason.PAST):
        book(shop, at("07:30"), anyway=set(Reason))


def test_a_time_off_the_five_minutes_is_refused_whatever_is_said(shop) -> None:
    with refused(Reason.CLOSED):
        book(shop, at("10:02", day=1), anyway=set(Reason))


def test_only_the_owner_may_and_only_for_one_person(shop) -> None:
    with shop.reading() as session:
        ann, ben, cut = (find(session, slug) for slug in ("ann", "ben", "cut"))
        for by, staff in (("customer", [ann]), ("owner", [ann, ben])):
            with pytest.raises(ValueError, match="only the owner"):
                SlotRequest(
                    service=cut,
                    candidates=staff,
                    start=NOW,
                    now=NOW,
                    by=by,
                    anyway={Reason.CLOSED},
                )


def test_a_time_is_held_anyway_and_then_booked_by_the_same_tab(shop) -> None:
    tab, start, closed = shop.tab(), at("20:00", day=1), frozenset({Reason.CLOSED})
    shop.hold(tab, "cut", "ann", start, by="owner", anyway=closed)
    assert Reason.TAKEN in against(shop, start, anyway=closed)
    shop.book(tab, "cut", "ann", start, by="owner", anyway=closed)
    assert_sold_once(shop.engine, NOW)


def passed_over(shop, reference) -> list[list[str]]:
    """What the history says was set aside, each time."""
    with shop.reading() as session:
        booking = booking_by_reference(session, reference)
        return [each.details.get("anyway") for each in history_of(session, booking.id)]


def test_what_was_passed_over_stands_in_the_history_and_nothing_else(shop) -> None:
    shop.change("cut", minimum_notice=24 * 60)
    everything = frozenset(MAY_BE_PASSED_OVER)
    first = book(shop, at("20:00", day=3), anyway=everything)
    assert passed_over(shop, first) == [["closed"]]
    second = book(shop, at("10:00", day=3), anyway=everything)
    assert passed_over(shop, second) == [None]
    shop.move(second, at("18:00"), by="owner", anyway=everything)
    assert passed_over(shop, second) == [["too_soon", "closed"], None]


def test_what_a_hold_set_aside_is_written_down_when_it_is_booked(shop) -> None:
    shop.change("cut", minimum_notice=24 * 60)
    tab, start, soon = shop.tab(), at("12:00"), frozenset({Reason.TOO_SOON})
    shop.hold(tab, "cut", "ann", start, by="owner", anyway=soon)
    reference = shop.book(tab, "cut", "ann", start, by="owner", anyway=soon)
    assert passed_over(shop, reference) == [["too_soon"]]


def test_an_appointment_is_moved_outside_the_hours_only_by_whoever_says_so(shop) -> None:
    reference = book(shop, at("10:00", day=1))
    with refused(Reason.CLOSED):
        shop.move(reference, at("20:00", day=1), by="owner", anyway=())
    shop.move(reference, at("20:00", day=1), by="owner", anyway={Reason.CLOSED})
    assert_sold_once(shop.engine, NOW)


FIVE = timedelta(minutes=5)
ticks = st.integers(0, 24).map(lambda tick: at("16:00") + tick * FIVE)
tries = st.tuples(ticks, st.sampled_from(["cut", "color"]), st.booleans())


def test_whatever_is_booked_anyway_no_minute_is_sold_twice(shop) -> None:
    days = count(2)  # one for each example, for the shop stays as it is

    @settings(max_examples=25, deadline=None)
    @given(st.lists(tries, min_size=2, max_size=8))
    def check(wanted) -> None:
        later, booked = next(days) * timedelta(days=1), 0
        for start, slug, openly in wanted:
            rules = MAY_BE_PASSED_OVER if openly else ()
            with suppress(SlotUnavailable):
                book(shop, start + later, slug=slug, anyway=rules)
                booked += 1
        assert booked or not any(openly for *_, openly in wanted)

    check()
    assert_sold_once(shop.engine, NOW)


def test_of_many_who_book_the_same_minute_anyway_one_wins(shop) -> None:
    tabs = [shop.tab() for _ in range(3)]
    start, rules = at("20:00", day=1), frozenset(MAY_BE_PASSED_OVER)
    # Not the same start: what they share is the middle.
    jobs = [lambda n=n: book(shop, start + n * FIVE, anyway=rules) for n in range(4)]
    jobs += [
        lambda tab=tab: shop.hold(tab, "cut", "ann", start, by="owner", anyway=rules)
        for tab in tabs
    ]
    assert len(won(at_once(*jobs))) == 1
    assert_sold_once(shop.engine, NOW)
