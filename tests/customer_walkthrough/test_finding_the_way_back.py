"""Refresh, Back, Forward, links, typed addresses, a reopened tab: the right step, as answered."""

import pytest

from booking.testing import TabClient
from tests.customer_walkthrough.visits import (
    ADA,
    BEN,
    STEPS,
    Visit,
    bookings_in,
    reference_in,
    take,
    walk,
)


@pytest.fixture
def tab(app) -> TabClient:
    return TabClient(app, "/book/")


def assert_answered(tab: TabClient, visit: Visit, step: str) -> None:
    """The tab shows that step, with what the visit answered there."""
    assert (tab.step, tab.url) == (step, f"/book/{step}")
    if step == "review":
        shown = tab.page.select_one("#step").text
        wanted = (visit.service_name, visit.staff_name, visit.name, visit.email, visit.note)
        assert [word for word in wanted if word not in shown] == []
    else:
        answer = visit.answer(step)
        assert {name: tab.fields.get(name) for name in answer} == answer


def test_back_and_forward_show_each_step_as_it_was_answered(tab):
    walk(tab, BEN, until="review")
    for step in reversed(STEPS[:-1]):
        assert_answered(tab.back(), BEN, step)
    for step in STEPS[1:]:
        assert_answered(tab.forward(), BEN, step)
    walk(tab, BEN)


def test_back_in_one_tab_does_not_move_the_other(tab):
    other = tab.new_tab("/book/")
    walk(tab, ADA, until="review")
    walk(other, BEN, until="review")
    tab.back().back()
    assert_answered(other.refresh(), BEN, "review")
    assert_answered(tab.refresh(), ADA, "time")


@pytest.mark.parametrize("step", STEPS)
def test_a_refresh_shows_the_same_step_with_what_was_answered_so_far(tab, step):
    walk(tab, ADA, until=step)
    assert tab.refresh().step == step
    walk(tab, ADA)


@pytest.mark.parametrize("step", STEPS)
def test_a_reopened_tab_goes_on_where_it_was(tab, app, step):
    walk(tab, BEN, until=step).close()
    walk(tab.reopen(), BEN)
    assert bookings_in(app) == {reference_in(tab): BEN}


@pytest.mark.parametrize("step", STEPS)
def test_an_address_typed_into_the_tab_leads_to_its_step(tab, step):
    walk(tab, BEN, until="review")
    assert_answered(tab.open(step), BEN, step)
    assert_answered(tab.open(), BEN, "review")


@pytest.mark.parametrize("step", ["staff", "time", "details", "review", "done"])
def test_a_link_to_a_later_step_opens_a_fresh_tab_at_the_first(app, step):
    tab = TabClient(app, step)
    assert (tab.step, tab.url, tab.status) == ("service", "/book/service", 200)


@pytest.mark.parametrize("step", ["details", "review", "done"])
def test_an_address_ahead_of_the_answers_leads_to_the_open_question(tab, step):
    walk(tab, ADA, until="time")
    assert (tab.open(step).step, tab.url) == ("time", "/book/time")


def test_done_stays_done_wherever_the_tab_goes(tab):
    walk(tab, ADA)
    reference = reference_in(tab)
    for there in (tab.refresh, tab.back, tab.back, tab.reopen, lambda: tab.open("time"), tab.open):
        there()
        assert (reference_in(tab), tab.url) == (reference, "/book/done")


def test_a_link_in_the_page_can_be_followed_into_another_tab(tab):
    walk(tab, ADA, until="details")
    address = tab.page.select_one("#stage-time")["href"]
    assert tab.new_tab(address).step == "service"
    assert tab.refresh().step == "details"


def test_book_another_starts_afresh_and_leaves_the_first_booking_alone(tab, app):
    walk(tab, ADA)
    first = reference_in(tab)
    tab.click("Book another appointment")
    assert (tab.step, list(tab.fields)) == ("service", ["answer_version"])
    walk(tab, BEN)
    assert bookings_in(app) == {first: ADA, reference_in(tab): BEN}


def test_two_windows_on_one_session_make_one_booking(tab, app):
    walk(tab, ADA, until="review")
    twin = tab.twin()
    tab.submit()
    assert twin.submit().status == 200
    assert reference_in(twin) == reference_in(tab)
    assert bookings_in(app) == {reference_in(tab): ADA}


def test_an_answer_changed_in_a_twin_is_not_confirmed_unseen(tab, app):
    walk(tab, ADA, until="review")
    twin = tab.twin()
    tab.open("details").submit(note="On second thoughts, a stool")
    assert twin.submit().status == 409
    assert "On second thoughts, a stool" in twin.page.select_one("#step").text
    assert twin.submit().step == "done"
    assert [visit.note for visit in bookings_in(app).values()] == ["On second thoughts, a stool"]


def test_a_link_that_preselects_answers_the_first_question_by_itself(tab):
    tab.open("?service=long&staff=ben")
    assert tab.step == "time"
    walk(tab, BEN)


def test_a_link_that_preselects_overwrites_no_answer(tab):
    walk(tab, ADA, until="details")
    tab.open("?service=long")
    assert tab.step == "details"
    assert "Long visit" in tab.page.select_one("[role=status]").text
    take(tab, ADA, "details")
    assert_answered(tab, ADA, "review")


def test_two_tabs_after_one_time_the_slower_keeps_its_answers_and_is_shown_others(tab):
    other = tab.new_tab("/book/")
    for each in (tab, other):
        walk(each, ADA, until="time")
    take(tab, ADA, "time")
    other.submit(force=True, **ADA.answer("time"))
    assert (other.status, other.step) == (409, "time")
    assert other.page.select_one("[role=alert]")
    offered = [slot["value"] for slot in other.page.select(".sb-nearest input")]
    assert len(offered) == 3
    assert ADA.start not in offered
    other.submit(slot=offered[0])
    assert other.step == "details"
    walk(tab, ADA)
