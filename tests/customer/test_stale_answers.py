"""A form that is older than the stored answer asks which one counts; Back is never punished."""

import pytest
from sqlalchemy import select

from booking.customer.wizard.state import slot_start
from booking.storage.models import hold
from tests.customer.walks import (
    ADA,
    alert,
    at_details,
    at_review,
    at_time,
    chosen,
    first_slot,
    notice,
    slots,
    text,
    value,
)

KEEP = "Keep the other answer"
GRACE = {"name": "Grace Hopper", "email": "grace@example.com", "note": "By the door."}


def twin_of(tab, step):
    """Another window on the same tab session, which shows that step."""
    twin = tab.twin()
    twin.open(step)
    assert twin.step == step
    return twin


def rows(tab) -> dict[str, list[str]]:
    """What differs, as the page tells it: label, saved answer, entered answer."""
    return {
        row.dt.get_text(strip=True): [
            answer.get_text(strip=True) for answer in row.select(".sb-differing-answer")
        ]
        for row in tab.page.select(".sb-differing > div")
    }


def held(database) -> list[str]:
    with database() as session:
        starts = session.scalars(select(hold.c.starts_at)).all()
        return [f"{start:%Y-%m-%dT%H:%MZ}" for start in starts]


# -- both answers and a choice ---------------------------------------------------------------------


def test_a_service_chosen_in_a_twin_is_shown_beside_the_one_chosen_here(app):
    stale = at_time(app, service="long").open("service")
    mark = stale.fields["answer_version"]
    twin_of(stale, "service").submit(service="short")
    stale.submit(service="nonsense", force=True)
    assert (stale.status, stale.fields["answer_version"]) == (422, mark)  # still the old form
    stale.submit(service="long")
    assert (stale.status, stale.step) == (409, "service")
    assert rows(stale) == {"Service": ["Short visit", "Long visit"]}
    assert chosen(stale, "service") == "long"
    assert "HX-Push-Url" not in stale.headers
    assert stale.submit().step == "time"
    assert "Long visit" in text(stale)


def test_a_first_answer_is_no_older_than_nothing_but_older_than_a_twins(app):
    tab = at_time(app).new_tab("/book/")
    tab.twin().open("service").submit(service="long")
    tab.submit(service="short")
    assert (tab.status, rows(tab)) == (409, {"Service": ["Long visit", "Short visit"]})
    assert tab.click(KEEP).step == "staff"
    assert "Long visit" in text(tab)


def test_a_person_chosen_in_a_twin_is_shown_beside_the_one_chosen_here(app):
    tab = at_time(app, staff="ana")
    stale, twin = twin_of(tab, "staff"), twin_of(tab, "staff")
    twin.submit(staff="any")
    stale.submit(staff="ben")
    assert (stale.status, stale.step) == (409, "staff")
    assert rows(stale) == {"Person": ["Anyone who is free", "Ben"]}
    assert chosen(stale, "staff") == "ben"
    stale.click(KEEP)
    assert (stale.status, stale.step) == (200, "time")
    assert chosen(twin_of(tab, "staff"), "staff") == "any"


def two_times(app):
    """A window at the time step, a time for it, and the one that its twin has chosen."""
    tab = at_time(app, staff="ana")
    mine, theirs = slots(tab)[2], slots(tab)[5]
    stale = twin_of(tab, "time")
    tab.submit(slot=theirs)
    return stale, mine, theirs


def test_a_time_chosen_in_a_twin_stays_held_until_the_choice_is_made(app, database):
    stale, mine, theirs = two_times(app)
    stale.submit(slot=mine)
    assert (stale.status, stale.step) == (409, "time")
    clocks = [f"{slot_start(slot):%H:%M}" for slot in (theirs, mine)]
    assert [told[-5:] for told in rows(stale)["Time"]] == clocks
    assert chosen(stale, "slot") == mine
    assert held(database) == [theirs]
    assert stale.submit().step == "details"
    assert held(database) == [mine]


def test_the_other_time_is_kept_with_its_hold(app, database):
    stale, mine, theirs = two_times(app)
    stale.submit(slot=mine).click(KEEP)
    assert (stale.status, stale.step, stale.url) == (200, "details", "/book/details")
    assert held(database) == [theirs]


def test_a_time_that_cannot_be_had_is_no_choice(app, database):
    stale, mine, theirs = two_times(app)
    at_details(app, mine, staff="ana")
    stale.submit(slot=mine)
    assert (stale.status, rows(stale)) == (409, {})
    assert "Somebody was faster" in alert(stale)
    # Still the old form: the answer given after all is held against the twin's.
    stale.submit(slot=slots(stale)[-1])
    assert (stale.status, stale.step) == (409, "time")
    assert rows(stale)["Time"]
    assert sorted(held(database)) == sorted([theirs, mine])


def test_details_are_shown_field_by_field_where_they_differ(app):
    tab = at_details(app, service="long", staff="ana")
    stale = twin_of(tab, "details")
    tab.submit(**GRACE, phone="912 345 678", question_first_visit="Yes")
    assert tab.step == "review"
    stale.submit(**ADA, phone="+351 912 345 678", question_first_visit="No")
    assert (stale.status, stale.step) == (409, "details")
    assert rows(stale) == {
        "Name": ["Grace Hopper", "Ada Lovelace"],
        "E-mail address": ["grace@example.com", "ada@example.com"],
        "Is this your first visit?": ["Yes", "No"],
        "Anything we should know?": ["By the door.", "By the window, please."],
    }
    assert value(stale, "name") == "Ada Lovelace"
    assert "Grace Hopper" in text(tab.refresh())
    assert stale.submit().step == "review"
    assert "Ada Lovelace" in text(stale)


def details_answered_by_a_twin(app, **fields):
    """A window at the details, whose twin has sent them."""
    tab = at_details(app, service="short", staff="ana")
    stale = twin_of(tab, "details")
    tab.submit(**fields)
    return stale


def test_an_empty_answer_is_told_as_nothing(app):
    stale = details_answered_by_a_twin(app, **ADA)
    stale.submit(**ADA | {"note": ""})
    assert rows(stale) == {"Anything we should know?": ["By the window, please.", "Nothing"]}


def test_the_other_details_are_kept_and_the_typed_ones_go(app):
    stale = details_answered_by_a_twin(app, **GRACE)
    stale.submit(**ADA).click(KEEP)
    assert (stale.status, stale.step) == (200, "review")
    assert "Grace Hopper" in text(stale)
    stale.open("details")
    assert (value(stale, "name"), rows(stale)) == ("Grace Hopper", {})


def test_a_refresh_shows_the_choice_between_details_again(app):
    stale = details_answered_by_a_twin(app, **GRACE)
    stale.submit(**ADA).refresh()
    assert (stale.status, stale.step) == (200, "details")
    assert rows(stale)["Name"] == ["Grace Hopper", "Ada Lovelace"]
    assert value(stale, "name") == "Ada Lovelace"
    assert stale.submit().step == "review"
    assert "Ada Lovelace" in text(stale)


def test_mending_refused_details_does_not_pass_over_a_twins_answer(app):
    stale = details_answered_by_a_twin(app, **GRACE)
    stale.submit(**ADA | {"email": "nonsense"})
    assert (stale.status, stale.step) == (422, "details")
    assert rows(stale)["Name"] == ["Grace Hopper", "Ada Lovelace"]
    assert "One answer needs another look" in alert(stale)
    assert stale.submit(email="ada@example.com").step == "review"


def test_details_sent_when_their_time_is_lost_wait_for_the_choice(app, later):
    tab = at_details(app, service="short", staff="ana")
    stale = twin_of(tab, "details")
    slot = tab.fields["slot"]
    tab.submit(**GRACE)
    later(minutes=11)
    at_review(app, slot, service="short", staff="ana")
    stale.submit(**ADA)
    assert (stale.status, stale.step) == (409, "time")
    stale.submit(slot=first_slot(stale))
    assert stale.step == "review"
    assert "typed and not sent" in notice(stale)
    assert "Grace Hopper" in text(stale)
    stale.open("details")
    assert rows(stale)["Name"] == ["Grace Hopper", "Ada Lovelace"]
    assert "Ada Lovelace" in text(stale.submit())
    assert notice(stale) == ""


# -- no conflict -----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["service", "staff", "time", "details"])
def test_the_same_answer_twice_is_no_conflict(app, step):
    tab = at_review(app, service="short", staff="ana")
    fresh = {
        "service": {"service": "long"},
        "staff": {"staff": "ben"},
        "time": {"slot": slots(twin_of(tab, "time"))[-1]},
        "details": GRACE,
    }[step]
    one, other = twin_of(tab, step), twin_of(tab, step)
    after = one.submit(**fresh).step
    other.submit(**fresh)
    assert (other.status, other.step) == (200, after)


def test_back_change_and_continue_is_never_punished(app):
    tab = at_review(app, service="short", staff="ana")
    for change in ({"service": "long"}, {"service": "short"}):
        assert tab.open("service").submit(**change).status == 200
    for staff in ("any", "ana"):
        assert tab.open("staff").submit(staff=staff).status == 200
    for place in (-1, 3):
        tab.open("time")
        assert tab.submit(slot=slots(tab)[place]).status == 200
    for name in ("Grace Hopper", "Ada Lovelace"):
        tab.open("details")
        assert tab.submit(name=name).status == 200
    assert tab.step == "review"


def test_the_browsers_back_shows_the_form_anew_and_takes_its_answer(app):
    tab = at_review(app, service="short", staff="ana")
    tab.back().submit(name="Grace Hopper")
    assert (tab.status, tab.step) == (200, "review")
    tab.back().back().submit(slot=slots(tab)[-1])
    assert (tab.status, tab.step) == (200, "review")


def test_a_form_without_a_mark_is_not_checked(app):
    tab = at_time(app, service="short")
    for mark in ({}, {"answer_version": ""}):
        tab.post("service/form", service="long", **mark)
        assert (tab.status, tab.step) == (200, "time")


def test_a_mark_of_nonsense_is_an_old_form(app):
    tab = at_time(app, service="short")
    for mark in ("x", "0" * 16, "\x00", "💥" * 5000):
        tab.post("service/form", service="long", answer_version=mark)
        assert (tab.status, rows(tab)) == (409, {"Service": ["Short visit", "Long visit"]})


def test_text_typed_before_the_tab_was_copied_is_no_conflict_in_the_copy(app):
    tab = at_review(app, service="short", staff="ana").open("details")
    tab.submit(name="Grace Hopper", email="nonsense")
    copy = tab.duplicate()
    copy.submit(slot=first_slot(copy)).open("details")
    assert value(copy, "name") == "Grace Hopper"
    assert rows(copy) == {}
