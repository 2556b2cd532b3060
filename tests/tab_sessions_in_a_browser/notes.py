"""A host app that is about notes: one page for each way to set the script, all over one table."""

from flask import Blueprint, Flask, Response, request, send_file, send_from_directory
from sqlalchemy import Engine
from sqlalchemy.orm import scoped_session, sessionmaker

from booking.files import STATIC
from booking.tab_sessions import (
    TabSessions,
    attach_user,
    client_script,
    htmx_2_script,
    metadata,
    session_lifecycle,
    session_route,
)
from tests.fixtures.browsers import HTMX_2
from tests.tab_sessions_in_a_browser.lists import add_lists

HEAD = '<!doctype html><html lang="en"><title>Notes</title><script src="/heard.js" defer></script>'
SCRIPT = '<script src="/tab-session.js" {} defer></script>'
BODY = """<script src="/htmx.js" defer></script>
<div id="here" hx-get="/notes/note" hx-trigger="load, tab-session:forked from:document,
tab-session:changed from:document, tab-session:ended from:document"></div>
<form hx-post="/notes/note" hx-target="#here" action="/notes/note" method="post">
<input name="text" aria-label="Note"><button>Note it</button></form>
<button id="log-in" hx-post="/notes/log-in" hx-target="#here">Log in</button>
<button id="afresh" data-new-booking hx-get="/notes/note" hx-target="#here">Afresh</button>
<a id="same" href="/elsewhere">Elsewhere</a>
<a id="link" href="/">Another</a>
<a id="blank" href="/" target="_blank">In a tab of its own</a>
<a id="with-opener" href="/" target="_blank" rel="opener">In a tab that knows this one</a>"""
NOTES = 'data-prefix="/notes/"'
BASKET = 'data-prefix="/basket/" data-name="Basket"'
OFFICE = 'data-prefix="/büro/"'
PAGES = {
    "/": [NOTES],
    "/brief": [NOTES + ' data-warning="60"'],
    "/shared": [NOTES + ' data-storage="local"'],
    "/custom": [NOTES + ' data-storage-key="elsewhere"'],
    "/two": [NOTES, BASKET],
    "/wrong": ['data-prefix="/note"'],
    "/office": [OFFICE],
    "/without-lifecycle": ['data-prefix="/notes/" data-url="/notes/nothing"'],
}

# Pages with htmx 2 beside them. What it asks to be kept of pages is too much, on purpose.
CONFIG = """<meta name="htmx-config"
 content='{"includeIndicatorStyles":false,"historyCacheSize":10}'>"""
WITH_HTMX_2 = (
    HEAD
    + CONFIG
    + SCRIPT.format(NOTES)
    + '<script src="/tab-session-htmx2.js" defer></script>'
    + BODY.replace("/htmx.js", "/htmx-2.js")
    + """<button id="turn" hx-get="/notes/note" hx-target="#here"
hx-push-url="{next}">Turn</button>"""
)
OFFICE_WITH_HTMX_2 = WITH_HTMX_2.replace(NOTES, OFFICE).replace("/notes/", "/büro/")
TURNS = {"/htmx-2": "/htmx-2/turned", "/htmx-2/turned": "/htmx-2", "/notes/page": "/notes/turned"}

HEARD = """window.heard = [];
for (const name of ["memory", "forked", "ending", "ended", "gone", "changed"]) {
  document.addEventListener("tab-session:" + name, ({ detail }) => {
    if (detail.name) window.heard.push({ event: name, ...detail });
  });
}
window.addEventListener("pageshow", (event) => { window.cameBack = event.persisted; });
const began = performance.now();
document.addEventListener("DOMContentLoaded", async () => {
  await window.TabSession?.ready;
  window.decided = performance.now() - began;
});
"""
OPTIONS = """window.kept = new Map([["elsewhere", "c".repeat(43)]]);
window.made = 0;
window.TabSessionOptions = {
  storage: {
    getItem: (key) => window.kept.get(key) ?? null,
    setItem: (key, value) => window.kept.set(key, value),
    removeItem: (key) => window.kept.delete(key),
  },
  newId: () => String(window.made++).padStart(43, "n"),
};
"""


def notes_app(engine: Engine, heard: list[dict], **limits: float) -> Flask:
    """The app. `heard` gets the headers and path of every request to a session route, in order."""
    app = Flask("notes", static_folder=None)
    session = scoped_session(sessionmaker(engine))
    TabSessions(app, session, **limits)
    metadata.create_all(engine)
    app.teardown_appcontext(lambda _error: session.remove())
    for flow, place in (("notes", "notes"), ("basket", "basket"), ("office", "büro")):
        app.register_blueprint(_notes(flow, heard), url_prefix=f"/{place}")
    _add_pages(app)
    add_lists(app, heard)
    app.after_request(_strict)
    return app


def _notes(flow: str, heard: list[dict]) -> Blueprint:
    notes = Blueprint(flow, __name__)
    session_lifecycle(notes)

    @notes.before_request
    def listen() -> None:
        heard.append({"path": request.path, "method": request.method, **request.headers})

    @session_route(notes, "/note", methods=["GET", "POST"])
    def note(tab):
        if request.method == "POST":
            tab.data["text"] = request.form["text"]
        return tab.render_after_commit(shown)

    @session_route(notes, "/finish", methods=["POST"])
    def finish(tab):
        tab.complete("done")
        return "done"

    @notes.get("/menu")
    def menu():
        return "alike for everybody"

    @session_route(notes, "/log-in", methods=["POST"])
    def log_in(tab):
        attach_user(tab, "ada")
        return "welcome"

    return notes


def shown(tab) -> str:
    return tab.data.get("text", "(nothing)") + (" (a copy)" if tab.is_copy else "")


def _add_pages(app: Flask) -> None:
    for path, scripts in PAGES.items():
        options = '<script src="/options.js" defer></script>' if path == "/custom" else ""
        page = HEAD + options + "".join(map(SCRIPT.format, scripts)) + BODY
        if path == "/office":
            page = page.replace("/notes/", "/büro/")
        if path == "/two":
            page += '<div id="basket" hx-get="/basket/note" hx-trigger="load"></div>'
        app.add_url_rule(path, f"page {path}", lambda page=page: page)
    app.add_url_rule("/htmx-2/office", "office with htmx 2", lambda: OFFICE_WITH_HTMX_2)
    for path, turned in TURNS.items():
        page = WITH_HTMX_2.replace("{next}", turned)
        app.add_url_rule(path, f"page {path}", lambda page=page: page)
    app.add_url_rule("/elsewhere", "elsewhere", lambda: HEAD + '<a href="/">Back to it</a>')
    app.add_url_rule("/heard.js", "heard", lambda: _script(HEARD))
    app.add_url_rule("/options.js", "options", lambda: _script(OPTIONS))
    app.add_url_rule("/favicon.ico", "icon", lambda: ("", 204))
    app.add_url_rule("/tab-session.js", view_func=client_script)
    app.add_url_rule("/tab-session-htmx2.js", view_func=htmx_2_script)
    vendor = STATIC / "vendor"
    app.add_url_rule("/htmx.js", "htmx", lambda: send_from_directory(vendor, "htmx-4.0.1.min.js"))
    app.add_url_rule("/htmx-2.js", "htmx 2", lambda: send_file(HTMX_2))


def _script(text: str) -> Response:
    return Response(text, mimetype="text/javascript")


def _strict(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    return response
