"""Another id for the same tab: nothing is lost, and the old one is good for nothing soon."""

from datetime import timedelta

import pytest

from booking.tab_sessions import crypto, session_lifecycle, session_route
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

pytestmark = pytest.mark.both_databases


def renewed(tab):
    """The tab as it goes on once its renewal was answered."""
    later = Tab(tab.client)
    assert tab.post("/tab-session", {"Tab-Session-New": later.id}).status_code == 204
    return later


def test_the_new_id_has_the_progress_in_the_same_row(tab, rows):
    tab.post(text="kept")
    before = rows()[0]["id"]
    later = renewed(tab)
    again = tab.post("/tab-session", {"Tab-Session-New": later.id})
    assert again.status_code == 204, "the answer was lost: it is asked for again"
    assert later.get().text == "kept"
    assert later.post(text="changed").text == "changed"
    assert [row["id"] for row in rows()] == [before]


@pytest.mark.parametrize(("seconds", "status"), [(0, 410), (120, 204)])
def test_whoever_knows_the_old_id_cannot_take_the_tab_away(clock, tab, seconds, status):
    tab.post(text="kept")
    later, thief = renewed(tab), Tab(tab.client)
    clock.shift(timedelta(seconds=seconds))
    assert tab.post("/tab-session", {"Tab-Session-New": thief.id}).status_code == status
    assert (thief.get().text, later.get().text) == ("(nothing)", "kept")


def test_questions_under_way_are_answered_by_the_old_id_for_a_minute(clock, tab):
    tab.post(text="kept")
    later = renewed(tab)
    clock.shift(timedelta(seconds=59))
    assert tab.get().text == "kept"
    clock.shift(timedelta(seconds=1))
    assert tab.get().status_code == 410
    assert tab.post(text="too late").status_code == 410
    assert later.get().text == "kept"


def test_what_the_old_id_writes_is_asked_for_again_by_the_new_one(tab, rows):
    tab.post(text="kept")
    later, before = renewed(tab), rows()
    written = [("POST", path) for path in ("/note", "/finish", "/again", "/tab-session")]
    for method, path in [*written, ("DELETE", "/tab-session")]:
        sent = {"data": {"text": "late"}, "headers": {"Tab-Session": tab.id}}
        answer = tab.client.open(path, method=method, **sent)
        assert (answer.status_code, answer.headers["HX-Trigger"]) == (409, "tab-session:renew")
    assert rows() == before
    assert later.post("/finish").text == "completed N-1 {}"


def test_nobody_renews_to_an_id_that_has_a_tab(tab, new_tab):
    tab.post(text="mine")
    other = new_tab()
    other.post(text="theirs")
    assert tab.post("/tab-session", {"Tab-Session-New": other.id}).status_code == 400
    assert (tab.get().text, other.get().text) == ("mine", "theirs")


def test_a_tab_without_progress_is_renewed_and_ended_without_a_row(tab, rows):
    later = renewed(tab)
    assert later.get().text == "(nothing)"
    ended = tab.client.delete("/tab-session", headers={"Tab-Session": later.id})
    assert ended.status_code == 204
    assert rows() == []


def test_a_completed_tab_keeps_its_result_and_what_it_derives(session):
    notes = notes_blueprint()

    @session_route(notes, "/derive", methods=["POST"], allow_completed=True)
    def derive(tab):
        return tab.derive("a purpose").hex()

    tab = Tab(host_app(session, notes).test_client())
    before = tab.post("/derive").text
    tab.post("/finish")
    assert tab.post("/derive").text == before
    later = renewed(tab)
    assert (later.post("/again").text, later.post("/derive").text) == ("N-1", before)


def test_the_key_that_is_left_after_the_goal_opens_no_older_copy_of_the_draft(tab, rows):
    tab.post(text="secret")
    (before,) = rows()
    tab.post("/finish")
    (after,) = rows()
    left = crypto.unwrap(after["wrapped_key"], tab.id, after["format"])
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(before["sealed"], left, before["version"], before["format"])


def test_before_renew_runs_first_and_what_it_raises_leaves_everything_as_it_was(session):
    calls = []

    def before(session, key):
        calls.append(key)
        if len(calls) == 1:
            raise RuntimeError("not now")

    app = host_app(session, notes_blueprint(), before_renew=before)
    tab, later = Tab(app.test_client()), Tab(app.test_client())
    tab.post(text="kept")
    with pytest.raises(RuntimeError, match="not now"):
        tab.post("/tab-session", {"Tab-Session-New": later.id})
    assert (tab.get().text, later.get().text) == ("kept", "(nothing)")
    tab.post("/tab-session", {"Tab-Session-New": later.id})
    assert later.get().text == "kept"
    assert len(calls) == 2


def test_a_duplicate_made_before_the_renewal_still_finds_its_source(tab):
    tab.post(text="kept")
    renewed(tab)
    assert Tab(tab.client).get(**{"Tab-Session-Fork-Of": tab.id}).text == "kept"


def test_keeping_alive_writes_nothing_but_the_time(clock, tab, rows):
    tab.post(text="kept")
    clock.shift(timedelta(minutes=50))
    answer = tab.post("/tab-session")
    assert (answer.status_code, answer.headers["Tab-Session-Left"]) == (204, "3600")
    assert rows()[0]["version"] == 1
    clock.shift(timedelta(minutes=50))
    assert tab.get().text == "kept"


def left(answer):
    return int(answer.headers["Tab-Session-Left"])


def test_every_answer_says_how_long_the_draft_lives(clock, tab):
    assert left(tab.get()) == 0, "there is none"
    assert left(tab.post(text="x")) == 3600
    clock.shift(timedelta(minutes=3))
    assert left(tab.get()) == 57 * 60


def test_after_the_goal_and_after_the_end_nothing_is_left_that_could_end(tab):
    tab.post(text="x")
    assert [left(answer) for answer in (tab.post("/finish"), tab.get(), tab.post("/again"))] == [
        0
    ] * 3
    assert left(tab.client.delete("/tab-session", headers={"Tab-Session": tab.id})) == 0


def test_a_refused_write_says_nothing_of_a_copy_that_it_did_not_make(tab):
    tab.post(text="x")
    copy = Tab(tab.client)
    answer = copy.post("/refuse/422", {"Tab-Session-Fork-Of": tab.id}, text="y")
    assert "Tab-Session-Left" not in answer.headers


def test_ending_erases_every_flow_and_the_id_is_over_for_good(session, rows):
    ended, flows = [], (notes_blueprint(), notes_blueprint("other"))
    app = host_app(session, *flows, on_end=lambda _session, *told: ended.append(told))
    tab = Tab(app.test_client())
    tab.post(text="secret")
    tab.post("/other/finish")
    headers = {"Tab-Session": tab.id}
    answer = app.test_client().delete("/tab-session", headers=headers)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "tab-session:ended")
    assert [(row["state"], row["sealed"], row["result"]) for row in rows()] == [
        ("ended", None, None)
    ] * 2
    note, finished = (row["id"] for row in rows())
    assert ended == [(finished, "completed"), (note, "ended"), (finished, "ended")]
    assert tab.get().status_code == tab.get("/other/note").status_code == 410
    assert tab.post(text="again").status_code == 410


@pytest.fixture
def two_flows(session):
    """The lifecycle's address lies in a flow of its own, as an app's does."""
    flows = (notes_blueprint(name, lifecycle=False) for name in ("notes", "other"))
    app = host_app(session, *flows)
    session_lifecycle(app)
    return app


def test_staying_alive_means_every_flow(two_flows, clock):
    tab = Tab(two_flows.test_client())
    tab.post(text="one")
    tab.post("/other/note", text="two")
    clock.shift(timedelta(minutes=50))
    assert tab.post("/tab-session").headers["Tab-Session-Left"] == "3600"
    clock.shift(timedelta(minutes=50))
    assert (tab.get().text, tab.get("/other/note").text) == ("one", "two")


def test_a_flow_without_a_draft_says_when_the_tabs_other_one_ends(two_flows, clock):
    tab = Tab(two_flows.test_client())
    tab.post(text="one")
    clock.shift(timedelta(minutes=3))
    assert left(tab.get("/other/note")) == 57 * 60, "nothing was begun in it"
    assert left(tab.post("/other/finish")) == 57 * 60
    assert left(tab.post("/finish")) == 0


def test_the_old_id_begins_and_ends_nothing_in_any_flow(two_flows, clock, rows):
    tab = Tab(two_flows.test_client())
    tab.post(text="one")
    later = renewed(tab)
    assert tab.post("/other/note", text="two").status_code == 409
    headers = {"Tab-Session": tab.id}
    assert tab.client.delete("/tab-session", headers=headers).status_code == 409
    clock.shift(timedelta(minutes=2))
    assert tab.post("/other/note", text="two").status_code == 410
    assert (later.get().text, len(rows())) == ("one", 1)
