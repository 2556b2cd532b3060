"""A chosen time is held, extended, lost to somebody faster: and nothing typed is lost with it."""

import json

import pytest

from booking.testing import TabClient
from tests.customer.walks import (
    ADA,
    alert,
    at_details,
    at_review,
    at_time,
    chosen,
    days,
    nearest,
    notice,
    slots,
    value,
)


@pytest.mark.both_databases
def test_the_slower_of_two_is_offered_the_nearest_times(app):
    first = at_time(app, service="short", staff="ana")
    second = at_time(app, service="short", staff="ana")
    slot = slots(first)[2]
    assert first.submit(slot=slot).step == "details"
    second.submit(slot=slot)
    assert (second.status, second.step) == (409, "time")
    assert "HX-Push-Url" not in second.headers
    assert "Somebody was faster" in alert(second)
    assert len(nearest(second)) == 3
    assert slot not in slots(second)
    assert second.submit(slot=nearest(second)[0]).step == "details"


def test_a_time_outside_the_rules_is_answered_with_times_inside_them(app):
    tab = at_time(app, service="short", staff="ana")
    for slot, said in (
        ("2020-01-02T10:00Z", "has passed"),
        ("2999-01-02T10:00Z", "further ahead"),
        ("2026-03-03T12:15Z", "cannot be booked"),  # the lunch break
    ):
        tab.submit(slot=slot, force=True)
        assert (tab.status, tab.step) == (409, "time")
        assert said in alert(tab)
        assert len(nearest(tab)) == 3


def test_more_time_is_given_three_times(app):
    tab = at_details(app, service="short", staff="ana")
    for _ in range(3):
        before = tab.page.select_one("#hold")["data-seconds-left"]
        tab.click("More time")
        assert tab.status == 200
        assert int(tab.page.select_one("#hold")["data-seconds-left"]) >= int(before) + 590
    assert tab.page.select_one("#more-time") is None
    tab.post("hold/extension")
    assert tab.status == 409
    assert "cannot be held any longer" in tab.response.text
    assert tab.refresh().step == "details"


def test_who_held_times_for_as_long_as_one_can_is_told_and_can_still_confirm(app, bookings, later):
    tab = at_details(app, service="short", staff="ana")
    for _ in range(3):
        tab.click("More time")
    later(minutes=41)
    tab.open("time").submit(slot=slots(tab)[-1])
    assert (tab.status, tab.step) == (200, "details")
    assert "this one is not held for you" in notice(tab)
    assert "sb-hold-over" in tab.page.select_one("#hold")["class"]
    tab.submit(**ADA).submit()
    assert (tab.status, tab.step) == (200, "done")
    assert len(bookings()) == 1


def left(tab) -> int:
    return int(tab.page.select_one("#hold")["data-seconds-left"])


def type_a_name(tab) -> str:
    """What the script does while somebody types; how long it is told that the time is held."""
    return tab.post("details/typed", name="A", **marks(tab)).headers.get("Hold-Seconds-Left")


def marks(tab) -> dict[str, str]:
    turn = json.loads(tab.page.select_one("[data-quiet]")["hx-vals"])["details_revision"]
    return {"answer_version": value(tab, "answer_version"), "details_revision": turn}


def is_free_to_others(app, slot) -> bool:
    return slot in slots(at_time(app, service="short", staff="ana"))


def test_a_time_is_held_for_three_minutes_until_something_is_typed(app, later):
    tab = at_details(app, service="short", staff="ana")
    slot = chosen(tab.click("Back"), "slot")
    assert left(tab.open("details")) == 180
    assert "it is held for 10 minutes" in tab.page.select_one(".sb-hold-first").get_text()
    assert not is_free_to_others(app, slot)
    later(minutes=3)
    assert is_free_to_others(app, slot)


def test_who_types_in_the_second_minute_and_is_slow_for_eight_more_loses_nothing(app, later):
    tab = at_details(app, service="short", staff="ana")
    slot = chosen(tab.click("Back"), "slot")
    tab.open("details")
    later(minutes=2)
    assert type_a_name(tab) == "600"
    later(minutes=8)
    assert not is_free_to_others(app, slot)
    assert left(tab.refresh()) == 120
    assert tab.page.select_one(".sb-hold-first") is None
    assert tab.submit(**ADA).step == "review"
    assert left(tab) == 600, "and with each answer again"


def test_an_answer_that_is_sent_back_shows_that_somebody_is_there(app):
    tab = at_details(app, service="short", staff="ana")
    assert tab.submit(name="Ada", email="nowhere").status == 422
    assert left(tab) == 600


def test_typing_holds_no_time_for_longer_than_one_with_all_its_extensions(app, later):
    tab = at_details(app, service="short", staff="ana")
    told = []
    for _ in range(9):
        told.append(type_a_name(tab))
        later(minutes=5)
    assert told == [*["600"] * 7, "300", None]


def test_a_tab_that_has_details_holds_its_next_time_to_the_full_length_at_once(app):
    tab = at_review(app, service="short", staff="ana").open("time")
    assert left(tab.submit(slot=slots(tab)[-1])) == 600
    typed = at_details(app, service="short", staff="ana")
    type_a_name(typed)
    typed.click("Back")
    assert left(typed.submit(slot=slots(typed)[-1])) == 600


@pytest.mark.both_databases
def test_who_reads_for_long_and_then_types_has_the_time_again_unless_it_was_taken(app, later):
    slow, late = (at_details(app, service="short", staff=name) for name in ("ana", "ben"))
    lost = chosen(late.click("Back"), "slot")
    late.open("details")
    later(minutes=4)
    at_details(app, lost, service="short", staff="ben")
    assert type_a_name(slow) == "600"
    assert type_a_name(late) is None
    assert left(slow.refresh()) == 600


def test_without_a_chosen_time_there_is_nothing_to_extend(app, rows):
    assert TabClient(app, "/book/").post("hold/extension").status == 409
    assert rows()["tabs"] == 0


def test_a_hold_that_ran_out_untaken_can_be_taken_up_again_or_confirmed(app, bookings, later):
    tab = at_details(app, service="short", staff="ana")
    later(minutes=11)
    assert "sb-hold-over" in tab.refresh().page.select_one("#hold")["class"]
    tab.click("More time")
    assert "sb-hold-over" not in tab.page.select_one("#hold")["class"]
    assert left(tab) == 600
    later(minutes=11)
    assert tab.submit(**ADA).step == "review"
    assert tab.submit().step == "done"
    assert len(bookings()) == 1


def at_details_of_a_lost_time(app, later):
    slow = at_details(app, service="short", staff="ana")
    lost = chosen(slow.open("time"), "slot")
    slow.open("details")
    later(minutes=11)
    at_details(app, lost, service="short", staff="ana")
    return slow


def test_a_lost_time_keeps_the_details_that_were_being_typed(app, bookings, later):
    slow = at_details_of_a_lost_time(app, later)
    slow.submit(name="Ada", email="not yet", note="By the window")
    assert (slow.status, slow.step, slow.url) == (409, "time", "/book/time")
    assert "no longer free" in alert(slow)
    slow.submit(slot=nearest(slow)[0])
    assert slow.step == "details"
    assert (value(slow, "name"), value(slow, "email")) == ("Ada", "not yet")
    assert value(slow, "note") == "By the window"
    slow.submit(**ADA, phone="912 345 678").submit()
    assert bookings()[0].customer_phone == "+351 912 345 678"


def test_right_details_need_not_be_sent_again_after_their_time_was_lost(app, later):
    slow = at_details_of_a_lost_time(app, later).submit(**ADA)
    assert (slow.status, slow.step) == (409, "time")
    assert slow.submit(slot=nearest(slow)[0]).step == "review"


def test_a_time_lost_before_confirming_is_told_with_the_nearest_times(app, bookings, later):
    slow = at_review(app, service="short", staff="ana")
    lost = chosen(slow.open("time"), "slot")
    slow.open("review")
    later(minutes=11)
    at_details(app, lost, service="short", staff="ana")
    slow.submit()
    assert (slow.status, slow.step) == (409, "time")
    assert nearest(slow)
    assert slow.submit(slot=nearest(slow)[0]).step == "review"
    assert slow.submit().step == "done"
    assert len(bookings()) == 1


def test_more_time_for_a_lost_time_leaves_the_page_as_it_is(app, later):
    slow = at_details_of_a_lost_time(app, later)
    slow.click("More time")
    assert (slow.status, slow.step) == (409, "details")
    assert "no longer free" in alert(slow)


@pytest.mark.settings(visitor_share=100, held_share=100)
def test_a_day_whose_times_are_all_held_is_shown_as_full(app):
    tab, day = at_time(app, service="long", staff="ana"), "time?day=2026-03-03"
    while slots(other := at_time(app, service="long", staff="ana").open(day)):
        other.submit(slot=slots(other)[0])
        assert other.step == "details"
    assert slots(tab.open(day)) == []
    assert "Next free day: Wednesday 4 March" in tab.page.select_one(".sb-next-free").get_text()
    assert slots(tab.click(".sb-next-free a"))
    assert days(tab, "full")[0].startswith("3 Tuesday 3 March 2026")
