"""A tab in a host's own pages: several scripts, JSON, uploads, headers, an app below a path."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, redirect, request
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.tab_sessions import TabSessionGone, session_lifecycle, session_route
from booking.testing import File, TabClient
from tests.tab_sessions.conftest import host_app

PAGE = """<!doctype html><title>Notes</title>
<script src="/tab-session.js" data-prefix="/notes"></script>
<script src="/tab-session.js" data-prefix="/basket" data-name="Basket" data-storage="local">
</script><a href="/" data-new-booking="Basket">Empty the basket</a>
<div id="note" hx-get="/notes/" hx-trigger="load"></div>
<div id="line" hx-get="/basket/" hx-trigger="load"></div>"""
FORM = """<form hx-post="{place}" hx-swap="outerHTML" action="{place}" method="post"{more}>
<input name="text" value="{text}"><input type="file" name="photo"><button>Keep</button></form>"""


@pytest.fixture
def app(sqlite_url):
    app = host_app(scoped_session(sessionmaker(create_engine(sqlite_url))))
    app.add_url_rule("/", "page", lambda: PAGE)
    for place, more in (("/notes/", ""), ("/basket/", ' enctype="multipart/form-data"')):
        add_place(app, place, more)
    session_lifecycle(app, "/notes/tab-session", "notes_lifecycle")
    session_lifecycle(app, "/basket/tab-session", "basket_lifecycle")
    return app


def add_place(app, place, more):
    @session_route(app, place, methods=["GET", "POST"], endpoint=place.strip("/"))
    def view(tab):
        if request.method == "POST":
            photo = request.files.get("photo")
            tab.data["text"] = (request.json if request.is_json else request.form)["text"]
            tab.data["photo"] = f"{photo.filename} {len(photo.read())}" if photo else "none"
        text = tab.data.get("text", "")
        shown = FORM.format(place=place, text=text, more=more)
        return shown + f"<p>{tab.data.get('photo')} {request.headers.get('Accept-Language')}</p>"


def shown(tab, where):
    return tab.page.select_one(f"form[action='/{where}/'] input")["value"]


def test_each_script_on_a_page_has_an_id_of_its_own(app):
    tab = TabClient(app, "/", base="/notes")
    assert tab.status == 200
    assert set(tab.ids) == {"TabSession", "Basket"}
    assert len(set(tab.ids.values())) == 2
    before = dict(tab.ids)
    tab.submit("form[action='/notes/']", text="milk").submit("form[action='/basket/']", text="two")
    tab.refresh()
    assert (shown(tab, "notes"), shown(tab, "basket")) == ("milk", "two")
    assert tab.ids == before
    assert tab.renew().ids["Basket"] == before["Basket"]
    assert tab.refresh().id == tab.ids["TabSession"] != before["TabSession"]
    assert shown(tab, "notes") == "milk"


def test_two_apps_of_one_origin_have_an_id_each_in_the_same_tab(app):
    for name, place in (("blog", "/notes"), ("shop", "/basket")):
        page = f'<script src="/tab-session.js" data-prefix="{place}"></script>'
        app.add_url_rule(f"/{name}", name, lambda page=page: page)
    tab = TabClient(app, "/blog", base="/notes")
    notes = tab.id
    assert tab.open("/shop").id != notes
    assert tab.open("/blog").id == notes


def test_local_storage_is_shared_by_the_tabs_of_a_browser_and_by_no_other(app):
    tab = TabClient(app, "/", base="/notes")
    tab.submit("form[action='/notes/']", text="milk").submit("form[action='/basket/']", text="two")
    for other in (tab.new_tab("/"), TabClient(tab.client, "/", base="/notes")):
        assert (shown(other, "notes"), shown(other, "basket")) == ("", "two")
    copy = tab.duplicate()
    assert (shown(copy, "notes"), shown(copy, "basket")) == ("milk", "two")
    assert copy.id != tab.id
    assert shown(TabClient(app, "/", base="/notes"), "basket") == ""
    copy.click("Empty the basket")
    assert (shown(copy, "notes"), shown(copy, "basket")) == ("milk", "")


def test_json_goes_with_the_id_and_changes_nothing_on_the_page(app):
    tab = TabClient(app, "/", base="/notes")
    answer = tab.fetch("/notes/", "POST", json={"text": "bread"}, headers={"X-Mine": "1"})
    assert answer.status_code == 200
    assert answer.request.headers["X-Mine"] == "1"
    assert shown(tab, "notes") == ""
    assert shown(tab.refresh(), "notes") == "bread"
    assert "bread" in tab.fetch("/notes/").text
    assert "Tab-Session" not in tab.fetch("/").request.headers


def test_a_file_is_sent_where_the_form_says_so_and_else_its_name(app):
    photo = File("cat.png", b"meow", "image/png")
    tab = TabClient(app, "/", base="/notes")
    tab.submit("form[action='/basket/']", text="two", photo=photo)
    assert "cat.png 4" in tab.page.text
    tab.submit("form[action='/notes/']", text="milk", photo=photo)
    assert "cat.png 4" in tab.page.text
    assert "none" in tab.page.text
    assert "cat.png 4" in tab.fetch("/notes/", "POST", data={"text": "x", "photo": photo}).text
    with pytest.raises(ValueError, match="takes files"):
        tab.fill("form[action='/notes/']", photo="cat.png")


def test_headers_of_the_browser_go_with_every_request_and_every_tab(app):
    tab = TabClient(app, "/", base="/notes", headers={"Accept-Language": "pt"})
    for each in (tab, tab.new_tab("/"), tab.duplicate()):
        assert "None pt" in each.page.text


# -- as the script does ----------------------------------------------------------------------------


@pytest.fixture
def part_app(sqlite_url):
    """A page whose first request below the prefix goes to a view that knows no tab."""
    app = host_app(scoped_session(sessionmaker(create_engine(sqlite_url))))
    page = """<script src="/tab-session.js" data-prefix="{}"></script>
    <main hx-get="{}" hx-trigger="load"></main>"""
    menu = '<nav>Menu</nav><section hx-get="/trip/step" hx-trigger="load"></section>'
    app.add_url_rule("/", "page", lambda: page.format("/trip/", "/trip/menu"))
    app.add_url_rule("/bare", "bare", lambda: page.format("/trip/", "/trip/step"))
    app.add_url_rule("/written", "written", lambda: page.format("/büro/", "/b%C3%BCro/step"))
    app.add_url_rule("/quoted", "quoted", lambda: page.format("/b%C3%BCro", "/büro/step"))
    app.add_url_rule("/trip/menu", "menu", lambda: menu)
    for place in ("trip", "büro"):

        @session_route(app, f"/{place}/step", methods=["GET", "POST"], endpoint=place)
        def step(tab):
            if request.method == "POST":
                tab.data["goal"] = request.form["goal"]
            return tab.data.get("goal", "(nowhere)")

    return app


def test_a_duplicate_waits_with_its_copy_for_a_session_route(part_app):
    tab = TabClient(part_app, "/", base="/")
    tab.fetch("/trip/step", "POST", data={"goal": "Bern"})
    copy = tab.duplicate()
    assert copy.page.section.text == "Bern"
    copy.fetch("/trip/step", "POST", data={"goal": "Rome"})
    assert (tab.refresh().page.section.text, copy.refresh().page.section.text) == ("Bern", "Rome")


def over(app, time_machine):
    """A tab whose progress has just run out."""
    tab = TabClient(app, "/bare", base="/")
    tab.fetch("/trip/step", "POST", data={"goal": "Bern"})
    time_machine.move_to(datetime.now(UTC) + timedelta(hours=2))
    return tab


def test_a_redirect_for_a_tab_that_is_over_leads_to_a_fresh_page(part_app, time_machine):
    part_app.register_error_handler(TabSessionGone, lambda _gone: redirect("/bare"))
    tab = over(part_app, time_machine)
    before = tab.id
    assert tab.refresh().page.main.text.strip() == "(nowhere)"
    assert tab.id != before


@pytest.mark.parametrize(("status", "is_renewed"), [(410, True), (200, False)])
def test_a_new_id_is_taken_by_the_status_as_in_the_browser(
    part_app, time_machine, status, is_renewed
):
    """So a suite notices what would leave a browser before a closed door."""

    @part_app.after_request
    def everything_is_fine(response):
        if response.status_code == 410:
            response.status_code = status
        return response

    tab = over(part_app, time_machine)
    before = tab.id
    assert (tab.refresh().id != before) is is_renewed


@pytest.mark.parametrize("path", ["/written", "/quoted"])
def test_a_prefix_is_the_same_however_its_letters_are_written(part_app, path):
    tab = TabClient(part_app, path, base="/")
    assert (tab.status, tab.page.main.text) == (200, "(nowhere)")


BUTTONS = """<!doctype html><title>Buttons</title><main id="said"></main>
<form id="plain" action="/said/form" method="post"><input name="text" value="x">
<button>Keep</button><button name="t" value="0" formaction="/said/button">Away</button>
<button name="t" value="1" formaction="/said/asked" formmethod="get">Look</button></form>
<form id="by-htmx" hx-post="/said/form" action="/said/form" method="post" hx-target="#said">
<input name="word" value="y"><button formaction="/said/button">Keep</button>
<button name="h" value="1" hx-post="/said/button" hx-target="#said">Add</button>
<button name="h" value="2" hx-get="/said/asked" hx-target="#said">Find</button></form>"""


@pytest.fixture
def buttons():
    app = Flask("buttons")
    app.add_url_rule("/", "page", lambda: BUTTONS)

    @app.route("/said/<where>", methods=["GET", "POST"])
    def said(where):
        return f"{request.method} {where} {sorted(request.values.items())}"

    return TabClient(app, "/", base="/")


@pytest.mark.parametrize(
    ("pressed", "text"),
    [
        ({"text": "z"}, "POST form [('text', 'z')]"),
        ({"t": "0"}, "POST button [('t', '0'), ('text', 'x')]"),
        ({"t": "1", "text": "z"}, "GET asked [('t', '1'), ('text', 'z')]"),
    ],
)
def test_a_button_of_a_plain_form_may_say_where_it_leads_and_how(buttons, pressed, text):
    assert buttons.submit("#plain", **pressed).page.text == text


@pytest.mark.parametrize(
    ("pressed", "text"),
    [
        ({"word": "z"}, "POST form [('word', 'z')]"),
        ({"h": "1", "word": "z"}, "POST button [('h', '1'), ('word', 'z')]"),
        ({"h": "2"}, "GET asked [('h', '2')]"),
    ],
)
def test_a_button_with_a_request_of_its_own_sends_that_one(buttons, pressed, text):
    """htmx 4 asks for what the element says; formaction is for a form that a browser sends."""
    assert buttons.submit("#by-htmx", **pressed).page.main.text == text


@pytest.mark.parametrize("label", ["Away", "Add", "Find"])
def test_clicking_a_button_and_naming_it_come_to_the_same(buttons, label):
    named = {"Away": ("#plain", "t", "0"), "Add": ("#by-htmx", "h", "1")}
    form, name, value = named.get(label, ("#by-htmx", "h", "2"))
    clicked = buttons.new_tab("/").click(label).response
    submitted = buttons.submit(form, **{name: value}).response
    assert clicked.text == submitted.text
