"""A small Flask app that shows every template with its sample, and nothing of the booking."""

from pathlib import Path

from flask import Blueprint, Flask, Response

from booking.customer.wizard import zones
from booking.tab_sessions import client_script
from booking.web import assets
from booking.web.templating import render_template
from tests.front_end.samples import PAGES, Context, sample

ROOT = Path(__file__).parents[2]


def show(name: str, changes: Context | None = None) -> str:
    """A sample as its template shows it, with some of its context changed."""
    shown = sample(name)
    return render_template(shown.template, **shown.context | (changes or {}))


def page(name: str) -> str:
    """A fragment inside the page that loads it; a page as it is."""
    return (
        show(name)
        if name in PAGES
        else show("page", {"fragment_url": f"/fragment/{name}", "first_step": ""})
    )


def strict(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    return response


def create_gallery() -> Flask:
    """Return the app."""
    blueprint = Blueprint("booking", __name__, static_folder=ROOT / "static")
    blueprint.add_url_rule("/js/tab-session.js", "tab_session_script", client_script)
    blueprint.add_url_rule("/page/<name>", "page", page)
    blueprint.add_url_rule("/fragment/<name>", "fragment", show)
    blueprint.add_url_rule("/zones", "zones", zones.show)
    assets.add_to(blueprint)
    blueprint.after_request(strict)
    app = Flask("gallery", template_folder=ROOT / "templates", static_folder=None)
    app.register_blueprint(blueprint)
    return app
