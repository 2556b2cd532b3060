"""create_app: Sidebook for those who have no app of their own, below its mount path and proxies.

Its log says when, with the zone of that clock, and never a manage link: such a link is a
permission, and whoever reads the log could cancel with it.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, TextIO, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, redirect, request, url_for
from flask.cli import FlaskGroup
from flask.logging import has_level_handler, wsgi_errors_stream
from werkzeug.middleware.proxy_fix import ProxyFix

from booking.addresses import mount_path
from booking.config import ConfigurationError, Settings
from booking.extension import mount
from booking.mounting import Place
from booking.state import NAME, SidebookState, current_sidebook
from booking.web import headers, trouble_log, urls
from booking.web.visitor import warn_of_missing_proxies


def create_app(
    config: Mapping[str, Any] | None = None,
    url_prefix: str = "/book",
    desk_prefix: str | None = "/desk",
) -> Flask:
    """Return a Flask app that is nothing but Sidebook: the wizard at /book/, the desk at /desk/.

    With `desk_prefix=None` there is no desk. `config` holds BOOKING_* settings and Flask's own; it
    wins over the environment.

    Raises: ConfigurationError with the name of the setting and what to write.
    """
    app = OwnApp("booking", static_folder=None, template_folder=None)
    app.response_class = headers.OwnResponse
    prepare_log(app)
    app.config.from_mapping(config or {})
    mount(app, None, Place(url_prefix, desk_prefix=desk_prefix), alone=True)
    sidebook: SidebookState = app.extensions[NAME]
    if sidebook.url_prefix != "/":
        app.add_url_rule("/", "home", lambda: redirect(url_for("booking.start")))
    _stand_behind(app, sidebook.settings, sidebook.url_prefix)
    app.before_request(urls.refuse_unknown_host)
    app.after_request(_protect)
    return app


def _protect(response: Response) -> Response:
    # All of this app is ours, also what no route answers, and so is its host.
    headers.add_strict(response)
    seconds = current_sidebook().settings.hsts_seconds
    if seconds and request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={seconds}"
    return trouble_log.count_refusal(response)


def _stand_behind(app: Flask, settings: Settings, url_prefix: str) -> None:
    """Believe as many proxies as BOOKING_TRUSTED_PROXIES says, and serve below the mount path.

    X-Forwarded-Prefix is never believed, because many proxies hand on a client's own: the mount
    path stands in BOOKING_PUBLIC_URL.

    Raises: ConfigurationError.
    """
    mount = mount_path(settings.public_url or "")
    if mount.endswith(url_prefix):
        raise ConfigurationError(
            f"BOOKING_PUBLIC_URL ends in {url_prefix}, where the wizard begins in any case. "
            f"Leave it out: {str(settings.public_url).removesuffix(url_prefix)}"
        )
    app.wsgi_app = _Mounted(app.wsgi_app, mount)  # type: ignore[method-assign]
    if count := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
        app.before_request(warn_of_missing_proxies)


class _Mounted:
    """Serves an app below its mount path, whether or not the proxy cuts that off."""

    def __init__(self, app: WSGIApplication, mount: str) -> None:
        self.app, self.mount = app, mount

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.url_scheme"] = str(environ["wsgi.url_scheme"]).lower()
        if self.mount and not environ.get("SCRIPT_NAME"):  # else the server does so already
            environ["SCRIPT_NAME"] = self.mount
            path = environ.get("PATH_INFO", "")
            if f"{path}/".startswith(f"{self.mount}/"):
                environ["PATH_INFO"] = path[len(self.mount) :]
        return self.app(environ, start_response)


main = FlaskGroup(create_app=create_app, help="Sidebook: appointment booking.")
"""The command `sidebook`: `flask` for this app."""


FORMAT = "[%(asctime)s] %(levelname)s in %(module)s: %(message)s"
WITH_ZONE = "%Y-%m-%d %H:%M:%S %z"
_PART = r"[^/\s\"'<>()\[\]?#]+"
# Of a manage link what follows, of one to confirm or decide by both the reference and the token.
_TOKEN = re.compile(
    rf"(/(?:appointment|one-time-link)/){_PART}(?:(/(?:confirmation|decision)/){_PART})?"
)


class OwnApp(Flask):
    """A Flask whose log line of an exception names the route and not the address."""

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> None:
        where = request.url_rule or "an address of no route"
        self.logger.error("Exception on %s [%s]", where, request.method, exc_info=exc_info)


def prepare_log(app: Flask) -> None:
    """Give the app's log a handler, unless the process has one, and keep tokens out of it.

    Call it before anything is logged. An operator's own handlers stay as they are.
    """
    logger = logging.getLogger(app.name)  # as Flask names it
    if not has_level_handler(logger):
        handler = logging.StreamHandler(cast("TextIO", wsgi_errors_stream))
        handler.setFormatter(LineFormatter(FORMAT, WITH_ZONE))
        logger.addHandler(handler)
    logging.getLogger("werkzeug").addFilter(_without_token)  # the server for trying things out


class LineFormatter(logging.Formatter):
    """Lines, and the stack traces below them, without the token of a manage link."""

    def format(self, record: logging.LogRecord) -> str:
        return without_tokens(super().format(record))


def without_tokens(text: str) -> str:
    """Return the text with three stars in place of each token of a customer's or a shop's link."""
    return _TOKEN.sub(lambda link: f"{link[1]}***" + (f"{link[2]}***" if link[2] else ""), text)


def _without_token(record: logging.LogRecord) -> Any:
    record.msg, record.args = without_tokens(record.getMessage()), ()
    return True
