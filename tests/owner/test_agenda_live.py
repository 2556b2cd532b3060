"""A day that is looked at keeps up; asking is cheap, and no sign that somebody is there."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, select

from booking.storage.accounts import desk_session
from tests.fixtures.checkouts import connections_taken
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.days import asked_to_move, booked, cancelled, held
from tests.storage.conftest import counted

ASKED = {"HX-Request": "true", "HX-Request-Type": "partial"}
VIEWS = ["/desk/", "/desk/agenda?view=day", "/desk/agenda?view=week", "/desk/agenda?view=list"]


@pytest.fixture
def moving_time():
    """`moving_time(minutes=4)`: that much later than before."""
    with time_machine.travel(MONDAY_MORNING) as traveller:
        yield lambda **by: traveller.shift(timedelta(**by))


def ask(client, path, stamp):
    return client.get(path, headers=ASKED | {"Tab-Live": stamp})


def shown(client, path="/desk/"):
    """The address and the stamp that the page asks again by."""
    element = client.page(path).select_one("[data-tab-live]")
    assert "data-tab-live-alone" in element.attrs
    return element["data-tab-live"], element["data-tab-live-stamp"]


def test_while_nothing_changes_a_question_is_answered_with_nothing(desk, desk_app):
    booked(desk_app, "10:00")
    for path in VIEWS:
        address, stamp = shown(desk, path)
        assert address == path
        answer = ask(desk, address, stamp)
        assert (answer.status_code, answer.data) == (204, b"")
        assert answer.headers["Tab-Live"] == stamp
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Tab-Live" in answer.headers["Vary"]


@pytest.mark.parametrize("path", [*VIEWS, "/desk/search"])
def test_in_debug_mode_nothing_is_said_of_pages_that_bring_their_script(
    desk, desk_app, caplog, path
):
    desk_app.debug = True
    assert desk.get(path).status_code == 200
    assert "tab-live.js" not in caplog.text


def test_whatever_happens_is_told_with_the_fresh_fragment(desk, desk_app):
    address, stamp = shown(desk)
    made = []
    for happens in (
        lambda: made.append(booked(desk_app, "10:00")),
        lambda: held(desk_app, "14:00"),
        lambda: asked_to_move(desk_app, made[0], "16:00"),
        lambda: cancelled(desk_app, made[0]),
    ):
        happens()
        answer = ask(desk, address, stamp)
        assert answer.status_code == 200
        assert answer.text.startswith("<section")
        assert answer.headers["Tab-Live"] != stamp
        stamp = answer.headers["Tab-Live"]
        assert f'data-tab-live-stamp="{stamp}"' in answer.text
        assert ask(desk, address, stamp).status_code == 204


def test_what_nobody_sees_here_is_no_change(desk, desk_as, desk_app):
    address, stamp = shown(desk)
    ana = desk_as("staff", "ana")
    _, of_ana = shown(ana)
    booked(desk_app, "10:00", days=3)
    assert ask(desk, address, stamp).status_code == 204
    booked(desk_app, "15:00", "Of Ben", "ben")
    assert ask(desk, address, stamp).status_code == 200
    assert ask(ana, address, of_ana).status_code == 204
    assert "Of Ben" not in ask(ana, address, stamp).text


def test_the_line_of_now_moves_every_five_minutes(desk, moving_time):
    address, stamp = shown(desk)
    moving_time(minutes=4)
    assert ask(desk, address, stamp).status_code == 204
    moving_time(minutes=1)
    assert ask(desk, address, stamp).status_code == 200
    other, stamp = shown(desk, "/desk/agenda?day=2026-05-04&view=day")
    moving_time(minutes=10)
    assert ask(desk, other, stamp).status_code == 204


def test_who_only_asks_is_signed_out_as_if_nobody_was_there(desk, desk_app, moving_time):
    address, stamp = shown(desk)
    before = seen(desk_app)
    for _ in range(5):
        moving_time(minutes=90)
        answer = ask(desk, address, stamp)
        assert "Set-Cookie" not in answer.headers
        if answer.status_code == 401:
            break
    assert seen(desk_app) == before
    moving_time(minutes=60)
    assert ask(desk, address, stamp).status_code == 401
    gone = ask(desk, address, stamp)
    assert gone.headers["HX-Redirect"].startswith("/desk/login")
    assert gone.text == ""


def seen(app):
    with app.app_context():
        engine = app.extensions["booking"].engine
        with engine.connect() as connection:
            return connection.execute(select(desk_session.c.seen_at)).scalars().all()


@pytest.mark.both_databases
def test_each_view_and_a_question_take_as_many_statements_however_much_there_is(desk, desk_app):
    desk.get("/desk/")
    with desk_app.app_context():
        engine = desk_app.extensions["booking"].engine
    numbers = []
    for booking in range(2):
        with counted(engine) as told:
            for path in VIEWS:
                _, stamp = shown(desk, path)
                assert ask(desk, path, stamp).status_code == 204
        numbers.append(len(told))
        for days in range(3 * (1 - booking)):
            booked(desk_app, "10:00", days=days)
            booked(desk_app, "15:00", "Grace", "ben", days=days)
    assert numbers[0] == numbers[1]


@pytest.mark.both_databases
def test_who_asks_and_whether_anything_has_changed_are_read_in_one_transaction(desk, desk_app):
    _, stamp = shown(desk)
    with desk_app.app_context():
        engine = desk_app.extensions["booking"].engine
    with connections_taken(engine) as taken:
        assert ask(desk, "/desk/", stamp).status_code == 204
    assert len(taken) == 1
    assert engine.pool.checkedout() == 0


def test_whoever_may_no_longer_ask_leaves_no_transaction_open(desk, desk_app):
    _, stamp = shown(desk)
    with desk_app.app_context():
        engine = desk_app.extensions["booking"].engine
    with engine.begin() as connection:
        connection.execute(delete(desk_session))
    answer = ask(desk, "/desk/", stamp)
    assert answer.status_code == 401
    assert engine.pool.checkedout() == 0


@pytest.mark.both_databases
def test_what_a_refused_question_read_is_over_with_it(desk, desk_app):
    """Also where an app context outlives requests, as in many a host's tests."""
    _, stamp = shown(desk)
    with desk_app.app_context():
        sidebook = desk_app.extensions["booking"]
        with sidebook.engine.begin() as connection:
            connection.execute(delete(desk_session))
        assert ask(desk, "/desk/", stamp).status_code == 401
        assert not sidebook.db.session().in_transaction()


def test_today_keeps_up_with_what_waits_on_other_days(desk, desk_app):
    address, stamp = shown(desk)
    booked(desk_app, "10:00", days=9, waits="approval")
    answer = ask(desk, address, stamp)
    assert answer.status_code == 200
    assert "data-undecided" in answer.text
    other, stamp = shown(desk, "/desk/agenda?view=day")
    booked(desk_app, "11:00", days=9, waits="approval")
    assert ask(desk, other, stamp).status_code == 204
