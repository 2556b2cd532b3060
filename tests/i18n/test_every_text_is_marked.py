"""In a language that puts marks around each message, no text of ours stands outside the marks.

What a message is given (a name, a date) stands outside them, and so is looked at by itself: what
the shop or the customer wrote, dates, times and numbers may, and nothing else.
"""

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from gettext import NullTranslations
from tempfile import NamedTemporaryFile

import pytest
import time_machine
from bs4 import BeautifulSoup, Comment, Doctype
from flask import request

from booking.i18n import ENGLISH, Language, speaking
from booking.tab_sessions.errors import Refusal
from booking.testing import TabClient
from tests.conftest import SHOP
from tests.customer.walks import (
    ADA,
    at_details,
    at_done,
    at_review,
    at_time,
    first_slot,
    nearest,
    slots,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

OPEN, CLOSE = "⟦", "⟧"
GIVEN = re.compile(r"%\(\w+\)s")
MARKED = re.compile(f"{OPEN}[^{CLOSE}]*{CLOSE}")
READ = ("title", "aria-label", "placeholder", "alt", "label", "content")
HIDDEN = {"script", "style", "template"}
FOR_MACHINES = {"viewport", "color-scheme", "htmx-config", "robots", "referrer"}
FOR_SCRIPTS = {"data-challenge"}
DATA = sorted(
    [
        *(
            "Test Shop",
            "1 Test Street",
            "shop@example.com",
            "+351 21 000 00 00",
            "Europe Lisbon",
            "New York",
        ),
        *("Short visit", "Long visit", "Ana", "Ben", "€20", "€45", "Lisbon"),
        *("Is this your first visit?", "Anything we should prepare?", "Yes", "No"),
        *ADA.values(),
        *("Ada", "Two lines"),
    ],
    key=len,
    reverse=True,
)
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
WEEKDAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
FORMATTED = re.compile(
    rf"\b(?:{MONTHS}|{WEEKDAYS}|Mo|Tu|We|Th|Fr|Sa|Su|UTC|or|hours?|minutes?)\b|https?://\S+"
)


class Marked(NullTranslations):
    """Each message as it is, between marks; what it is given stays outside them."""

    def gettext(self, message):
        return OPEN + GIVEN.sub(lambda given: f"{CLOSE}{given[0]}{OPEN}", message) + CLOSE

    def ngettext(self, msgid1, msgid2, n):
        return self.gettext(msgid1 if n == 1 else msgid2)


MARKS = Language("en", ENGLISH.locale, Marked())


@pytest.fixture
def answers(app, monday_morning):
    """Everything that the app answered that somebody may read: where, and what."""
    answered = []

    @app.after_request
    def keep(response):
        is_text = response.mimetype == "text/html" and not request.path.endswith("/offer")
        if is_text and not response.direct_passthrough and not 300 <= response.status_code < 400:
            answered.append((f"{request.method} {request.path}", response.get_data(as_text=True)))
        return response

    return answered


def outside(text):
    """What stands outside the marks and is neither data nor formatted."""
    text = " ".join(MARKED.sub(" ", text).split())
    for known in DATA:
        text = text.replace(known, " ")
    left = " ".join(FORMATTED.sub(" ", text).split())
    return left if re.search(r"[^\W\d_]", left) else ""


def texts(html):
    """Every text that somebody may read, and those that scripts take from the page."""
    page = BeautifulSoup(html, "html.parser")
    for part in page.select(
        "#field-zone option, optgroup option, .sb-reference, .sb-portrait, .sb-keep-link"
    ):
        part.clear()
    # A message may have an element within it.
    whole = [
        string
        for string in page.strings
        if not isinstance(string, (Comment, Doctype)) and string.parent.name not in HIDDEN
    ]
    yield from split_outside(whole)
    for element in page.select("*"):
        if element.get("name") in FOR_MACHINES:
            continue
        for name, value in element.attrs.items():
            if name in FOR_SCRIPTS:
                continue
            if name in READ or (name.startswith("data-") and re.search(r"\w \w", str(value))):
                yield f"{name}={value}", outside(str(value))


def split_outside(strings):
    """The strings, each with what of it no mark surrounds, wherever the mark began."""
    if not strings:
        return
    joined = MARKED.sub(
        lambda marked: " " + re.sub(r"[^\x00]", "", marked[0]), "\x00".join(strings)
    )
    for string, left in zip(strings, joined.split("\x00"), strict=True):
        yield string, outside(left)


def offences(answers):
    return {
        f"{where}: {' '.join(text.split())[:100]}"
        for where, html in answers
        for text, left in texts(html)
        if left
    }


# -- the ways that come by every message --------------------------------------------------------


def a_booking_from_the_first_page_to_its_cancelling(app):
    tab = TabClient(app, "")
    tab.submit(force=True).submit(service="long")
    tab.submit(force=True).submit(staff="ana")
    tab.open(tab.page.select_one("a.sb-day-free")["href"])
    tab.submit(force=True).click("#next-month").click("#previous-month")
    tab.submit(slot=first_slot(tab))
    tab.submit(force=True, name="1", email="x", phone="1", note="1" * 3000).submit(force=True)
    tab.submit(**ADA, phone="", question_first_visit="Yes")
    tab.open("details").open("review").submit().refresh()
    manage = TabClient(app, tab.page.select_one(".sb-keep-link")["href"])
    app.test_client().post(manage.page.select_one("form")["action"])
    manage.submit().refresh()
    tab.refresh()
    tab.post("clear")


def an_appointment_changed_by_its_link(app):
    link = at_done(app, "2026-03-04T15:00Z", staff="ana").page.select_one(".sb-keep-link")["href"]
    page = TabClient(app, f"{link}/time")
    page.click(page.page.select_one(".sb-intro a")).click("#next-month").click("#previous-month")
    app.test_client().post(page.url, data=page.fields | {"slot": "2026-03-04T10:00Z"})
    page.open(f"{link}/time").submit(force=True)
    at_done(app, "2026-03-04T16:00Z", staff="ana")
    page.submit(force=True, **page.fields | {"slot": "2026-03-04T16:00Z"}).submit(
        slot=slots(page)[0]
    )
    page.open(f"{link}/details").submit(name="", email="x")
    app.test_client().post(page.url, data=page.fields | ADA)
    page.submit(**ADA, phone="")
    page.open(f"{link}/details").submit(email="ada.king@example.com")
    page.submit(words=ADA["note"]).post(f"{page.url}/time", slot="2026-03-04T10:00Z")
    cut_off = at_done(app, "2026-03-03T15:00Z").page.select_one(".sb-keep-link")["href"]
    with in_database(app) as connection:
        connection.exec_driver_sql("UPDATE booking_service SET move_until = 10000")
    page.open(cut_off).post(f"{cut_off}/time", slot="2026-03-04T10:00Z")


def another_time_that_is_asked_for(app):
    done = at_done(app, service="short", staff="ana")
    with in_database(app) as connection:
        connection.exec_driver_sql("UPDATE booking_service SET approval = true")
    link = done.page.select_one(".sb-keep-link")["href"].removeprefix("http://localhost")
    page = TabClient(app, f"{link}/time")
    page.submit(slot=slots(page)[-1])
    assert page.pending_move
    page.submit("#take-back")


def times_on_another_clock(app):
    tab = at_time(app, time_zone="America/New_York")
    tab.submit("#times", force=True, change="zone", zone="Nowhere")
    tab.submit("#times", change="zone", zone="America/New_York")
    app.test_client().get("/book/zones")
    tab.submit(slot=slots(tab)[-1]).submit(**ADA).submit()
    TabClient(app, tab.page.select_one(".sb-keep-link")["href"])


def links_with_answers(app):
    for query in ("service=nothing", "staff=nobody", "service=long&staff=nobody"):
        TabClient(app, f"?{query}")
    at_details(app, service="short", staff="ana").open("?service=long")
    at_details(app, service="short", staff="ana").open("?service=short&staff=ben")


def a_form_that_is_older_than_the_answer(app):
    tab = at_details(app, staff="ana")
    twins = {step: tab.twin().open(step) for step in ("service", "staff", "time", "details")}
    tab.open("time").submit(slot=slots(tab)[-1]).submit(**ADA)
    twins["time"].submit(slot=slots(twins["time"])[4])
    twins["details"].submit(**ADA | {"name": "Ben"})
    twins["details"].click(".sb-differing-choice button[hx-post]")
    tab.open("staff").submit(staff="any").open("service").submit(service="long")
    twins["staff"].submit(staff="ben")
    twins["service"].submit(service="long")


def an_order_that_no_page_asks_for(app):
    tab = TabClient(app, "")
    for path in ("details/form", "review/form", "time/form"):
        tab.post(path, slot="2026-03-03T10:00Z")
    tab.post("hold/extension")
    tab = at_time(app, service="short", staff="ana")
    for slot in ("x", "2020-01-01T10:00Z", "2026-03-03T12:30Z", "2029-01-01T10:00Z"):
        tab.submit(slot=slot, force=True)
    other = tab.twin().open("time")
    taken = slots(at_time(app, service="short", staff="ana"))[6]
    at_details(app, taken, service="short", staff="ana")
    other.submit(slot=taken)


def a_copy_of_a_tab(app):
    tab = at_review(app)
    copy = tab.duplicate()
    copy.submit(slot=nearest(copy)[0])
    at_time(app).duplicate()


def a_choice_that_changes_with_a_time_held(app):
    tab = at_details(app, staff="ana")
    tab.open("service").submit(service="long")
    tab.open("staff").submit(staff="ben")
    tab.open("service").submit(service="short")


def a_hold_that_is_extended_and_runs_out(app):
    tab = at_details(app)
    for _ in range(3):
        tab.click("#more-time")
    tab.post("hold/extension")
    tab = at_review(app, service="short", staff="ana")
    with later(minutes=15):
        tab.refresh().submit()
    tab = at_review(app, service="short", staff="ana")
    slot = tab.open("time").fields["slot"]
    with later(minutes=15):
        tab.refresh()
        at_done(app, slot, service="short", staff="ana")
        tab.refresh().post("hold/extension")
        tab.submit()


def a_tab_that_is_over(app):
    tab, typing = at_review(app), at_details(app)
    looking = at_time(app)
    with later(minutes=61):
        typing.click("#more-time")
        typing.submit(name="Ada", note="Two\nlines").submit()
        tab.submit().submit()
        looking.refresh()
    done = at_done(app)
    done.post("details/form", **ADA)
    done.post("service/form", service="short")
    done.post("review/form")
    tab = at_review(app)
    twin = tab.twin().open("details")
    tab.submit()
    twin.submit(name="Ben")
    manage = done.open("done").page.select_one(".sb-keep-link")["href"]
    for days in (10, 60):
        with later(days=days):
            page = TabClient(app, manage)
            page.post(f"{manage}/cancellation") if page.page.select_one("[data-step]") else None
            app.test_client().post(f"{manage}/cancellation", headers={"Origin": "null"})


def what_one_tab_hands_to_another(app):
    slot = "2026-03-04T15:00Z"
    other, tab = at_review(app, slot, staff="ana"), at_details(app, slot, staff="ben")

    def asked(from_tab, path, **fields):
        headers = {"Tab-Session": from_tab.id, "HX-Request": "true"}
        return app.test_client().post(f"/book/handover/{path}", data=fields, headers=headers)

    tab.post("handover/details/receipt", reference=asked(other, "details/offer").text)
    tab.submit(**ADA)
    asked(tab, "times/receipt", reference=asked(other, "times/offer").text)


def what_no_browser_sends(app):
    client = app.test_client()
    client.get("/book/nothing")
    client.get("/book/service/form", headers={"HX-Request": "true"})
    client.post("/book/details/form", data=ADA)


def a_shop_that_changes(app):
    tab = at_review(app, service="short", staff="ana")
    with in_database(app) as connection:
        connection.exec_driver_sql("UPDATE booking_service SET price = '€25' WHERE slug = 'short'")
    tab.submit()


def a_crowded_day(app):
    for clock in ("09:00", "09:45", "10:30", "11:15"):
        at_details(app, f"2026-03-05T{clock}Z", staff="ana")
    tab = at_time(app, staff="ana", does_sums=False).open("time?day=2026-03-05")
    tab.submit(slot="2026-03-05T13:00Z")


def a_mistake_of_ours(app):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with in_database(app) as connection:
        connection.exec_driver_sql("UPDATE booking_shop SET zone = 'Europe/Nowhere'")
    TabClient(app, "")
    app.test_client().post("/book/details/form", data=ADA, headers={"Tab-Session": "A" * 43})
    with in_database(app) as connection:
        connection.exec_driver_sql("UPDATE booking_shop SET zone = 'Europe/Lisbon'")


def tables_that_are_missing(app):
    with in_database(app) as connection:
        connection.exec_driver_sql("DROP TABLE booking_catalogue_state")
    TabClient(app, "")


def more_than_one_visitor_may_have(app):
    at_done(app)
    at_details(app)
    for _ in range(3):
        TabClient(app, "").submit(service="short")


def holding_more_than_one_may(app):
    at_details(app)
    at_details(app)


def a_shop_that_sends_people_away(app):
    tab, other = at_review(app, service="short", staff="ana"), at_review(app, staff="ben")
    alone = at_review(app, service="long")
    load(app, ('offers = ["short", "long"]\nhours', 'offers = ["long"]\nhours'))
    other.submit()
    tab.refresh().submit()
    TabClient(app, "?staff=ana")
    TabClient(app, "?service=short&staff=ana")
    load(app, ('slug = "ana"', 'slug = "eve"'), ('slug = "short"', 'slug = "brief"'))
    alone.refresh().submit()
    tab.refresh()
    at_time(app, service="long").open("time?month=2026-04")
    at_time(app, service="long").open("time?month=2026-05")
    load(app, ('hours.mon-sun = ["09:00-17:00"]', "hours.mon-sun = []"))
    at_time(app, service="long")


def the_last_minute(app):
    tab = at_details(app)
    with later(minutes=2, seconds=30):
        tab.refresh()
    tab = at_details(app, service="long")
    tab.submit(name="\x07", email="ada@example.com", note="1" + "\u0301" * 40)
    tab.submit(force=True, **ADA, question_first_visit="x")
    with later(days=2):
        TabClient(app, "").submit(service="short").submit(staff="any")


WAYS = (
    more_than_one_visitor_may_have,
    holding_more_than_one_may,
    a_shop_that_sends_people_away,
    the_last_minute,
    a_booking_from_the_first_page_to_its_cancelling,
    an_appointment_changed_by_its_link,
    another_time_that_is_asked_for,
    times_on_another_clock,
    links_with_answers,
    a_form_that_is_older_than_the_answer,
    an_order_that_no_page_asks_for,
    a_copy_of_a_tab,
    a_choice_that_changes_with_a_time_held,
    a_hold_that_is_extended_and_runs_out,
    a_tab_that_is_over,
    what_one_tab_hands_to_another,
    what_no_browser_sends,
    a_shop_that_changes,
    a_crowded_day,
    a_mistake_of_ours,
    tables_that_are_missing,
)


def load(app, *changes):
    content = SHOP.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in content
        content = content.replace(before, after)
    with NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
        file.write(content.replace('"short"', '"brief"') if '"brief"' in content else content)
        file.flush()
        answer = app.test_cli_runner().invoke(args=["booking", "load", file.name])
    assert answer.exit_code == 0, answer.output


def kinds(of):
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


@contextmanager
def later(**by):
    with time_machine.travel(datetime.now(UTC) + timedelta(**by)):
        yield


@contextmanager
def in_database(app):
    with app.app_context(), app.extensions["booking"].engine.begin() as connection:
        yield connection


FEW = {
    more_than_one_visitor_may_have: {"drafts_per_visitor": 3, "bookings_per_visitor": 1},
    holding_more_than_one_may: {"holds_per_visitor": 1},
}


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(
            way,
            id=way.__name__,
            marks=pytest.mark.settings(**{"visitor_share": 100} | FEW.get(way, {})),
        )
        for way in WAYS
    ],
)
def test_every_text_is_marked_in(way, app, answers):
    with speaking(MARKS):
        way(app)
    assert answers
    found = offences(answers)
    assert not found, "\n".join(["", *sorted(found)])


GIVEN_WITH = {"DraftTooLarge": (9, 8), "TabSessionGone": ("expired",), "TooManyTabs": (60,)}


REFUSALS = [kind for kind in kinds(Refusal) if kind.__module__ == Refusal.__module__]


def test_what_tab_sessions_refuse_is_said_by_the_wizard_in_marked_words(app):
    for kind in REFUSALS:
        refusal = kind(*GIVEN_WITH.get(kind.__name__, ()))
        with (
            app.test_request_context("/book/details/form", method="POST", data={"name": "Ada"}),
            speaking(MARKS),
        ):
            page = app.make_response(app.handle_user_exception(refusal)).get_data(as_text=True)
        assert OPEN in page
        assert not offences([(kind.__name__, page)])
