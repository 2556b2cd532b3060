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


def test_a_tab_that_is_reopened_at_any_step_goes_on_where_it_was(tab, app):
    for step in STEPS:
        tab.close()
        take(tab.reopen(), BEN, step)
    assert bookings_in(app) == {reference_in(tab): BEN}


def test_an_address_typed_into_the_tab_leads_to_its_step(tab):
    walk(tab, BEN, until="review")
    for step in STEPS:
        assert_answered(tab.open(step), BEN, step)
    assert_answered(tab.open(), BEN, "review")


def test_a_link_to_a_later_step_opens_a_fresh_tab_at_the_first(app):
    for step in ("staff", "time", "details", "review", "done"):
        tab = TabClient(app, step)
        assert (tab.step, tab.url, tab.status) == ("service", "/book/service", 200), step


def test_an_address_ahead_of_the_answers_leads_to_the_open_question(tab):
    walk(tab, ADA, until="time")
    for step in ("details", "review", "done"):
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
