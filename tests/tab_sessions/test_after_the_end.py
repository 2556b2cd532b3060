"""What a view may still do with a tab that it has ended, completed or revoked."""

import pytest

from booking.tab_sessions import (
    CompletedTab,
    EndedTab,
    attach_user,
    end_user,
    handover,
    revoke,
    session_route,
)
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

LOOKS = {
    "its key": lambda tab: tab.key,
    "its state": lambda tab: tab.state,
    "its draft": lambda tab: tab.data.get("text"),
    "its user": lambda tab: (tab.user, tab.result, tab.is_copy, tab.seconds_left),
    "the end once more": lambda tab: tab.end(),
    "the user's end": end_user,
    "a sign of life": lambda tab: tab.keep_alive(),
    "its row": lambda tab: revoke(tab.key, tab.session) if tab.key else 0,
}
WRITES = {
    "its draft": lambda tab: tab.data.update(text="late"),
    "a goal": lambda tab: tab.complete("N-1"),
    "a user": lambda tab: attach_user(tab, "ada"),
    "a secret": lambda tab: tab.derive("link"),
    "something for another tab": lambda tab: handover.create(tab, "text", {"text": "late"}),
}


def ending(session, then, *, end=lambda tab: tab.end(), on_success=None):
    """A tab and the flow that ends it and then goes on."""
    notes, went_on = notes_blueprint(), []

    @session_route(notes, "/end", methods=["POST"], on_success=on_success)
    def ends(tab):
        end(tab)
        went_on.append(then(tab))
        return "over"

    return Tab(host_app(session, notes).test_client()), went_on


@pytest.mark.parametrize("what", LOOKS)
def test_looking_at_a_tab_that_was_ended_keeps_it_ended(session, rows, what):
    tab, went_on = ending(session, LOOKS[what], on_success=LOOKS[what])
    new = Tab(tab.client)
    tab.post(text="secret")
    for each in (tab, new):
        answer = each.post("/end")
        assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, "tab-session:ended")
    (row,) = rows()
    assert (row["state"], row["sealed"]) == ("ended", None)
    seen = {"its key": [row["id"], None], "its state": ["ended", "ended"]}
    assert went_on == seen.get(what, went_on)


@pytest.mark.parametrize("what", WRITES)
def test_writing_to_a_tab_that_was_ended_is_an_error_that_teaches(session, rows, what):
    tab, _ = ending(session, WRITES[what])
    new = Tab(tab.client)
    tab.post(text="kept")
    for each in (tab, new):
        with pytest.raises(EndedTab, match="end the tab last"):
            each.post("/end")
    assert [row["state"] for row in rows()] == ["active"]


def test_a_view_that_takes_its_own_tab_back_is_told_so_and_not_run_again(session, rows):
    tab, went_on = ending(
        session, WRITES["its draft"], end=lambda tab: revoke(tab.key, tab.session)
    )
    tab.post(text="kept")
    with pytest.raises(EndedTab):
        tab.post("/end")
    assert len(went_on) == 1
    assert tab.get().text == "kept"


def test_a_tab_at_its_goal_has_its_key_and_its_secrets_and_no_draft(session, rows):
    def look(tab):
        return tab.key, tab.derive("link"), tab.state, tab.data

    tab, went_on = ending(session, look, end=lambda tab: tab.complete("N-1"))
    tab.post(text="secret")
    assert tab.post("/end").status_code == 200
    key, link, *others = went_on[0]
    assert (key, len(link), others) == (rows()[0]["id"], 32, ["completed", {}])
    late, _ = ending(session, WRITES["its draft"], end=lambda tab: tab.complete("N-2"))
    with pytest.raises(CompletedTab):
        late.post("/end")
