"""While much of a day is held and not booked, one more hold costs the browser a small sum."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from altcha import create_challenge

from booking.storage.models import spent_challenge, visitor_key
from booking.tab_sessions import write_transaction
from booking.testing import TabClient, sums
from tests.customer.walks import alert, at_details, at_time, chosen, notice

DAY = "2026-03-05"
OTHERS = ("09:00", "09:45", "10:30")  # of 40 minutes each: more than a quarter of Ana's day
OURS, ANOTHER = f"{DAY}T13:00Z", f"{DAY}T14:00Z"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def crowded(app):
    """Others hold much of Ana's day, and nobody has booked any of it."""
    for clock in OTHERS:
        at_details(app, f"{DAY}T{clock}Z", staff="ana")
    return app


def choosing(app, **options) -> TabClient:
    """A tab that looks at Ana's day, and does no sum by itself."""
    tab = at_time(app, staff="ana", does_sums=False, **options)
    return tab.open(f"time?day={DAY}")


def asked(app, slot=OURS) -> TabClient:
    tab = choosing(app).submit(slot=slot)
    assert (tab.status, tab.step) == (428, "time")
    return tab


def sum_of(tab) -> str:
    return sums.done(sums.asked(tab.page))


def changed(sent: str, change) -> str:
    content = json.loads(base64.b64decode(sent))
    change(content)
    return base64.b64encode(json.dumps(content).encode()).decode()


def test_a_hold_on_a_crowded_day_costs_a_sum_and_says_so(crowded, rows, caplog):
    tab = choosing(crowded)
    before = rows()
    tab.submit(slot=OURS)
    assert (tab.status, tab.step) == (428, "time")
    assert rows() == before, "nothing was written"
    assert "small sum" in notice(tab)
    assert "call us" in sums.asked(tab.page).get_text()
    assert alert(tab) == ""
    assert chosen(tab, "slot") == OURS
    assert "HX-Push-Url" not in tab.headers
    assert "Retry-After" not in tab.headers
    assert "1 x 428" in caplog.text, "the operator sees it, too"
    tab.submit(proof=sum_of(tab))
    assert (tab.status, tab.step) == (200, "details")


def test_no_sum_that_is_not_right_is_taken(crowded, rows):
    """Each is answered with a fresh one, and holds nothing."""
    tab, other = asked(crowded, ANOTHER), asked(crowded)
    for_another_time = sum_of(tab)
    right, before, seen = sum_of(tab.submit(slot=OURS)), rows(), set()

    def miscounted(content):
        content["solution"]["counter"] += 1

    def made_easier(content):
        content["challenge"]["parameters"]["keyPrefix"] = "00"

    def made_longer(content):
        content["challenge"]["parameters"]["data"]["until"] += 3600

    def signed_by_somebody_else(content):
        made = create_challenge("SHA-256", 1, counter=1, hmac_secret=b"guessed")
        content["challenge"] = made.to_dict()

    wrong = {
        "none": "",
        "not even text of that kind": "é\x00",
        "another shape": base64.b64encode(b'{"challenge": [], "solution": 1}').decode(),
        "nested without end": base64.b64encode(b"[" * 1200).decode(),
        "as long as a book": "A" * 50_000,
        "another number": changed(right, miscounted),
        "an easier one": changed(right, made_easier),
        "a longer life": changed(right, made_longer),
        "signed by somebody else": changed(right, signed_by_somebody_else),
        "another tab's": sum_of(other),
        "for another time": for_another_time,
    }
    for what, sent in wrong.items():
        tab.submit(proof=sent)
        assert (what, tab.status, chosen(tab, "slot")) == (what, 428, OURS)
        seen.add(sums.asked(tab.page)["data-challenge"])
    assert len(seen) == len(wrong), "a fresh one each time"
    assert rows() == before
    tab.submit(proof=right)
    assert (tab.status, tab.step) == (200, "details")


def test_a_sum_is_good_for_two_minutes_across_midnight_too(app):
    with time_machine.travel(datetime(2026, 3, 3, 23, 59, 30, tzinfo=UTC), tick=False) as clock:
        for other in OTHERS:
            at_details(app, f"{DAY}T{other}Z", staff="ana")
        tab, slow = asked(app), asked(app, ANOTHER)
        clock.shift(timedelta(seconds=60))
        at_details(app, "2026-03-07T13:00Z", staff="ana")  # the new day has a key of its own
        assert tab.submit(proof=sum_of(tab)).step == "details"
        clock.shift(timedelta(seconds=60))
        assert slow.submit(proof=sum_of(slow)).status == 428


@pytest.mark.both_databases
def test_a_lost_answer_costs_nothing_and_a_sum_is_good_once(crowded, database):
    tab = asked(crowded)
    press = tab.fill(proof=sum_of(tab)).fields
    for _ in range(2):  # the answer was lost, so the same is sent again
        tab.post("time/form", **press)
        assert (tab.status, tab.step) == (200, "details")
    tab.click("Back").submit(slot=ANOTHER)
    assert tab.status == 428, "another time is another hold"
    assert tab.submit(proof=sum_of(tab)).step == "details"
    tab.click("Back").submit(slot=OURS)
    tab.submit(proof=press["proof"])
    assert (tab.status, tab.step) == (428, "time"), "that sum was used"
    with database() as session:
        assert len(session.execute(spent_challenge.select()).all()) == 2


@on_sqlite
def test_more_time_after_the_hold_ran_out_costs_a_sum(app, later):
    tab = at_details(app, OURS, staff="ana", does_sums=False)
    later(minutes=11)
    for clock in OTHERS:
        at_details(app, f"{DAY}T{clock}Z", staff="ana")
    tab.click("#more-time")
    assert (tab.status, tab.step) == (428, "details")
    assert "small sum" in notice(tab)
    tab.does_sums = True
    tab.click("#more-time")
    assert tab.status == 200
    assert tab.page.select_one("#hold")["data-seconds-left"] == "600"
    tab.does_sums = False
    assert tab.click("#more-time").status == 200, "while it is held, more time is free"


@on_sqlite
def test_what_an_old_booking_carries_into_a_new_one_costs_a_sum(crowded):
    tab = TabClient(crowded, "/book/", does_sums=False)
    tab.post("new/form", service="short", staff="ana", slot=OURS, name="Ada")
    assert (tab.status, tab.step, chosen(tab, "slot")) == (428, "time", OURS)
    tab.submit(proof=sum_of(tab))
    assert (tab.step, tab.fields["name"]) == ("details", "Ada")


@on_sqlite
def test_two_answers_are_shown_before_any_sum_is_asked_for(app):
    """A try that is taken back holds nothing."""
    tab = at_details(app, OURS, staff="ana", does_sums=False).click("Back")
    twin = tab.twin()
    assert tab.open(f"time?day={DAY}").submit(slot=ANOTHER).step == "details"
    for clock in OTHERS:
        at_details(app, f"{DAY}T{clock}Z", staff="ana")
    twin.submit(slot=f"{DAY}T15:00Z")
    assert (twin.status, twin.step) == (409, "time")
    assert sums.asked(twin.page) is None


@on_sqlite
def test_a_sum_that_no_number_solves_ends_a_test_and_does_not_hang_it(crowded):
    box = sums.asked(asked(crowded).page)
    box.progress["max"] = "0"
    with pytest.raises(LookupError, match="No number"):
        sums.done(box)


@on_sqlite
def test_it_can_be_switched_off(crowded):
    state = crowded.extensions["booking"]
    for share, slot in ((0, OURS), (100, ANOTHER)):
        settings = replace(state.settings, pressure_share=share)
        crowded.extensions["booking"] = replace(state, settings=settings)
        assert choosing(crowded).submit(slot=slot).step == "details"


@on_sqlite
def test_without_a_key_to_sign_with_there_are_words_and_the_next_tab_makes_one(crowded):
    tab = choosing(crowded)
    with crowded.app_context(), write_transaction(crowded.extensions["booking"].session) as session:
        session.execute(visitor_key.delete())
    tab.submit(slot=OURS)
    assert tab.status == 428
    assert "again in a moment" in alert(tab)
    at_details(crowded, f"{DAY}T15:00Z", staff="ben")
    assert sums.asked(tab.submit().page)
