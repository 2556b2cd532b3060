"""The same form sent several times at once has one effect, and every press is answered so."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from booking.storage.models import claim, hold
from booking.tab_sessions import tab_session as tab_sessions
from booking.testing import TabClient
from tests.customer.walks import ADA, at_details, at_review, at_time, slots

PRESSES = 6


def press(app, tab, path, fields) -> set[tuple[int, str]]:
    """Send that form several times at once; what was answered, by status and address."""

    def once(_):
        headers = {"Tab-Session": tab.id, "HX-Request": "true"}
        answer = app.test_client().post(f"/book/{path}", data=fields, headers=headers)
        return answer.status_code, answer.headers.get("HX-Push-Url")

    with ThreadPoolExecutor(PRESSES) as pool:
        return set(pool.map(once, range(PRESSES)))


def left(database) -> tuple[list, list, int]:
    """The tabs, the holds and the number of claims there are."""
    with database() as session:
        tabs = session.scalars(select(tab_sessions.c.id)).all()
        holds = session.execute(select(hold.c.starts_at, hold.c.extensions)).all()
        return list(tabs), list(holds), len(session.execute(select(claim)).all())


@pytest.mark.both_databases
def test_a_first_service_pressed_six_times_makes_one_tab(app, database):
    tab = TabClient(app, "/book/")
    answered = press(app, tab, "service/form", tab.fields | {"service": "long"})
    assert answered == {(200, "/book/staff")}
    assert len(left(database)[0]) == 1


def test_a_person_pressed_six_times_is_one_choice(app, database):
    tab = at_time(app, service="short", staff="any").open("staff")
    assert press(app, tab, "staff/form", tab.fields | {"staff": "ben"}) == {(200, "/book/time")}
    assert len(left(database)[0]) == 1


@pytest.mark.both_databases
def test_a_time_pressed_six_times_is_one_hold(app, database):
    tab = at_time(app, service="short", staff="ana")
    sent = tab.fields | {"slot": slots(tab)[1]}
    assert press(app, tab, "time/form", sent) == {(200, "/book/details")}
    _, [_], claims = left(database)
    assert claims == 8  # thirty minutes and ten of buffer, in fives


@pytest.mark.both_databases
def test_details_pressed_six_times_are_one_answer(app, database):
    tab = at_details(app, service="short", staff="ana")
    before = left(database)
    assert press(app, tab, "details/form", tab.fields | ADA) == {(200, "/book/review")}
    assert left(database) == before


def test_choosing_the_other_answer_six_times_goes_on_once(app, database):
    tab = at_details(app, service="short", staff="ana")
    before = left(database)
    for step in ("service", "staff", "time", "details"):
        assert press(app, tab, f"{step}/kept", {}) == {(200, "/book/details")}
        assert left(database) == before


@pytest.mark.both_databases
def test_confirm_pressed_six_times_is_one_booking(app, bookings):
    tab = at_review(app, service="short", staff="ana")
    assert press(app, tab, "review/form", tab.fields) == {(200, "/book/done")}
    assert len(bookings()) == 1


def test_a_new_booking_pressed_six_times_is_one(app, database):
    slot = slots(at_time(app, service="short", staff="ana"))[1]
    tab = TabClient(app, "/book/")
    sent = {"service": "short", "staff": "ana", "slot": slot, **ADA}
    assert press(app, tab, "new/form", sent) == {(200, "/book/details")}
    tabs, holds, _ = left(database)
    assert (len(tabs), len(holds)) == (2, 1)
