"""Every second Tuesday, six times, for a caller: all of it, or what clashes and what is near."""

from datetime import timedelta

import pytest

from booking.storage.history import history_of
from booking.storage.models import letter
from booking.storage.reads import staff_by_slug
from booking.storage.series import series_of
from tests.owner.conftest import text_of
from tests.owner.test_a_booking import MAIL
from tests.owner.test_booking_for_a_caller import NEW, TEN, bookings, calls, held, holds, said

__all__ = ["calls"]
FORTNIGHT = timedelta(weeks=2)


def ask(tab, weeks="2", times="3", **typed):
    return tab.submit("#who", **{"name": "Zoë Ω", "weeks": weeks, "times": times, **typed})


def starts(shop) -> list:
    return [each.starts_at for each in bookings(shop) if each.customer_name == "Zoë Ω"]


@pytest.mark.settings(**MAIL)
def test_a_series_is_booked_in_one_go_and_told_in_one_letter(calls, shop) -> None:
    tab = ask(held(calls()), email="zoe@example.com")
    made = bookings(shop)
    assert tab.url.endswith(f"/desk/bookings/{made[0].reference}")
    assert starts(shop)[:2] == [TEN, TEN + FORTNIGHT]
    assert starts(shop)[2].hour == 9  # summer has begun in Lisbon: it is 10:00 on the wall
    with shop.reading() as session:
        assert len(series_of(session, session.merge(made[0]))) == 3
        rows = session.execute(letter.select().where(letter.c.role == "customer")).all()
    assert [each.kind for each in rows if each.kind != "reminder"] == ["series_booked"]
    assert "Booked, several at once" in said(tab)
    assert holds(shop) == 0


def test_where_one_clashes_nothing_is_booked_and_the_nearest_times_are_offered(calls, shop) -> None:
    shop.appointment(TEN + FORTNIGHT, "Somebody Else")
    tab = ask(held(calls()))
    assert tab.step == "dates"
    assert starts(shop) == []
    assert "That time is taken." in said(tab)
    near = [each["value"] for each in tab.page.select("[data-clash] input")]
    assert (
        near
        == [
            "2026-03-17T09:15:00Z",
            "2026-03-17T10:45:00Z",
            "2026-03-17T11:00:00Z",
            "none",
        ]
        or len(near) == 4
    )
    assert tab.refresh().step == "dates"
    tab.submit("#dates-form", at_1=near[1])
    assert starts(shop)[1].strftime("%Y-%m-%dT%H:%M:%SZ") == near[1]
    assert len(starts(shop)) == 3


def test_a_date_that_clashes_can_be_left_out(calls, shop) -> None:
    shop.appointment(TEN + FORTNIGHT, "Somebody Else")
    ask(held(calls())).submit("#dates-form", at_1="none")
    assert [each.day for each in starts(shop)] == [3, 31]


def test_a_date_that_is_taken_meanwhile_books_none_and_says_which(calls, shop) -> None:
    shop.appointment(TEN + FORTNIGHT, "Somebody Else")
    tab = ask(held(calls()))
    shop.appointment(TEN + FORTNIGHT + timedelta(minutes=45), "Somebody Faster")
    tab.post(f"{NEW}/dates", call="0", at_0="2026-03-03T10:00:00Z", at_1="2026-03-17T10:45:00Z")
    assert (tab.status, tab.step) == (409, "dates")
    assert len(tab.page.select("[data-clash]")) == 1
    assert starts(shop) == []


@pytest.mark.parametrize("times", ["", "1", "53", "six", "٣", "000253", "9" * 5000])
def test_how_often_is_a_number_from_2_to_52(times, calls, shop) -> None:
    tab = ask(held(calls()), times=times)
    assert tab.status == 422
    assert tab.page.select_one("#problem a")["href"] == "#field-times"
    assert starts(shop) == []


def test_a_form_of_dates_that_is_sent_twice_books_once(calls, shop) -> None:
    shop.appointment(TEN + FORTNIGHT, "Somebody Else")
    tab = ask(held(calls()))
    tab.submit("#dates-form", at_1="none")
    tab.open(NEW)
    tab.post(f"{NEW}/dates", call="0", at_0="2026-03-03T10:00:00Z")
    assert len(starts(shop)) == 2


def test_fifty_two_weeks_reach_beyond_what_customers_may_book_and_say_so(calls, shop) -> None:
    tab = ask(held(calls()), weeks="1", times="52")
    assert tab.step == "dates"
    assert "That is further ahead than customers may book." in said(tab)
    shop.appointment(TEN + timedelta(weeks=1), "Somebody Else")
    tab.refresh().click("Book all of them anyway")
    assert len(starts(shop)) == 52
    at = [f"{each:%H:%M}" for each in starts(shop)]
    assert at[:3] == ["10:00", "09:00", "10:00"]  # no word gets it what is taken
    with shop.reading() as session:
        theirs = [each for each in bookings(shop) if each.series]
        found = [history_of(session, each.id)[0].details.get("anyway") for each in theirs]
    assert ["too_far"] in found
    assert None in found


@pytest.fixture
def series(calls, shop) -> list[str]:
    """The references of three appointments, on every second Tuesday at ten."""
    ask(held(calls()), email="zoe@example.com")
    return [each.reference for each in bookings(shop)]


def states(shop) -> list[str]:
    return [each.state for each in bookings(shop) if each.customer_name == "Zoë Ω"]


def test_its_page_shows_the_whole_series_and_leads_to_each(series, desk) -> None:
    page = desk.page(f"/desk/bookings/{series[1]}")
    links = [each["href"] for each in page.select("[data-series] a")]
    assert links == [f"/desk/bookings/{series[0]}", f"/desk/bookings/{series[2]}"]
    assert page.select_one("[data-series] strong").get_text().startswith("Tuesday 17 March 2026")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["confirmed", "cancelled", "confirmed"]),
        ({"following": "yes"}, ["confirmed", "cancelled", "cancelled"]),
    ],
)
def test_this_one_or_this_and_what_follows_is_cancelled(fields, expected, series, desk, shop):
    desk.post(f"/desk/bookings/{series[1]}/cancellation", data={"words": "", **fields})
    assert states(shop) == expected


def test_this_and_what_follows_moves_as_far(series, desk, shop) -> None:
    slot = {"slot": "2026-03-17T15:00:00Z", "following": "yes"}
    answer = desk.post(f"/desk/bookings/{series[1]}/time", data=slot)
    assert answer.status_code == 303
    assert [each.hour for each in starts(shop)] == [10, 15, 14]  # by the wall clock


def test_where_one_that_follows_cannot_move_none_does_and_the_page_says_which(
    series, desk, shop
) -> None:
    shop.appointment(TEN + 2 * FORTNIGHT + timedelta(hours=4), "Somebody Else")
    slot = {"slot": "2026-03-17T15:00:00Z", "following": "yes"}
    answer = desk.post(f"/desk/bookings/{series[1]}/time", data=slot)
    assert answer.status_code == 409
    assert "Tuesday 31 March 2026, 15:00. Free near it:" in text_of(answer)
    assert [each.hour for each in starts(shop)] == [10, 10, 9]


def test_staff_change_of_what_follows_only_their_own(series, desk_as, shop) -> None:
    with shop.writing() as session:
        booking = session.merge(bookings(shop)[2])
        booking.staff_member_id = staff_by_slug(session, "ben").id
    client = desk_as("staff", "ana")
    client.post(f"/desk/bookings/{series[0]}/cancellation", data={"following": "yes"})
    assert states(shop) == ["cancelled", "cancelled", "confirmed"]
