"""A series: all of it is had or none, and its customer hears of it once."""

import secrets
from datetime import timedelta
from functools import partial

import pytest

from booking.operations.history import UNDONE
from booking.operations.links import NewLink
from booking.operations.outbox import Outbox
from booking.operations.requests import AppointmentPast, Kept, UndoRefused
from booking.operations.series import (
    SeriesClashes,
    book_series,
    cancel_following,
    clashes_of,
    move_following,
)
from booking.operations.undo import undo
from booking.scheduling.clock import to_minute
from booking.scheduling.repeats import Repeat, occurrences
from booking.scheduling.slots import Reason
from booking.storage.history import history_of
from booking.storage.models import Booking, Shop, claim, letter
from booking.storage.reads import booking_by_reference, shop_zone
from booking.storage.series import series_of
from tests.fixtures.small_shop import CUSTOMER, NOW, at, find
from tests.operations.audit import assert_sold_once
from tests.operations.racing import at_once, won

pytestmark = pytest.mark.both_databases

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
MAIL = Outbox(mail=True)
FIRST = at("10:00", day=1)
STARTS = [FIRST + n * WEEK for n in range(4)]  # before the clocks change


def new_link() -> NewLink:
    return NewLink(secrets.token_bytes(16), secrets.token_bytes(32))


def made(session, starts=STARTS, *, who="ann", key=None, **more) -> list[Booking]:
    return book_series(
        session,
        **{
            "tab_key": None,
            "idempotency_key": key or secrets.token_hex(8),
            "starts": starts,
            "service": find(session, "cut"),
            "member": find(session, who),
            "customer": CUSTOMER,
            "answers": [],
            "new_link": new_link,
            "now": NOW,
            "outbox": MAIL,
            **more,
        },
    )


def book(shop, starts=STARTS, **more) -> list[str]:
    """Book the series and return the references, by their start."""
    with shop.writing() as session:
        return [each.reference for each in made(session, starts, **more)]


def states(shop, references) -> list[str]:
    return [shop.state(each) for each in references]


def starts_of(shop, references) -> list:
    with shop.reading() as session:
        return [booking_by_reference(session, each).starts_at for each in references]


def written(shop, role="customer") -> list[str]:
    """The kinds of what was written to them and not withdrawn; reminders apart."""
    with shop.engine.connect() as connection:
        rows = connection.execute(letter.select().order_by(letter.c.id)).all()
    wanted = (row for row in rows if row.role == role and row.state == "waiting")
    return [row.kind for row in wanted if row.kind != "reminder"]


def change(shop, verb, reference, **more) -> list[str]:
    """Change this one and what follows, and return the references."""
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        given = {"now": NOW, "outbox": MAIL, "actor": "Ola", **more}
        return [each.reference for each in verb(session, booking, **given)]


def test_a_series_is_single_bookings_with_a_common_number(shop) -> None:
    first, second, *_ = references = book(shop)
    assert states(shop, references) == ["confirmed"] * 4
    alone = shop.book(None, "cut", "ben", FIRST)
    with shop.reading() as session:
        found = series_of(session, booking_by_reference(session, second))
        assert [each.reference for each in found] == references
        assert len({each.series for each in found}) == 1
        assert len({each.manage_token_hash for each in found}) == 4
        one = booking_by_reference(session, alone)
        assert (one.series, series_of(session, one)) == (None, [one])
    assert shop.state(first) == "confirmed"
    assert_sold_once(shop.engine, NOW)


def test_its_customer_is_written_once_and_reminded_of_each(shop) -> None:
    with shop.writing() as session:
        session.get(Shop, 1).email = "shop@example.com"
    shop.change("ann", email="ann@example.com")
    references = book(shop)
    assert written(shop) == ["series_booked"]
    assert written(shop, "shop") == ["series_booked"]
    assert written(shop, "staff") == ["booked"] * 4  # an invitation is of one appointment
    with shop.engine.connect() as connection:
        rows = connection.execute(letter.select().where(letter.c.kind == "reminder")).all()
    assert len(rows) == len(references)


def test_where_one_cannot_be_had_none_is_and_the_nearest_times_are_told(shop) -> None:
    shop.book(None, "cut", "ann", STARTS[2])
    before = shop.count(Booking.__table__), shop.count(claim), shop.count(letter)
    with pytest.raises(SeriesClashes) as refusal:
        book(shop)
    [clash] = refusal.value.clashes
    assert (clash.start, clash.against) == (STARTS[2], (Reason.TAKEN,))
    assert clash.nearest == tuple(STARTS[2] + timedelta(minutes=n) for n in (-60, -45, 45))
    assert (shop.count(Booking.__table__), shop.count(claim), shop.count(letter)) == before


def test_the_same_draft_makes_one_series(shop) -> None:
    first = book(shop, key="a draft")
    assert book(shop, key="a draft") == first
    assert written(shop) == ["series_booked"]


def test_clashes_are_seen_before_anything_is_claimed_by_the_same_rules(shop) -> None:
    shop.book(None, "cut", "ann", STARTS[1])
    shop.change("cut", booking_window=18)
    with shop.reading() as session:
        zone, service = shop_zone(session), find(session, "cut")
        wanted = occurrences(to_minute(FIRST), Repeat(1, 4), zone)
        given = session, service, find(session, "ann"), wanted
        seen = {clash.start: clash.against for clash in clashes_of(*given, now=NOW)}
        told = {clash.start for clash in clashes_of(*given, now=NOW, anyway={Reason.TOO_FAR})}
    assert seen == {STARTS[1]: (Reason.TAKEN,), STARTS[3]: (Reason.TOO_FAR,)}
    assert told == {STARTS[1]}
    with pytest.raises(SeriesClashes) as refusal:
        book(shop)
    assert {clash.start: clash.against for clash in refusal.value.clashes} == seen


def test_a_date_that_the_clock_leaves_out_clashes_without_a_start(shop) -> None:
    with shop.reading() as session:
        # 01:30 on 28 March 2027 is skipped in Lisbon.
        wanted = occurrences(to_minute(at("01:30", day=20)), Repeat(1, 2), shop_zone(session))
        given = session, find(session, "cut"), find(session, "ann"), wanted
        clashes = clashes_of(*given, now=NOW, anyway={Reason.CLOSED})
    assert [(str(each.day), each.start) for each in clashes] == [("2027-03-28", None)]


def test_this_and_following_are_cancelled_and_what_was_before_stands(shop) -> None:
    references = book(shop)
    gone = change(shop, cancel_following, references[1], words="We are away.")
    assert gone == references[1:]
    assert states(shop, references) == ["confirmed", *["cancelled"] * 3]
    assert written(shop) == ["series_booked", "series_cancelled"]
    assert_sold_once(shop.engine, NOW)


def test_one_alone_is_cancelled_and_the_letter_about_all_still_goes_out(shop) -> None:
    references = book(shop)
    shop.cancel(references[0], outbox=MAIL)  # the letter about all is kept with the first
    assert states(shop, references) == ["cancelled", *["confirmed"] * 3]
    assert written(shop) == ["series_booked", "cancelled"]


@pytest.mark.parametrize("shift", [DAY, -DAY, timedelta(minutes=15)])
def test_this_and_following_move_as_far_also_to_where_the_next_was(shop, shift) -> None:
    later = [FIRST + 2 * DAY, FIRST + 3 * DAY]
    references = book(shop, [FIRST, *later])
    moved = change(shop, move_following, references[1], start=later[0] + shift)
    assert moved == references[1:]
    assert starts_of(shop, references) == [FIRST, *(start + shift for start in later)]
    assert written(shop) == ["series_booked", "series_moved"]
    assert_sold_once(shop.engine, NOW)


def test_they_move_on_the_wall_clock_where_it_changes_in_between(shop) -> None:
    starts = [at("10:00", day=22), at("09:00", day=29)]  # both 10:00 in Lisbon
    references = book(shop, starts)
    change(shop, move_following, references[0], start=at("15:00", day=22))
    assert starts_of(shop, references) == [at("15:00", day=22), at("14:00", day=29)]


def test_where_one_cannot_move_none_does(shop) -> None:
    references = book(shop)
    shop.book(None, "cut", "ann", at("12:00", day=8))
    with pytest.raises(SeriesClashes) as refusal:
        change(shop, move_following, references[0], start=at("12:00", day=1))
    assert [clash.start for clash in refusal.value.clashes] == [at("12:00", day=8)]
    assert refusal.value.clashes[0].nearest
    assert starts_of(shop, references) == STARTS
    assert written(shop) == ["series_booked"]


def test_they_move_to_another_person_together(shop) -> None:
    references = book(shop)
    with shop.writing() as session:
        booking, ben = booking_by_reference(session, references[2]), find(session, "ben")
        move_following(session, booking, start=STARTS[2], member=ben, now=NOW, outbox=MAIL)
    with shop.reading() as session:
        found = series_of(session, booking_by_reference(session, references[0]))
        assert [each.staff_member.slug for each in found] == ["ann", "ann", "ben", "ben"]


def test_what_has_begun_is_neither_cancelled_nor_moved(shop) -> None:
    references = book(shop)
    later = STARTS[0] + timedelta(minutes=5)
    with pytest.raises(AppointmentPast):
        change(shop, cancel_following, references[0], now=later)
    assert states(shop, references) == ["confirmed"] * 4


def test_who_is_told_of_several_still_hears_of_the_others_when_one_is_undone(shop) -> None:
    references = book(shop)
    change(shop, cancel_following, references[0])
    for place, reference in enumerate(references):
        with shop.writing() as session:
            booking = booking_by_reference(session, reference)
            number = history_of(session, booking.id)[0].id
            undo(session, booking, number, actor="Ola", now=NOW, outbox=MAIL)
            left = [one.id for one in series_of(session, booking)[place + 1 :]]
            query = letter.select().where(letter.c.kind == "series_cancelled")
            rows = session.execute(query).all()
            assert rows
            if left:
                assert {each.state for each in rows} == {"waiting"}
                assert all(each.facts["series"] == left for each in rows)
            else:
                assert {each.state for each in rows} == {"withdrawn"}


def test_one_of_many_is_undone_only_while_the_letter_about_all_has_not_left(shop) -> None:
    references = book(shop)
    change(shop, cancel_following, references[0])

    def take_back(reference):
        with shop.writing() as session:
            booking = booking_by_reference(session, reference)
            number = history_of(session, booking.id)[0].id
            return undo(session, booking, number, actor="Ola", now=NOW, outbox=MAIL).what

    take_back(references[2])
    assert states(shop, references) == ["cancelled", "cancelled", "confirmed", "cancelled"]
    with shop.engine.begin() as connection:
        connection.execute(letter.update().values(tries=1, state="sent"))
    with pytest.raises(UndoRefused) as refusal:
        take_back(references[3])
    assert refusal.value.why is Kept.TOLD
    assert UNDONE not in states(shop, references)


def test_a_series_and_those_who_want_one_of_its_times_race_and_one_side_wins(shop) -> None:
    hour = timedelta(minutes=30)
    jobs = [partial(_try, shop, [start + n * hour / 2 for start in STARTS]) for n in range(2)]
    jobs += [partial(shop.book, None, "cut", "ann", STARTS[3], by="owner")]
    results = at_once(*jobs)
    series = [each for each in won(results) if isinstance(each, list) and each]
    single = [each for each in won(results) if isinstance(each, str)]
    assert len(series) + len(single) == 1
    assert_sold_once(shop.engine, NOW)


def _try(shop, starts) -> list[str]:
    try:
        return book(shop, starts)
    except SeriesClashes:
        return []
