"""What one tab hands to another of the same browser, as their script asks for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from booking.tab_sessions.model import handover
from tests.customer.walks import (
    ADA,
    at_details,
    at_done,
    at_review,
    at_time,
    notice,
    value,
)

GUESSED = "A" * 43


def asked(tab, path, **fields):
    """A request as two-tabs.js makes it: with the tab's own id, and nothing of the page changes."""
    headers = {"Tab-Session": tab.id, "HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
    return tab.client.post(f"/book/handover/{path}", data=fields, headers=headers)


def reference_for(tab, purpose) -> str:
    answer = asked(tab, f"{purpose}/offer")
    assert answer.status_code == 200
    return answer.text


def is_silent(answer) -> bool:
    return (answer.status_code, answer.data) == (204, b"")


# -- the details of the other booking --------------------------------------------------------------


@pytest.mark.both_databases
def test_details_of_another_tab_fill_in_the_form_and_wait_to_be_accepted(app):
    other = at_review(app)
    tab = at_details(app)
    tab.post("handover/details/receipt", reference=reference_for(other, "details"))
    assert (tab.step, value(tab, "name"), value(tab, "email")) == (
        "details",
        ADA["name"],
        ADA["email"],
    )
    assert value(tab, "note") == ""
    assert "Please check" in notice(tab)
    tab.open("review")
    assert tab.step == "details"
    tab.refresh()
    assert value(tab, "name") == ADA["name"]
    assert tab.submit().step == "review"


def test_details_that_were_typed_but_refused_are_handed_over_as_they_are(app):
    other = at_details(app).submit(name="Ada Lovelace", email="not an address")
    tab = at_details(app)
    tab.post("handover/details/receipt", reference=reference_for(other, "details"))
    assert value(tab, "email") == "not an address"
    assert tab.submit().status == 422


def test_what_stands_in_the_form_already_is_never_overwritten(app):
    other = at_review(app)
    tab = at_details(app)
    reference = reference_for(other, "details")
    tab.post("handover/details/receipt", reference=reference, name="Charles", note="Early")
    assert [value(tab, name) for name in ("name", "email", "note")] == [
        "Charles",
        ADA["email"],
        "Early",
    ]


def test_accepted_details_are_kept_from_those_of_another_tab(app):
    other = at_review(app)
    tab = at_details(app).submit(name="Charles", email="charles@example.com")
    tab.open("details")
    tab.post("handover/details/receipt", reference=reference_for(other, "details"))
    assert value(tab, "name") == "Charles"


def test_details_are_offered_only_where_nothing_was_typed(app):
    tab = at_details(app)
    assert tab.page.select_one("[data-ask=details][hidden]")
    assert not tab.submit(name="Charles").page.select("[data-ask]")


def test_a_tab_without_details_says_nothing_and_leaves_nothing(app, rows, database):
    assert is_silent(asked(at_time(app), "details/offer"))
    before = rows()
    assert is_silent(asked(at_time(app).new_tab(), "details/offer"))
    assert rows()["tabs"] == before["tabs"] + 1  # of the walk to the time, none of the new tab
    assert kept(database) == []


def test_a_confirmed_tab_has_no_details_left_to_hand_over(app, database):
    tab = at_review(app)
    reference = reference_for(tab, "details")
    assert tab.submit().step == "done"
    assert is_silent(asked(tab, "details/offer"))
    assert is_silent(asked(at_details(app), "details/receipt", reference=reference))
    assert kept(database) == []


def test_a_reference_that_leads_to_nothing_is_answered_with_silence(app):
    times = reference_for(at_review(app), "times")
    for purpose, tab in (("details", at_details(app)), ("times", at_review(app))):
        for garbage in ("", GUESSED, "x", "é" * 43, "../" * 20, "A" * 5000):
            assert is_silent(asked(tab, f"{purpose}/receipt", reference=garbage))
        assert is_silent(asked(tab, "details/receipt", reference=times)), (
            "it is for another purpose"
        )


def test_a_tab_that_is_not_yet_asked_who_comes_uses_up_no_reference(app):
    reference = reference_for(at_review(app), "details")
    assert is_silent(asked(at_time(app), "details/receipt", reference=reference))
    answer = asked(at_details(app), "details/receipt", reference=reference)
    assert ADA["name"] in answer.text


def test_an_operator_can_let_tabs_keep_to_themselves(app):
    state = app.extensions["booking"]
    app.extensions["booking"] = replace(state, settings=replace(state.settings, tabs_help=0))
    tab = at_details(app)
    assert not tab.page.select("[data-ask]")
    tab = at_review(app)
    assert not tab.page.select("[data-ask]")
    assert is_silent(asked(tab, "details/offer"))
    assert is_silent(asked(tab, "times/offer"))


# -- two appointments at the same time -------------------------------------------------------------

SHARED = "2026-03-03T15:00Z"
LATER = "2026-03-03T15:30Z"


def warned(tab, reference):
    return asked(tab, "times/receipt", reference=reference)


def test_a_time_that_overlaps_the_other_tabs_is_warned_of_and_one_that_touches_it_is_not(app):
    other = at_review(app, SHARED, staff="ana")
    tab = at_review(app, LATER, staff="ben")
    assert is_silent(warned(tab, reference_for(other, "times")))
    tab.post("time/form", slot=SHARED)
    answer = warned(tab, reference_for(other, "times"))
    assert answer.status_code == 200
    assert "Short visit" in answer.text
    assert "Tuesday 3 March 2026, 15:00 to 15:30" in answer.text
    assert "You may go on." in answer.text


def test_of_a_confirmed_appointment_one_is_warned_and_may_go_on_until_it_is_cancelled(app):
    other = at_done(app, SHARED, staff="ana")
    tab = at_review(app, SHARED, staff="ben")
    assert warned(tab, reference_for(other, "times")).status_code == 200
    assert tab.submit().step == "done"
    other.open(other.page.select_one("a.sb-keep-link")["href"])
    other.submit()
    other.back()
    assert is_silent(asked(other, "times/offer"))


def test_a_tab_whose_time_was_lost_says_nothing_of_it(app):
    with time_machine.travel(datetime(2026, 3, 2, 8, tzinfo=UTC)) as clock:
        other = at_details(app, SHARED, staff="ana")
        clock.shift(timedelta(minutes=30))
        at_done(app, SHARED, staff="ana")
        assert is_silent(asked(other, "times/offer"))


def kept(database) -> list:
    with database() as session:
        return list(session.execute(select(handover)))
