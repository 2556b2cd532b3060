"""What a database of the version before holds is migrated and goes on.

The files in tests/fixtures/previous_version were made at commit 2056237: `database.sql` is a SQLite
file as text, of a shop in mid-morning with bookings, live tabs at several steps, holds and a
hand-over; `tabs.json` is what only browsers know: each tab's id, the form on its page, and what it
was told. The script that wrote them runs at that commit alone, and is in the history:
`git log -- tests/fixtures/previous_version/make.py`.
"""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select, text

from booking.storage.models import Booking
from booking.testing import TabClient
from tests.conftest import app_over

FILES = Path(__file__).parent / "fixtures" / "previous_version"
KEPT = json.loads((FILES / "tabs.json").read_text("utf-8"))
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
ADA = {"name": "Ada Lovelace", "email": "ada@example.com", "note": "By the window, please."}
LONG = {**ADA, "question_first_visit": "Yes", "question_wishes": "A glass of water"}
STEPS = ["service", "time", "details", "review", "renewed"]
ROOMY = {"visitor_share": 100, "held_share": 100}  # one address asks for it all
HELD = text(
    "SELECT staff.slug FROM booking_hold AS hold"
    " JOIN booking_staff_member AS staff ON staff.id = hold.staff_member_id"
    " JOIN booking_tab_session AS tab ON tab.id = hold.tab_session_id"
    " WHERE hold.starts_at LIKE '2026-03-02 11:30%'"
)


@pytest.fixture(scope="module")
def brought_on(tmp_path_factory):
    """The file of before, brought to this version in the minute in which it was left."""
    file = tmp_path_factory.mktemp("before") / "booking.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript((FILES / "database.sql").read_text("utf-8"))
    with time_machine.travel(MORNING), app_over(f"sqlite:///{file}", None) as app:
        answer = app.test_cli_runner().invoke(args=["booking", "init"])
        assert answer.exit_code == 0, answer.output
    return file


@pytest.fixture
def app(brought_on, tmp_path):
    file = shutil.copy(brought_on, tmp_path / "before.db")
    with time_machine.travel(MORNING), app_over(f"sqlite:///{file}", None, **ROOMY) as app:
        yield app


def reopened(app, name, **changed):
    tab = TabClient(app)
    tab.id = changed.get("id", KEPT[name]["id"])
    return tab.open(KEPT[name]["url"])


def slots(tab):
    return [radio["value"] for radio in tab.page.select("#times [name=slot]")]


def confirmed(tab):
    """Answer whatever is left to answer."""
    if tab.step == "service":
        tab.submit(service="short").submit(staff="any")
    if tab.step == "time":
        tab.submit(slot=slots(tab)[0])
    if tab.step == "details":
        tab.submit(**LONG if tab.page.select_one("[name=question_first_visit]") else ADA)
    assert tab.step == "review"
    return tab.submit()


@pytest.mark.parametrize("name", STEPS)
def test_a_tab_shows_its_answers_and_can_be_confirmed(app, name):
    tab = reopened(app, name)
    assert tab.step == KEPT[name]["step"]
    fields = KEPT[name]["fields"]
    for answer in ("service", "staff", "slot"):
        assert tab.fields.get(answer) == fields.get(answer)
    assert confirmed(tab).step == "done"
    assert reopened(app, name).open("done").step == "done"


def test_what_was_typed_and_not_sent_is_there(app):
    assert reopened(app, "details").fields["name"] == "Grace Hop"


def test_a_copy_is_one_and_goes_its_own_way(app):
    copy, source = reopened(app, "copy"), reopened(app, "review")
    assert copy.step == "time"
    assert confirmed(copy).step == "done"
    assert confirmed(source).step == "done"


def test_the_id_before_a_renewal_shows_for_its_minute_and_no_longer(app):
    before = KEPT["renewed"]["before"]
    assert reopened(app, "renewed", id=before).step == "review"
    with time_machine.travel(MORNING.replace(minute=2)):
        assert reopened(app, "renewed", id=before).status == 410
        assert reopened(app, "renewed").step == "review"


def test_the_done_page_and_the_manage_link_open(app):
    link = KEPT["done"]["link"].removesuffix("/calendar.ics")
    done = reopened(app, "done")
    assert done.step == "done"
    assert done.page.find("a", href=KEPT["done"]["link"])
    page = TabClient(app, link)
    assert page.status == 200
    assert "Long visit" in page.page.get_text()
    assert "METHOD:PUBLISH" in page.client.get(KEPT["done"]["link"]).text


def test_a_letter_has_a_link_of_its_own_and_the_one_before_stays_good(app):
    before = KEPT["done"]["link"].removesuffix("/calendar.ics")
    with app.app_context():
        sidebook = app.extensions["booking"]
        [booking] = sidebook.session.scalars(select(Booking).where(Booking.draft != ""))
        links = replace(sidebook.links, address="/book/appointment/")
        letter = links.manage_url(sidebook.session, booking)
    assert letter != before
    for link in (letter, before):
        assert "Long visit" in TabClient(app, link).page.get_text()
    assert reopened(app, "done").page.find("a", href=KEPT["done"]["link"]), "the one it had"


def test_a_hold_holds(app):
    with app.app_context():
        [member] = app.extensions["sqlalchemy"].session.execute(HELD).scalars()
    other = TabClient(app, "/book/").submit(service="short").submit(staff=member)
    assert KEPT["review"]["fields"]["slot"] not in slots(other)


def test_what_a_tab_left_for_another_can_be_taken(app):
    tab = TabClient(app, "/book/").submit(service="short").submit(staff="any")
    tab.submit(slot=slots(tab)[0])
    tab.post("handover/details/receipt", reference=KEPT["handover"]["reference"])
    assert tab.fields["email"] == ADA["email"]


SENT = {
    "service": ({"service": "short"}, "staff"),
    "time": ({"slot": "2026-03-02T15:00Z"}, "details"),
    "details": (LONG, "review"),
    "review": ({}, "done"),
    "renewed": ({}, "done"),
}


@pytest.mark.parametrize("name", SENT)
def test_a_page_that_was_loaded_before_is_sent_after(app, name):
    answers, step = SENT[name]
    tab = reopened(app, name)
    tab.post(KEPT[name]["action"], **{**KEPT[name]["fields"], **answers})
    assert (tab.status, tab.step) == (200, step)


@pytest.mark.parametrize("name", ["service", "time", "details"])
def test_an_answer_of_another_window_is_asked_about_on_such_a_page_too(app, name):
    """The mark in an old form still says which answer it was rendered from."""
    answers, _step = SENT[name]
    tab = reopened(app, name)
    other = {"service": {"service": "long"}, "time": {"slot": "2026-03-02T16:00Z"}, "details": ADA}
    more = {"question_first_visit": "No"} if name == "details" else {}
    tab.post(KEPT[name]["action"], **{**KEPT[name]["fields"], **other[name], **more})
    tab.post(KEPT[name]["action"], **{**KEPT[name]["fields"], **answers})
    assert tab.status == 409
