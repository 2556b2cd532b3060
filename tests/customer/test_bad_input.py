"""Whatever is sent, the answer is clear, has the right status, and writes nothing."""

import logging

import pytest
from bs4 import BeautifulSoup

from booking.testing import TabClient
from tests.customer.walks import alert, at_details, at_review, at_time, text, value

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NONSENSE = [
    "",
    "nothing",
    "\x00",
    "short\x00",
    "'; DROP TABLE booking_service; --",
    "9" * 5000,
    "💥",
]
TAB = {"Tab-Session": "A" * 43, "HX-Request": "true"}


def at_service(app) -> TabClient:
    return TabClient(app, "/book/")


def at_staff(app) -> TabClient:
    return at_service(app).submit(service="short")


@pytest.mark.parametrize(
    ("at", "step", "field", "said", "more"),
    [
        (at_service, "service", "service", "Choose one of the services listed", []),
        (at_staff, "staff", "staff", "Choose one of the people listed", []),
        (at_time, "time", "slot", "Choose a time", ["2026-11-24", "9999-12-31T23:59Z", "-1"]),
    ],
)
def test_what_is_not_on_offer_is_422_on_its_step(app, rows, at, step, field, said, more):
    tab = at(app)
    before = rows()
    for nonsense in [*NONSENSE, *more]:
        tab.submit(**{field: nonsense}, force=True)
        assert (tab.status, tab.step) == (422, step), nonsense
        assert said in alert(tab)
    assert rows() == before


def test_an_unknown_zone_is_told_and_changes_nothing(app):
    tab = at_time(app, time_zone="Asia/Tokyo")
    for zone in ("Mars/Olympus", "../../etc/passwd", "\x00", "", "x" * 5000):
        tab.submit(zone=zone, change="zone", force=True)
        assert (tab.status, tab.step) == (422, "time")
        assert "Choose one of the zones listed" in alert(tab)
        assert value_of_zone(tab) == "Asia/Tokyo"


def test_an_unknown_zone_of_the_browser_falls_back_to_the_shops(app):
    for zone in ("Mars/Olympus", "/etc/passwd", "x" * 5000, "Europe"):
        assert value_of_zone(at_time(app, time_zone=zone)) == "Europe/Lisbon"


def test_a_day_that_is_none_is_ignored(app):
    tab = at_time(app)
    for query in ("day=x", "day=0001-01-01", "month=9999-12", "day=2026-02-30"):
        tab.open(f"time?{query}&_external=1&_anchor=x&_scheme=ftp")
        assert (tab.status, tab.step) == (200, "time")


def test_a_forged_later_step_is_409_with_the_first_question(app):
    for step in ("staff", "time", "details", "review"):
        tab = at_service(app).post(f"{step}/form", staff="any", slot="2026-11-24T09:00Z")
        assert (tab.status, tab.step) == (409, "service")
        assert "Please answer the previous question first." in alert(tab)
        assert tab.headers["HX-Replace-Url"] == "/book/service"
        assert "HX-Push-Url" not in tab.headers


def test_details_sent_before_their_turn_are_kept_for_it(app):
    tab = TabClient(app, "/book/")
    tab.post("details/form", name="Ada", email="nonsense", question_first_visit="Yes")
    assert (tab.status, tab.step) == (409, "service")
    tab.submit(service="short").submit(staff="any")
    tab.submit(slot=tab.page.select_one("#times [name=slot]")["value"])
    assert (value(tab, "name"), value(tab, "email")) == ("Ada", "nonsense")


def test_refused_details_keep_everything_that_was_typed(app):
    tab = at_details(app, service="long")
    tab.submit(name="", email="nonsense", note="Two\nlines", question_wishes="<b>Tea</b>")
    assert (tab.status, tab.step) == (422, "details")
    assert "3 answers need another look" in alert(tab)
    assert (value(tab, "email"), value(tab, "note")) == ("nonsense", "Two\nlines")
    assert value(tab, "question_wishes") == "<b>Tea</b>"
    assert tab.page.select_one("b") is None
    assert value(tab.refresh(), "email") == "nonsense"
    assert value(tab, "note") == "Two\nlines"


def test_far_more_typed_than_a_draft_can_carry_is_no_failure(app):
    tab = TabClient(app, "/book/")
    tab.post("details/form", **{f"question_{n}": "💥" * 1000 for n in range(15)}, name="Ada")
    assert tab.status == 409


def test_ten_megabytes_are_413_and_the_page_stays_as_it_was(app):
    tab = at_details(app)
    before = text(tab)
    tab.submit(name="A" * 10_000_000, email="ada@example.com")
    assert (tab.status, tab.headers["HX-Reswap"]) == (413, "none")
    assert text(tab) == before


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param(65_000, 422, marks=pytest.mark.settings(request_bytes=65536)),
        pytest.param(66_000, 413, marks=pytest.mark.settings(request_bytes=65536)),
        (66_000, 422),
        (300_000, 413),
        pytest.param(300_000, 422, marks=pytest.mark.settings(request_bytes=2**20)),
    ],
)
def test_how_much_a_request_may_bring_is_a_setting(app, size, status):
    tab = at_details(app)
    tab.submit(name="Ada", email="ada@example.com", note="x" * size)
    assert tab.status == status


def test_a_post_without_htmx_is_400_with_a_page_filled_from_it(app, rows):
    sent = {"name": "Ada", "email": "ada@example.com", "note": "Two\nlines", "slot": "x"}
    answer = app.test_client().post("/book/details/form", data=sent)
    assert answer.status_code == 400
    page = BeautifulSoup(answer.text, "html.parser")
    assert "what you typed is below" in page.select_one("[role=alert]").get_text()
    assert page.select_one("[name=name]")["value"] == "Ada"
    assert page.select_one("textarea[name=note]").get_text() == "\nTwo\nlines"
    assert page.select_one("form")["action"] == "/book/details/form"
    assert rows()["tabs"] == 0


def test_an_unknown_address_is_404_with_a_page(app):
    for path in (
        "nothing",
        "service/",
        "service/form/x",
        "appointment/",
        "static/none.css",
        "a/b/c",
    ):
        answer = app.test_client().get(f"/book/{path}")
        assert answer.status_code == 404
        assert "There is no such page" in answer.text
        assert "Test Shop" in answer.text


def test_methods_nobody_offers_are_404(app):
    for method in ("PUT", "PATCH", "DELETE"):
        answer = app.test_client().open("/book/service/form", method=method, headers=TAB)
        assert answer.status_code == 404


@pytest.fixture
def broken_app(app):
    """An app in whose database somebody wrote a time zone that there is not: every page fails."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context(), app.extensions["booking"].engine.begin() as connection:
        connection.exec_driver_sql("UPDATE booking_shop SET zone = 'Europe/Nowhere'")
    return app


def test_a_mistake_of_ours_is_500_without_a_trace(broken_app, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = broken_app.test_client().post(
            "/book/details/form", data={"name": "Ada Lovelace"}, headers=TAB
        )
    assert answer.status_code == 500
    assert "on our side" in answer.text
    assert "Traceback" not in answer.text
    assert "booking_service" not in answer.text
    assert "Ada Lovelace" not in caplog.text


def test_nothing_personal_is_logged(app, caplog):
    with caplog.at_level(logging.DEBUG):
        tab = at_review(app)
        tab.open("details").submit(email="nonsense")
        tab.open("review").submit()
    assert tab.step == "done"
    for secret in ("Ada Lovelace", "ada@example.com", "By the window", tab.id):
        assert secret not in caplog.text


def value_of_zone(tab) -> str:
    return tab.page.select_one("[name=zone] option[selected]")["value"]


def test_a_fragment_that_could_not_tell_its_tab_still_holds_what_was_typed(app):
    """A proxy that strips the header: pressing the button sends it all again, with the header."""
    answer = app.test_client().post(
        "/book/details/form", data={"name": "Zoe", "note": "a\nb"}, headers={"HX-Request": "true"}
    )
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 400
    assert page.select_one("form")["hx-post"] == "/book/details/form"
    assert page.select_one("[name=name]")["value"] == "Zoe"
    assert page.select_one("[name=note]").get_text().strip() == "a\nb"


def test_a_refused_origin_keeps_what_was_typed_but_repeats_no_strangers_words(app):
    sent, cross = {"name": "Zoe"}, {"Sec-Fetch-Site": "cross-site"}
    client = app.test_client()
    asked = client.post("/book/details/form", data=sent, headers=TAB | cross)
    came = client.post("/book/details/form", data=sent, headers=cross)
    assert (asked.status_code, came.status_code) == (403, 403)
    assert "Zoe" in asked.text
    assert "another website" in came.text
    assert "Zoe" not in came.text


def test_a_note_that_is_far_too_long_is_told_and_not_thrown_away(app):
    tab = at_details(app)
    tab.submit(name="Ada", email="ada@example.com", note="x" * 12_500, force=True)
    assert (tab.status, tab.step) == (422, "details")
    assert "2000 characters" in alert(tab)
    assert len(value(tab, "note")) == 12_500
    assert value(tab.refresh(), "note").startswith("xxx")
