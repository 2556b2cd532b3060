"""How a tab's progress ends, and that it stays ended."""

from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask

from booking.tab_sessions import TabSessionError, TabSessions, purge, session_route
from tests.tab_sessions.conftest import NOON, Tab, host_app, notes_blueprint

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("ask_first", [Tab.get, Tab.post])
def test_an_idle_tab_is_over_after_an_hour_for_good_and_its_draft_erased(
    clock, tab, rows, ask_first
):
    tab.post(text="secret")
    clock.shift(timedelta(minutes=60))
    assert ask_first(tab).status_code == 410
    (row,) = rows()
    assert (row["state"], row["reason"], row["sealed"], row["wrapped_key"]) == (
        "ended", "expired", None, None,
    )  # fmt: skip
    for ask in (tab.get, tab.post, tab.post):
        assert ask().status_code == 410
    assert [row["state"] for row in rows()] == ["ended"], "and no write brings it back"


def test_reading_keeps_a_tab_alive(clock, tab):
    tab.post(text="kept")
    for _ in range(8):
        clock.shift(timedelta(minutes=50))
        assert tab.get().text == "kept"


def test_reading_often_writes_seldom(clock, tab, rows):
    tab.post(text="kept")
    clock.shift(timedelta(minutes=4))
    tab.get()
    assert rows()[0]["seen_at"] == NOON.timestamp()
    clock.shift(timedelta(minutes=1))
    tab.get()
    assert rows()[0]["seen_at"] == NOON.timestamp() + 300


def test_one_column_says_when_a_tab_is_over_whatever_it_did_last(clock, session, rows):
    app = host_app(session, notes_blueprint(), idle_minutes=50, absolute_minutes=90)
    tab, copy = Tab(app.test_client()), Tab(app.test_client())
    tab.post(text="begun")
    clock.shift(timedelta(minutes=45))
    for step in (
        tab.get,
        lambda: tab.post(text="changed"),
        lambda: tab.post("/tab-session"),
        lambda: copy.get(**{"Tab-Session-Fork-Of": tab.id}),
    ):
        assert step().status_code < 300
        clock.shift(timedelta(minutes=10))
        limits = {(row["idle_expires_at"], row["absolute_expires_at"]) for row in rows()}
        assert limits == {(NOON.timestamp() + 90 * 60,) * 2}


def test_no_tab_outlives_a_day_however_busy(clock, tab):
    for hour in range(24):
        assert tab.post(text=str(hour)).status_code == 200
        clock.shift(timedelta(minutes=59))
    clock.move_to(NOON + timedelta(hours=24))
    assert tab.post(text="late").status_code == 410


def test_new_tabs_erase_expired_drafts_without_any_clockwork(clock, new_tab, rows):
    old = [new_tab() for _ in range(3)]
    for tab in old:
        tab.post(text="secret")
    clock.shift(timedelta(hours=2))
    new_tab().post(text="fresh")
    assert [row["state"] for row in rows()] == ["ended"] * 3 + ["active"]


def test_what_a_tab_held_is_released_with_it_or_it_is_tried_again_a_day_later(clock, session, rows):
    released = []

    def release(_session, key, _reason):
        released.append(key)
        if len(released) == 1:
            raise ZeroDivisionError

    tab = Tab(host_app(session, notes_blueprint(), on_end=release).test_client())
    tab.post(text="holding")
    clock.shift(timedelta(hours=2))
    assert tab.post(text="late").status_code == 410
    assert (rows()[0]["state"], rows()[0]["sealed"]) == ("active", None)
    assert tab.get().status_code == 410
    assert released == [rows()[0]["id"]]
    clock.shift(timedelta(days=1))
    assert tab.get().status_code == 410
    assert (rows()[0]["state"], rows()[0]["reason"]) == ("ended", "expired")
    assert released == [rows()[0]["id"]] * 2


def test_a_new_tab_takes_expired_ones_along_whose_view_asked_for_its_key(clock, session, rows):
    notes = notes_blueprint()

    @session_route(notes, "/keyed", methods=["POST"])
    def keyed(tab):
        tab.data["own"] = tab.key
        return ""

    app = host_app(session, notes)
    Tab(app.test_client()).post(text="secret")
    clock.shift(timedelta(hours=2))
    Tab(app.test_client()).post("/keyed")
    assert [row["state"] for row in rows()] == ["ended", "active"]


def test_nobody_waits_for_the_tabs_that_go_along_with_a_new_one(clock, session):
    ended = []
    app = host_app(session, notes_blueprint(), on_end=lambda _session, *end: ended.append(end))
    Tab(app.test_client()).post(text="secret")
    clock.shift(timedelta(hours=2))
    new = Tab(app.test_client())
    answer = new.client.post("/note", data={"text": "x"}, headers={"Tab-Session": new.id})
    assert (answer.get_data(as_text=True), ended) == ("x", [])
    answer.close()
    assert [reason for _, reason in ended] == ["expired"]


def test_a_new_tab_takes_twenty_expired_ones_along_and_an_old_one_none(clock, new_tab, rows):
    for _ in range(22):
        new_tab().post(text="secret")
    clock.shift(timedelta(hours=2))
    tab = new_tab()
    tab.post(text="fresh")
    tab.post(text="fresher")
    states = Counter(row["state"] for row in rows())  # all ran out at once: any of them may be left
    assert states == {"ended": 20, "active": 3}


def test_purge_erases_drafts_at_once_and_tombstones_after_thirty_days(clock, app, tab, rows):
    tab.post(text="secret")
    with app.app_context():
        assert purge() == (0, 0)
        clock.shift(timedelta(hours=2))
        assert purge() == (1, 0)
        clock.shift(timedelta(days=30))
        assert purge() == (0, 0)
        clock.shift(timedelta(days=1))
        assert purge() == (0, 1)
    assert rows() == []


@pytest.mark.parametrize(
    "options",
    [
        {"idle_minutes": 0},
        {"idle_minutes": "60"},
        {"idle_minutes": 0.01},
        {"absolute_minutes": 0.01},
        {"absolute_minutes": float("inf")},
        {"request_seconds": float("nan")},
        {"idle_minutes": 61, "absolute_minutes": 60},
        {"draft_bytes": 1023},
        {"request_bytes": 1023},
        {"request_bytes": "256 kB"},
        {"draft_bytes": 65536.5},
    ],
)
def test_limits_that_make_no_sense_stop_the_start(session, options):
    with pytest.raises(TabSessionError, match=next(iter(options))):
        TabSessions(Flask("x"), session, **options)
