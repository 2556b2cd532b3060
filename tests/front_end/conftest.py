"""A small Flask app that shows every template with its sample, and nothing of the booking."""

from pathlib import Path

import pytest
from flask import Blueprint, Flask, Response, render_template
from jinja2 import StrictUndefined

from tests.front_end.samples import SAMPLES, SITE

ROOT = Path(__file__).parents[2]
POLICY = "default-src 'self'"


def show(name: str) -> str:
    sample = SAMPLES[name]
    return render_template(f"booking/{sample.template}", **sample.context)


def shell(name: str) -> str:
    """A fragment inside the page that loads it; a page as it is."""
    if not SAMPLES[name].template.startswith("_"):
        return show(name)
    return render_template("booking/page.html", **SITE, fragment_url=f"/fragment/{name}")


def tab_session_script() -> Response:
    return Response("", mimetype="text/javascript")


def strict(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response


def create_gallery() -> Flask:
    blueprint = Blueprint("booking", __name__, static_folder=ROOT / "static")
    blueprint.add_url_rule("/js/tab-session.js", "tab_session_script", tab_session_script)
    blueprint.add_url_rule("/shell/<name>", "shell", shell)
    blueprint.add_url_rule("/fragment/<name>", "fragment", show)
    blueprint.after_request(strict)
    app = Flask("gallery", template_folder=ROOT / "templates", static_folder=None)
    app.jinja_env.undefined = StrictUndefined
    app.register_blueprint(blueprint)
    return app


@pytest.fixture(scope="session")
def gallery() -> Flask:
    return create_gallery()


@pytest.fixture
def rendered(gallery):
    """The text of a sample, by its name."""

    def render(name: str) -> str:
        with gallery.test_request_context():
            return show(name)

    return render
