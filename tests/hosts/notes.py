"""What every host of this folder has beside Sidebook: a page of its own with a session route."""

from flask import Blueprint, Flask, render_template_string, request

from booking.tab_sessions import session_lifecycle, session_route

PAGE = """{%- set nonce = ' nonce="%s"'|safe|format(csp_nonce()) if csp_nonce else "" %}
<!doctype html><html lang="en"><head><title>Notes</title>
<meta name="htmx-config" content='{"includeIndicatorCSS":false}'>
<link rel="icon" href="{{ url_for('booking.static', filename='favicon.svg') }}">
<script{{ nonce }} src="{{ url_for('booking.tab_session_script') }}"
 data-prefix="{{ url_for('notes.page') }}" defer></script>
<script{{ nonce }}
 src="{{ url_for('booking.static', filename='vendor/htmx-4.0.1.min.js') }}" defer></script>
</head><body><h1>{{ heading }}</h1>
<main id="note" hx-get="{{ url_for('notes.note') }}" hx-trigger="load"></main></body></html>"""
NOTE = """<form hx-post="{{ url_for('notes.note') }}" hx-target="#note" action="" method="post">
<p>{{ text }}</p><input name="text" aria-label="Note"><button>Keep</button></form>"""


def add_notes(app: Flask, heading=lambda: "Notes", **at: str) -> None:
    """The page /notes/, whose tabs keep a note each; `host=` or `subdomain=` say where."""
    notes = Blueprint("notes", __name__)
    session_lifecycle(notes, "/notes/tab-session", **at)
    notes.add_url_rule(
        "/notes/", "page", lambda: render_template_string(PAGE, heading=heading()), **at
    )

    @session_route(notes, "/notes/note", methods=["GET", "POST"], **at)
    def note(tab):
        if request.method == "POST":
            tab.data["text"] = request.form["text"]
        return tab.render_after_commit(
            lambda tab: render_template_string(NOTE, text=tab.data.get("text", "(nothing)"))
        )

    app.register_blueprint(notes)
