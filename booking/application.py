"""create_app: Sidebook for those who have no app of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, redirect, request, url_for
from flask.cli import FlaskGroup
from werkzeug.wrappers import Response as AnyResponse

from booking.extension import mount
from booking.logs import OwnApp, prepare_log
from booking.proxies import stand_behind
from booking.state import NAME, SidebookState, current_sidebook
from booking.web import headers, trouble_log, urls


def create_app(config: Mapping[str, Any] | None = None, url_prefix: str = "/book") -> Flask:
    """Return a Flask app that is nothing but the booking wizard, at /book/ or at another prefix.

    `config` holds BOOKING_* settings and Flask's own; it wins over the environment. Raises
    ConfigurationError with the name of the setting and what to write.
    """
    app = OwnApp("booking", static_folder=None, template_folder=None)
    prepare_log(app)
    app.config.from_mapping(config or {})
    mount(app, None, url_prefix, NAME, alone=True)
    sidebook: SidebookState = app.extensions[NAME]
    if sidebook.url_prefix != "/":
        app.add_url_rule("/", "home", _home)
    stand_behind(app, sidebook.settings, sidebook.url_prefix)
    app.before_request(urls.refuse_unknown_host)
    app.after_request(_protect)
    app.after_request(trouble_log.count_refusal)
    return app


def _home() -> AnyResponse:
    return redirect(url_for("booking.start"))


def _protect(response: Response) -> Response:
    # All of this app is ours, also what no route answers, and so is its host.
    headers.add_strict(response)
    seconds = current_sidebook().settings.hsts_seconds
    if seconds and request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={seconds}"
    return response


main = FlaskGroup(create_app=create_app, help="Sidebook: appointment booking.")
"""The command `sidebook`: `flask` for this app."""
