"""create_app: Sidebook for those who have no app of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, redirect, url_for
from flask.cli import FlaskGroup
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from .extension import Sidebook
from .state import NAME


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """A Flask app that is nothing but the booking wizard, at /book/.

    `config` holds BOOKING_* settings and Flask's own; it wins over the environment. Raises
    ConfigurationError with the name of the setting and what to write.
    """
    app = Flask("booking", static_folder=None, template_folder=None)
    app.config.from_mapping(config or {})
    Sidebook(app)
    app.add_url_rule("/", "home", _home)
    _trust_proxies(app)
    return app


def _home() -> Response:
    return redirect(url_for("booking.start"))


def _trust_proxies(app: Flask) -> None:
    count = app.extensions[NAME].settings.trusted_proxies
    if count:
        proxied = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = proxied  # type: ignore[method-assign]


main = FlaskGroup(create_app=create_app, help="Sidebook: appointment booking.")
