"""A duplicated tab: it begins with a copy of the answers and goes its own way."""

from datetime import timedelta

import pytest

from booking.tab_sessions import TooManyTabs, session_route
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

pytestmark = pytest.mark.both_databases


def copied(tab):
    """Another tab, and the header by which it says what it is a duplicate of."""
    return Tab(tab.client), {"Tab-Session-Fork-Of": tab.id}


def test_a_copy_shows_the_answers_of_its_source_and_then_goes_its_own_way(tab):
    tab.post(text="first")
    copy, header = copied(tab)
    assert copy.get(**header).text == "first"
    copy.post(text="second")
    assert (tab.get().text, copy.get().text) == ("first", "second")


def test_an_app_is_told_what_is_stored_and_may_refuse_what_is_begun(session, rows):
    told = []

    def count(_session, flow, begun, size):
        told.append((flow, begun, size > 0))
        if begun and len(told) > 4:
            raise TooManyTabs(60)

    tab = Tab(host_app(session, notes_blueprint(), on_store=count).test_client())
    tab.get()
    tab.post(text="first")
    tab.post(text="second")
    tab.post(text="x" * 5000)
    tab.post(text="y" * 5000)
    copy, header = copied(tab)
    copy.get(**header)
    late, header = copied(tab)
    late.post("/note", header, text="a copy and an answer are one row")
    assert told == [("notes", 1, True), ("notes", 0, True), *[("notes", 1, True)] * 2]
    for answer in (Tab(tab.client).post(text="third"), copied(tab)[0].get(**copied(tab)[1])):
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert len(rows()) == 3
    assert tab.post(text="z" * 15_000).status_code == 200, "what was begun goes on"


def test_a_copy_may_begin_with_a_write(tab):
    tab.post("/lines", line="one")
    copy, header = copied(tab)
    copy.post("/lines", header, line="two")
    assert (tab.get("/lines").text, copy.get("/lines").text) == ("one", "one two")


def test_saying_it_again_after_a_lost_answer_changes_nothing(tab, rows):
    tab.post(text="first")
    copy, header = copied(tab)
    copy.get(**header)
    tab.post(text="changed meanwhile")
    copy.post(text="own")
    assert copy.get(**header).text == "own"
    assert len(rows()) == 2


def test_a_copy_of_a_copy_is_a_tab_of_its_own(tab):
    tab.post(text="first")
    copy, header = copied(tab)
    copy.get(**header)
    third, header = copied(copy)
    third.post("/note", header, text="third")
    assert [each.get().text for each in (tab, copy, third)] == ["first", "first", "third"]


def test_a_refused_answer_leaves_no_copy_behind_and_the_next_request_makes_it(tab, rows):
    tab.post(text="first")
    copy, header = copied(tab)
    assert copy.post("/refuse/422", header, text="x").status_code == 422
    assert len(rows()) == 1
    assert copy.get(**header).text == "first"


def test_a_completed_or_ended_or_unknown_source_gives_an_empty_start(tab, new_tab, clock):
    tab.post("/finish")
    copy, header = copied(tab)
    assert copy.get(**header).text == "(nothing)"
    old = new_tab()
    old.post(text="old")
    clock.shift(timedelta(hours=2))
    copy, header = copied(old)
    assert copy.get(**header).text == "(nothing)"
    copy, header = copied(new_tab())
    assert copy.get(**header).text == "(nothing)"


@pytest.mark.parametrize("header", ["", "short", "A" * 44, "é" * 43])
def test_an_unusable_source_is_none(tab, header):
    assert tab.get(**{"Tab-Session-Fork-Of": header}).text == "(nothing)"


def test_an_id_that_was_renewed_makes_no_second_copy(tab, rows):
    tab.post(text="first")
    copy, header = copied(tab)
    copy.post("/note", header, text="copy")
    later = Tab(tab.client)
    copy.post("/note", {"Tab-Session-New": later.id}, text="renewed")
    assert copy.post("/note", header, text="late").status_code == 409
    assert later.get().text == "renewed"
    assert len(rows()) == 2


def test_a_tab_is_no_copy_of_itself(tab, rows):
    tab.post(text="first")
    assert tab.get(**{"Tab-Session-Fork-Of": tab.id}).text == "first"
    assert len(rows()) == 1


def test_all_flows_are_copied(session):
    tab = Tab(host_app(session, notes_blueprint(), notes_blueprint("other")).test_client())
    tab.post(text="here")
    tab.post("/other/note", text="there")
    copy, header = copied(tab)
    copy.get(**header)
    assert (copy.get().text, copy.get("/other/note").text) == ("here", "there")


def test_a_copy_says_so_until_something_is_written_in_it(session, clock):
    app = host_app(session)

    @session_route(app, "/copy", methods=["GET", "POST"])
    def note(tab):
        if tab.writable:
            tab.data["count"] = tab.data.get("count", 0) + 1
        return f"{tab.is_copy}"

    tab = Tab(app.test_client())
    tab.post("/copy")
    assert tab.get("/copy").text == "False"
    copy, header = copied(tab)
    assert copy.get("/copy", **header).text == "True"
    assert copy.get("/copy").text == "True"
    copy.post("/copy")
    assert copy.get("/copy").text == "False"


def test_copying_does_not_lengthen_a_day(tab, rows, clock):
    tab.post(text="first")
    clock.shift(timedelta(minutes=30))
    copy, header = copied(tab)
    copy.get(**header)
    source, made = rows()
    assert made["absolute_expires_at"] == source["absolute_expires_at"]
    assert made["idle_expires_at"] == source["idle_expires_at"] + 30 * 60
    assert made["wrapped_key"] != source["wrapped_key"]
