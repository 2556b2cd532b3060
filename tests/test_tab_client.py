"""One tab over Flask's test client behaves as the browser does with htmx 4."""

import re
import sys
from importlib import import_module

import pytest
from flask import Blueprint, Flask, redirect, request

from booking.testing import TabClient

STEPS = ["colour", "size", "note", "done"]

SHELL = """<!doctype html><title>Shirts</title>
<meta name="htmx-config" content='{{"noSwap": [204, 304, 413, "5xx"]}}'>
<main><div id="wizard" hx-get="/book/{step}form{query}" hx-trigger="load" hx-swap="innerHTML"></div>
</main>"""

FORM = """<section id="step" data-step="{step}"><p id="seen">{seen}</p>{alert}
<input type="checkbox" name="far" value="away" form="here">
<form id="here" hx-post="/book/{step}/form" action="/book/{step}/form" method="post"
 hx-target="#step" hx-swap="outerHTML show:top"{extra}>{fields}<button>Go on</button>
 <button name="change" value="zone">Change zone</button></form>{links}</section>"""

FIELDS = {
    "colour": """<input type="radio" name="colour" value="red"{red}>
        <input type="radio" name="colour" value="blue"{blue}>
        <input type="radio" name="colour" value="gold" disabled>""",
    "size": """<select name="size"><option>S</option><option value="m" selected>M</option></select>
        <input type="checkbox" name="extra" value="pocket" checked>
        <input type="checkbox" name="extra" value="logo">
        <input type="checkbox" name="gift">
        <fieldset disabled><input name="secret" value="x"></fieldset>
        <input type="hidden" name="token" value="t1">""",
    "note": """<textarea name="note">\n{note}</textarea><input name="email" value="{email}">
        <input name="copies" value="2" form="another">""",
}
LINKS = """<a href="/book/colour" hx-get="/book/colour/form" hx-target="#step" hx-swap="outerHTML"
  hx-push-url="/book/colour">Change colour</a>
<button hx-post="/book/more" hx-target="#seen" hx-vals='{"minutes": 10}'>More time</button>
<a href="/book/file.ics">Calendar</a> <a href="#seen">Skip</a>
<a href="mailto:shop@example.com">Write to us</a>
<a href="/book/colour" hx-get="/book/form" hx-target="closest section" hx-swap="outerHTML"
  data-new-booking>Start afresh</a>"""


class Shirts:
    """A wizard on a dictionary that speaks the wizard's protocol and notes every request."""

    def __init__(self):
        self.answers, self.requests, self.cookies = {}, [], []

    def routes(self):
        pages = Blueprint("shirts", __name__, url_prefix="/book")
        pages.before_request(self.note_request)
        pages.add_url_rule("/", view_func=self.shell, defaults={"step": ""})
        pages.add_url_rule("/<any(colour,size,note,done):step>", view_func=self.shell)
        pages.add_url_rule("/form", "show", self.form, defaults={"step": None})
        pages.add_url_rule("/<step>/form", "form", self.form, methods=["GET", "POST"])
        pages.add_url_rule("/more", view_func=self.more, methods=["POST"])
        pages.add_url_rule("/file.ics", view_func=self.file)
        pages.add_url_rule("/plain", view_func=self.plain, methods=["GET", "POST"])
        return pages

    def note_request(self):
        self.requests.append((request.method, request.full_path.rstrip("?"), dict(request.headers)))

    def shell(self, step):
        query = "?" + request.query_string.decode() if request.query_string else ""
        answer = SHELL.format(step=f"{step}/" if step else "", query=query)
        return answer, {"Set-Cookie": "visited=yes"}

    def form(self, step):
        tab = request.headers.get("Tab-Session", "")
        if len(tab) != 43:
            return "<p>No id</p>", 400, {"HX-Trigger": "tab-session:missing"}
        mine = self.answers.setdefault(tab, {})
        reached = next((s for s in STEPS if s not in mine), "done")
        if request.method == "GET":
            return self.show(step or reached, mine), {"Tab-Session-Left": "3600"}
        return self.accept(step, mine)

    def accept(self, step, mine):
        given = request.form.to_dict(flat=False)
        if "too much" in str(given):
            return "<p>Too large</p>", 413
        if "nothing" in str(given):
            return "", 204
        if given.get("colour", ["red"])[0] not in ("red", "blue"):
            return self.show(step, mine, "No such colour"), 422
        mine[step] = given
        following = STEPS[STEPS.index(step) + 1]
        return self.show(following, mine), {"HX-Push-Url": f"/book/{following}"}

    def show(self, step, mine, problem=""):
        chosen = mine.get("colour", {}).get("colour", [""])[0] or request.args.get("colour", "")
        note = mine.get("note", {})
        words = {colour: " checked" if chosen == colour else "" for colour in ("red", "blue")}
        words |= {name: note.get(name, [""])[0] for name in ("note", "email")}
        itself = request.args.get("colour") and "colour" not in mine
        return FORM.format(
            step=step,
            seen=mine,
            alert=f"<p role='alert'>{problem}</p>" if problem else "",
            fields=FIELDS.get(step, "").format(**words),
            extra=" data-submit-on-load" if itself else "",
            links=LINKS,
        )

    def more(self):
        return f"{request.form['minutes']} more minutes"

    def file(self):
        return "BEGIN:VCALENDAR", {
            "Content-Disposition": "attachment",
            "Content-Type": "text/plain",
        }

    def plain(self):
        if request.method == "POST":
            return redirect("/book/plain?said=" + request.form["word"])
        return f"""<form method="post"><input name="word" value="hello"><button>Say</button></form>
            <p>{request.cookies.get("visited")} {request.args.get("said")}</p>"""


@pytest.fixture
def shirts():
    return Shirts()


@pytest.fixture
def tab(shirts):
    app = Flask(__name__)
    app.register_blueprint(shirts.routes())
    return TabClient(app, "/book/")


def last(shirts):
    return shirts.requests[-1]


def test_opening_a_page_loads_its_fragment_with_the_tabs_id(tab, shirts):
    (_, page, page_headers), (_, fragment, headers) = shirts.requests
    assert (page, fragment) == ("/book/", "/book/form")
    assert "Tab-Session" not in page_headers
    assert "Hx-Request" not in page_headers
    assert headers["Tab-Session"] == tab.id
    assert re.fullmatch(r"[\w-]{43}", tab.id, re.ASCII), "32 bytes of base64url"
    assert headers["Hx-Request"] == "true"
    assert headers["Sec-Fetch-Site"] == "same-origin"
    assert headers["Tab-Time-Zone"] == "UTC"
    assert (tab.step, tab.status, tab.url) == ("colour", 200, "/book/")
    assert tab.page.select_one("#wizard > #step")


def test_the_page_names_the_prefix_under_which_the_id_travels():
    app, shirts = Flask(__name__), Shirts()
    app.register_blueprint(shirts.routes())

    @app.get("/elsewhere")
    def elsewhere():
        script = '<script src="/tab-session.js" data-prefix="/shop/" defer></script>'
        return script + SHELL.format(step="", query="")

    assert TabClient(app, "/elsewhere").base == "/shop/"
    assert [headers for *_, headers in shirts.requests if "Tab-Session" in headers] == []


def test_submitting_goes_on_and_moves_the_address(tab):
    tab.submit(colour="red")
    assert (tab.step, tab.url, tab.headers["HX-Push-Url"]) == ("size", "/book/size", "/book/size")


def test_a_form_is_sent_as_a_browser_sends_it(tab, shirts):
    tab.submit(colour="blue").submit(gift=True)
    sent = shirts.answers[tab.id]["size"]
    assert sent == {"size": ["m"], "extra": ["pocket"], "gift": ["on"], "token": ["t1"]}


def test_choices_can_be_changed_before_sending(tab, shirts):
    tab.submit(colour="blue").submit(size="S", extra=["logo"])
    sent = shirts.answers[tab.id]["size"]
    assert (sent["size"], sent["extra"]) == (["S"], ["logo"])
    tab.back().submit(extra=False)
    assert "extra" not in shirts.answers[tab.id]["size"]


def test_naming_a_submit_button_presses_it(tab, shirts):
    tab.submit(colour="red").submit(change="zone")
    assert shirts.answers[tab.id]["size"]["change"] == ["zone"]


def test_a_field_belongs_to_the_form_it_names_wherever_it_stands(tab, shirts):
    tab.submit(colour="red", far=True).submit().submit()
    assert shirts.answers[tab.id]["colour"] == {"colour": ["red"], "far": ["away"]}
    assert "copies" not in shirts.answers[tab.id]["note"]


ONLY = r"only: red \| blue.*force=True"
MISTAKES = {
    "an unknown field": (
        lambda tab: tab.submit(color="red"),
        r"no field 'color'. It has: colour \(red \| blue\)",
    ),
    "a choice not offered": (lambda tab: tab.submit(colour="green"), ONLY),
    "a choice not to be had": (lambda tab: tab.submit(colour="gold"), ONLY),
    "a button there is not": (
        lambda tab: tab.click("Pay"),
        r"No links or buttons match 'Pay'.*'Change colour'",
    ),
    "an unclear click": (lambda tab: tab.click("form button"), "Several"),
    "a mail link": (lambda tab: tab.click("Write to us"), "mailto"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_be_done_is_refused_with_what_can(tab, mistake):
    act, told = MISTAKES[mistake]
    with pytest.raises((LookupError, ValueError), match=told):
        act(tab)


def test_force_sends_what_the_page_does_not_offer(tab):
    tab.submit(force=True, colour="green")
    assert (tab.status, tab.step, tab.url) == (422, "colour", "/book/")
    assert tab.page.select_one("[role=alert]").text == "No such colour"


def test_a_forged_post_is_shown_in_place_of_the_step(tab, shirts):
    tab.post("note/form", note="hello", email="a@b.c")
    assert shirts.answers[tab.id]["note"]["note"] == ["hello"]
    assert (tab.step, tab.url) == ("done", "/book/done")
    assert len(tab.page.select("[data-step]")) == 1


def test_back_and_forward_ask_for_the_page_again_and_show_its_step(tab, shirts):
    tab.submit(colour="red").submit()
    tab.back()
    assert (tab.step, tab.url) == ("size", "/book/size")
    (_, path, headers), (_, fragment, _) = shirts.requests[-2:]
    assert (path, fragment) == ("/book/size", "/book/size/form")
    assert headers["Hx-History-Restore-Request"] == "true"
    assert "Hx-Request" not in headers
    assert tab.back().url == "/book/"
    assert tab.forward().forward().step == "note"


def test_going_on_after_back_forgets_what_lay_ahead(tab):
    tab.submit(colour="red").submit().back().submit(size="S")
    with pytest.raises(LookupError, match="history ends here"):
        tab.forward()


def test_back_to_an_earlier_document_is_a_page_load_of_its_own(tab, shirts):
    tab.submit(colour="red").open("/book/colour").back()
    _, path, headers = shirts.requests[-2]
    assert (path, tab.step) == ("/book/size", "size")
    assert "Hx-History-Restore-Request" not in headers


def test_refresh_keeps_the_place_and_loses_what_was_only_typed(tab):
    tab.submit(colour="red").submit().fill(note="half a sent")
    assert tab.fields["note"] == "half a sent"
    assert tab.refresh().fields["note"] == ""
    assert (tab.step, tab.url) == ("note", "/book/note")


def test_what_is_not_swapped_leaves_the_page_and_what_was_typed(tab):
    tab.submit(colour="red").submit()
    for text, status in (("nothing", 204), ("too much", 413)):
        tab.submit(note=text)
        assert (tab.status, tab.step, tab.fields["note"]) == (status, "note", text)


def test_a_links_fragment_takes_the_place_it_names(tab):
    tab.submit(colour="red").click("Change colour")
    assert (tab.step, tab.url, tab.fields) == ("colour", "/book/colour", {"colour": "red"})


def test_a_button_of_its_own_sends_its_values_and_swaps_inside_its_target(tab):
    tab.click("More time")
    assert tab.page.select_one("p#seen").text == "10 more minutes"
    assert tab.step == "colour"


def test_a_button_of_a_form_sends_the_form(tab, shirts):
    tab.fill(colour="red").click("Change zone")
    assert shirts.answers[tab.id]["colour"] == {"colour": ["red"], "change": ["zone"]}


def test_a_download_leaves_the_page_as_it_is(tab):
    tab.click("Calendar")
    assert (tab.step, tab.url, tab.response.text) == ("colour", "/book/", "BEGIN:VCALENDAR")


def test_a_link_within_the_page_asks_for_nothing(tab, shirts):
    before = len(shirts.requests)
    assert tab.click("Skip").url == "/book/"
    assert len(shirts.requests) == before


def test_an_element_that_starts_a_new_booking_claims_a_new_id_first(tab, shirts):
    before = tab.submit(colour="red").id
    tab.click("Start afresh")
    assert tab.id != before
    assert tab.step == "colour"
    assert last(shirts)[2]["Tab-Session"] == tab.id


def test_a_form_that_sends_itself_is_sent_once_after_the_page_has_loaded(tab, shirts):
    tab.open("?colour=blue")
    assert (tab.step, tab.url) == ("size", "/book/size")
    assert shirts.answers[tab.id]["colour"]["colour"] == ["blue"]
    assert [method for method, _, _ in shirts.requests].count("POST") == 1


def test_told_that_its_id_is_missing_the_tab_claims_one_and_tries_once_more(tab):
    tab.id = "garbage"
    assert tab.refresh().step == "colour"
    assert len(tab.id) == 43


def test_two_tabs_share_cookies_and_nothing_else(tab, shirts):
    other = tab.new_tab("/book/plain")
    assert "yes" in other.page.text
    assert other.id != tab.id
    other.open()
    tab.submit(colour="red")
    other.submit(colour="blue")
    assert tab.refresh().click("Change colour").fields == {"colour": "red"}
    assert other.refresh().click("Change colour").fields == {"colour": "blue"}


def test_a_duplicated_tab_has_an_id_of_its_own_and_says_whose_copy_it_is(tab, shirts):
    copy = tab.submit(colour="red").duplicate()
    assert (copy.url, copy.id != tab.id) == ("/book/size", True)
    assert last(shirts)[2]["Tab-Session-Fork-Of"] == tab.id
    copy.refresh()
    assert "Tab-Session-Fork-Of" not in last(shirts)[2]
    copy.back()
    assert (copy.url, tab.url) == ("/book/", "/book/size")


def test_a_twin_shares_the_id(tab):
    twin = tab.submit(colour="red").twin()
    assert (twin.id, twin.url, twin.step) == (tab.id, "/book/size", "size")


def test_a_reopened_tab_goes_on_where_it_was(tab):
    before = tab.submit(colour="red").id
    tab.close()
    with pytest.raises(RuntimeError, match="reopen"):
        tab.submit()
    assert (tab.reopen().step, tab.id, tab.url) == ("size", before, "/book/size")
    assert tab.back().url == "/book/"


def test_a_form_without_htmx_is_sent_by_the_browser_itself(tab, shirts):
    tab.open("plain").submit(word="good morning")
    assert (tab.url, tab.status) == ("/book/plain?said=good%20morning", 200)
    assert "good morning" in tab.page.select_one("p").text
    _, _, headers = shirts.requests[-2]
    assert headers["Sec-Fetch-Site"] == "same-origin"
    assert "Tab-Session" not in headers


def test_an_empty_tab_says_what_to_do():
    tab = TabClient(Flask(__name__))
    with pytest.raises(LookupError, match="open"):
        tab.submit(colour="red")
    assert repr(tab) == "<TabClient: nothing opened>"


def test_without_beautifulsoup_the_import_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "bs4", None)
    monkeypatch.delitem(sys.modules, "booking.testing")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'sidebook\[testing\]'"):
        import_module("booking.testing")


FORMS = """<form id="one"><input name="what"><input name="when"></form>
<form id="two"><select name="size"><option>S</select><input name="what"></form>"""
ASKED = {
    "one that no form has": (
        {"whta": "milk"},
        r"No form has a field 'whta'. There are: what, when; size \(S\), what. .*mean 'what'\?",
    ),
    "two of different forms": (
        {"when": "now", "size": "S"},
        "No one form has all of 'when', 'size'",
    ),
    "one that both have": ({"what": "milk"}, r"Which form\? Pass its CSS selector first"),
}


@pytest.mark.parametrize("act", ["fill", "submit"])
@pytest.mark.parametrize("asked", ASKED)
def test_a_field_that_no_form_has_is_named_beside_those_there_are(asked, act):
    fields, told = ASKED[asked]
    with pytest.raises(LookupError, match=told):
        getattr(on_a_page(FORMS), act)(**fields)


def on_a_page(html):
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: html)
    return TabClient(app, "/")


@pytest.mark.parametrize(
    ("scale", "value"),
    [
        ("", "50"),
        ('value="7"', "7"),
        ('value="700"', "100"),
        ('value="-1"', "0"),
        ('value="seven"', "50"),
        ('min="10" max="20"', "15"),
        ('min="10" max="5"', "10"),
        ('min="0" max="1" step="any" value="0.25"', "0.25"),
        ('max="1" step="0.1" value="0.24"', "0.2"),
        ('min="1" max="10" step="4" value="8"', "9"),
        ('max="10" step="4" value="10"', "8"),
        ('min="150" max="1000" step="850"', "1000"),
    ],
)
def test_a_slider_stands_where_a_browser_puts_it(scale, value):
    tab = on_a_page(f'<form><input type="range" name="much" {scale}></form>')
    assert tab.fields == {"much": value}


@pytest.mark.parametrize("value", ["101", "3", "-5", "much", ""])
def test_a_slider_is_moved_on_its_scale_alone(value):
    tab = on_a_page('<form><input type="range" name="much" step="5"></form>')
    assert tab.fill(much=35).fields == {"much": "35"}
    with pytest.raises(ValueError, match=r"only at 0 to 100 in steps of 5. .*force=True"):
        tab.fill(much=value)


def test_a_colour_that_nobody_chose_is_black():
    tab = on_a_page('<form><input type="color" name="paint"></form>')
    assert tab.fields == {"paint": "#000000"}
