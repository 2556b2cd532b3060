"""One-time references: what a tab leaves for another, in a host app that knows no appointment."""

import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from flask import Blueprint, request
from sqlalchemy import select

from booking.tab_sessions import (
    ReadOnlyTab,
    TabSessionError,
    UnusableValue,
    handover,
    purge,
    session_route,
    write_transaction,
)
from booking.tab_sessions.model import handover as handovers
from tests.tab_sessions.conftest import Tab, host_app, notes_blueprint

pytestmark = pytest.mark.both_databases

SECRET = "Meet me at the café at nine"


def letters_blueprint():
    letters = Blueprint("letters", __name__)

    @session_route(letters, "/give/<purpose>", methods=["POST"])
    def give(tab, purpose):
        tab.data["text"] = request.form["text"]
        return handover.create(tab, purpose, {"text": request.form["text"]})

    @session_route(letters, "/take/<purpose>", methods=["POST"])
    def take(tab, purpose):
        found = handover.redeem(tab, purpose, request.form["reference"])
        return found["text"] if found else ("", 204)

    @session_route(letters, "/leave", methods=["POST"], counts_as_activity=False)
    def leave(tab):
        return handover.create(tab, "letter", tab.data)

    @session_route(letters, "/finish-letters", methods=["POST"])
    def finish(tab):
        tab.complete("L-1")
        return "done"

    return letters


@pytest.fixture
def app(session):
    return host_app(session, notes_blueprint(), letters_blueprint())


@pytest.fixture
def left(session):
    """The references that are stored now."""

    def read():
        session.rollback()
        found = list(session.execute(select(handovers)))
        session.rollback()
        return found

    return read


PURPOSES = ["", "x" * 33, None, 7, b"letter", "a:b", "a b", "a/b", "a\0", "\ud800", "ä", "a\n"]


@pytest.mark.parametrize("purpose", PURPOSES, ids=ascii)
def test_what_is_no_purpose_is_refused_with_the_cure_and_opens_nothing(app, left, purpose):
    @session_route(app, "/odd", methods=["POST"])
    def odd(tab):
        return {"found": handover.redeem(tab, purpose, "A" * 43)}

    @session_route(app, "/odd-gift", methods=["POST"])
    def odd_gift(tab):
        return handover.create(tab, purpose, {})

    tab = Tab(app.test_client())
    assert tab.post("/odd").json == {"found": None}
    with pytest.raises(TabSessionError, match=r"is no purpose.*1 to 32 letters"):
        tab.post("/odd-gift")
    assert left() == []


@pytest.mark.parametrize("reference", [None, 5, [], {}, True, "", "x", "A" * 44, "ä" * 43])
def test_what_is_no_reference_leads_to_nothing(app, reference):
    """A client may send it as JSON."""

    @session_route(app, "/odd", methods=["POST"])
    def odd(tab):
        return {"found": handover.redeem(tab, "letter", reference)}

    assert Tab(app.test_client()).post("/odd").json == {"found": None}


def test_nothing_is_left_by_a_tab_that_only_reads(app, left):
    @session_route(app, "/asked")
    def asked(tab):
        return handover.create(tab, "letter", {})

    with pytest.raises(ReadOnlyTab, match="Write in a POST"):
        Tab(app.test_client()).get("/asked")
    assert left() == []


@pytest.mark.parametrize("purpose", ["a", "x" * 32, "contact.v2", "my_own-one"])
def test_a_purpose_of_letters_and_marks_is_taken(app, purpose):
    tabs = Tab(app.test_client()), Tab(app.test_client())
    assert take(tabs[1], give(tabs[0], purpose=purpose), purpose) == SECRET


CONTENTS = {
    "content['a'] is a text with half of a character": ({"a": "\ud800"}, UnusableValue),
    "content['a'] is of type set": ({"a": {1}}, TabSessionError),
    "content is a dict with the key 1": ({1: "a"}, TabSessionError),
}


@pytest.mark.parametrize("place", CONTENTS, ids=ascii)
def test_what_no_other_tab_would_get_as_it_was_is_refused_by_name(app, left, caplog, place):
    content, kind = CONTENTS[place]
    session_route(app, "/odd-gift", methods=["POST"], endpoint="odd_gift")(
        lambda tab: handover.create(tab, "letter", content)
    )
    app.debug = True
    if kind is UnusableValue:
        assert Tab(app.test_client()).post("/odd-gift").status_code == 400
        assert place in caplog.text
    else:
        with pytest.raises(TabSessionError, match=re.escape(place)):
            Tab(app.test_client()).post("/odd-gift")
    assert left() == []


def give(tab, text=SECRET, purpose="letter") -> str:
    return tab.post(f"/give/{purpose}", text=text).text


def take(tab, reference, purpose="letter") -> str | None:
    answer = tab.post(f"/take/{purpose}", reference=reference)
    return answer.text if answer.status_code == 200 else None


def test_what_one_tab_leaves_another_takes_once_and_begins_nothing(new_tab, left, rows):
    one, other, third = new_tab(), new_tab(), new_tab()
    reference = give(one)
    assert take(other, reference) == SECRET
    assert take(third, reference) is None
    assert take(other, reference) is None
    assert left() == []
    assert len(rows()) == 1


def test_two_that_present_a_reference_at_once_are_not_both_given_it(app):
    for _ in range(5):
        reference = give(Tab(app.test_client()))
        tabs = [Tab(app.test_client()) for _ in range(4)]
        shot = Barrier(len(tabs))

        def present(tab, reference=reference, shot=shot):
            shot.wait(timeout=60)
            return tab.post("/take/letter", reference=reference)

        with ThreadPoolExecutor(len(tabs)) as threads:
            answers = list(threads.map(present, tabs))
        assert sorted(answer.status_code for answer in answers) == [200, 204, 204, 204]


@pytest.mark.parametrize(("seconds", "taken"), [(59, SECRET), (60, None), (3600, None)])
def test_a_reference_lives_for_a_minute(new_tab, seconds, taken):
    one, other = new_tab(), new_tab()
    with time_machine.travel(datetime(2026, 3, 2, 8, tzinfo=UTC), tick=False) as clock:
        reference = give(one)
        clock.shift(timedelta(seconds=seconds))
        assert take(other, reference) == taken


@pytest.mark.parametrize(
    "foreign", ["", None, "x", "é" * 43, "A" * 43, "A" * 44, "A" * 5000, "'; --"]
)
def test_garbage_and_guesses_lead_to_nothing(new_tab, left, foreign):
    tab = new_tab()
    give(tab)
    assert take(new_tab(), tab.id if foreign is None else foreign) is None
    assert len(left()) == 1


def test_a_reference_opens_nothing_for_another_purpose_and_is_not_used_up_by_asking(new_tab):
    one, other = new_tab(), new_tab()
    reference = give(one, purpose="letter")
    assert take(other, reference, purpose="parcel") is None
    assert take(other, reference, purpose="letter") == SECRET


def test_a_tab_is_not_given_what_it_left_itself(new_tab):
    tab = new_tab()
    assert take(tab, give(tab)) is None


def test_a_tab_has_one_live_reference_for_each_purpose(new_tab, left):
    one, other = new_tab(), new_tab()
    earlier, later = give(one, "earlier"), give(one, "later")
    give(one, purpose="parcel")
    assert len(left()) == 2
    assert take(other, earlier) is None
    assert take(other, later) == "later"


def test_what_a_tab_left_is_withdrawn_when_it_completes(new_tab, left):
    one, other = new_tab(), new_tab()
    reference = give(one)
    one.post("/finish-letters")
    assert left() == []
    assert take(other, reference) is None


def test_what_a_tab_left_is_withdrawn_when_it_ends(app, new_tab, left, session):
    reference = give(new_tab())
    with app.app_context(), write_transaction(session) as here:
        [key] = here.scalars(select(handovers.c.tab_session_id))
        app.extensions["tab_sessions"].endings.expire(here, [key])
    assert left() == []
    assert take(new_tab(), reference) is None


def test_a_refused_request_uses_up_nothing(app, new_tab):
    one, other = new_tab(), new_tab()
    reference = give(one)
    answer = other.post(
        "/take/letter", reference=reference, _headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert take(other, reference) == SECRET


def test_the_table_holds_neither_the_text_nor_the_reference(new_tab, left):
    reference = give(new_tab())
    [row] = left()
    stored = b"".join(value for value in row if isinstance(value, bytes))
    for secret in (SECRET, "Meet me", reference):
        assert secret.encode() not in stored
    assert len(row.digest) == 32


def test_a_stored_text_that_was_tampered_with_does_not_open(app, new_tab, session):
    reference = give(new_tab())
    with app.app_context(), write_transaction(session) as here:
        here.execute(handovers.update().values(sealed=secrets.token_bytes(60)))
    assert take(new_tab(), reference) is None


def test_what_a_page_asks_by_itself_keeps_no_tab_alive(new_tab, rows):
    one, other = new_tab(), new_tab()
    with time_machine.travel(datetime(2026, 3, 2, 8, tzinfo=UTC), tick=False) as clock:
        give(one)
        [before] = rows()
        clock.shift(timedelta(minutes=30))
        assert take(other, one.post("/leave").text) == SECRET
        assert rows() == [before]
        clock.shift(timedelta(minutes=30))
        assert one.post("/leave").status_code == 410


def test_references_that_are_over_go_along_with_the_next_and_by_purge(app, new_tab, left):
    with time_machine.travel(datetime(2026, 3, 2, 8, tzinfo=UTC), tick=False) as clock:
        for _ in range(3):
            give(new_tab())
        clock.shift(timedelta(seconds=60))
        give(new_tab())
        assert len(left()) == 1
        with app.app_context():
            assert purge() == (0, 0)
            clock.shift(timedelta(seconds=60))
            assert purge() == (0, 1)
        assert left() == []
