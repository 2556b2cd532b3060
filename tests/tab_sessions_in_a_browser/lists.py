"""Pages of the notes app that keep up: a shopping list, which a customer edits in several tabs."""

from flask import Blueprint, Flask, Response, render_template_string, request

from booking.tab_sessions import TabSessionGone, live_script, session_lifecycle, session_route

LIST = """<form id="list" data-tab-live="/list/items" hx-post="/list/items" hx-swap="outerHTML"
 action="/list/items" method="post" tabindex="-1">
<h1>For {{ shop or "(nobody)" }}</h1>
<label>Shop <input name="shop" autofocus value="{{ shop }}"></label>
<label>Milk <input name="milk" value="{{ milk }}"></label>
<label>A gift <input type="checkbox" name="gift" value="yes"{{ " checked" if gift }}></label>
<select name="size" aria-label="Size">
{% for size in ("small", "large") %}<option{{ " selected" if size == chosen }}>{{ size }}</option>
{% endfor %}</select>
<textarea name="words" aria-label="Words">{{ words }}</textarea>
<input type="hidden" name="version" value="{{ version }}">
<details><summary>More</summary><p id="more">{{ milk }} of milk</p></details>
<div id="lines">{% for line in range(80) %}<p>{{ line }}</p>{% endfor %}</div>
<button>Keep it</button></form>"""
SHELF = """<p id="shelf" data-tab-live="/list/shelf">{{ loaves }} loaves</p>"""
PAGE = """<!doctype html><html lang="en"><title>List</title><script src="/heard.js" defer></script>
<script src="/tab-session.js" {options} defer></script>
<script src="/tab-session.js" {others} data-name="Basket" defer></script>
<script src="/tab-live.js" defer></script><script src="/htmx.js" defer></script>
<div id="place" hx-get="/list/{what}" hx-trigger="load">One moment</div>
<a href="/elsewhere">Away</a>"""
LISTS, OTHERS = 'data-prefix="/list"', 'data-prefix="/others/"'
SHARED = f'{LISTS} data-storage="local" data-storage-key="list"'
PAGES = {
    "/live": (LISTS, OTHERS, "items"),
    "/live/shared": (SHARED, OTHERS, "items"),
    "/live/shelf": (LISTS, OTHERS, "shelf"),
    "/live/basket": (OTHERS, LISTS, "shelf"),
    "/live/nowhere": (OTHERS, OTHERS, "shelf"),
    "/live/not": (LISTS, OTHERS, "not-live"),
}
FIELDS = ("shop", "milk", "gift", "size", "words")
shelf = {"loaves": 3}


def add_lists(app: Flask, heard: list[dict]) -> None:
    lists = Blueprint("list", __name__, url_prefix="/list")
    session_lifecycle(lists)

    @lists.before_request
    def listen() -> None:
        heard.append({"path": request.path, "method": request.method, **request.headers})

    @session_route(lists, "/items", methods=["GET", "POST"], live=True)
    def items(tab):
        if request.method == "POST":
            tab.data.clear()
            tab.data.update({name: request.form[name] for name in FIELDS if name in request.form})
            tab.data["version"] = int(request.form["version"]) + 1
        return tab.render_after_commit(_shown)

    @session_route(lists, "/shelf", live=lambda *_: shelf)
    def shown_shelf(tab):
        return render_template_string(SHELF, **shelf)

    @session_route(lists, "/not-live")
    def not_live(tab):
        return '<p id="shelf" data-tab-live="/list/not-live">(none)</p>'

    @lists.errorhandler(TabSessionGone)
    def over(gone):
        return f'<p id="over">{gone.reason}</p>', 410

    app.register_blueprint(lists)
    app.add_url_rule("/tab-live.js", view_func=live_script)
    for path, (options, others, what) in PAGES.items():
        page = PAGE.format(options=options, others=others, what=what)
        app.add_url_rule(path, f"page {path}", lambda page=page: Response(page))


def _shown(tab) -> str:
    given = {name: tab.data.get(name, "") for name in FIELDS}
    version = tab.data.get("version", 0)
    return render_template_string(LIST, chosen=given.pop("size"), version=version, **given)
