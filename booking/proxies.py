"""What stands between the customer and our own app: proxies, and the path it is mounted at."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flask import Flask, request
from werkzeug.http import parse_list_header
from werkzeug.middleware.proxy_fix import ProxyFix

from booking.addresses import mount_path
from booking.config import ConfigurationError, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)
FEWER = (
    "BOOKING_TRUSTED_PROXIES is %d, but a request came with X-Forwarded-For from %d. Set it to the "
    "number of proxies: where it is too high, a client's own words count as its address."
)


def stand_behind(app: Flask, settings: Settings, url_prefix: str) -> None:
    """Believe as many proxies as BOOKING_TRUSTED_PROXIES says, and serve below the mount path.

    X-Forwarded-Prefix is never believed, because many proxies hand on a client's own: the mount
    path stands in BOOKING_PUBLIC_URL. Raises ConfigurationError.
    """
    mount = mount_path(settings.public_url or "")
    if mount.endswith(url_prefix):
        raise ConfigurationError(
            f"BOOKING_PUBLIC_URL ends in {url_prefix}, where the wizard begins in any case. "
            f"Leave it out: {str(settings.public_url).removesuffix(url_prefix)}"
        )
    app.wsgi_app = _Mounted(app.wsgi_app, mount)  # type: ignore[method-assign]
    if count := settings.trusted_proxies:
        proxied = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = proxied  # type: ignore[method-assign]
        app.before_request(_CountProxies(count))


class _Mounted:
    """Serves an app below its mount path, whether or not the proxy cuts that off."""

    def __init__(self, app: WSGIApplication, mount: str) -> None:
        self.app, self.mount = app, mount

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.url_scheme"] = str(environ["wsgi.url_scheme"]).lower()
        if self.mount and not environ.get("SCRIPT_NAME"):  # else the server was told already
            environ["SCRIPT_NAME"] = self.mount
            path = environ.get("PATH_INFO", "")
            if f"{path}/".startswith(f"{self.mount}/"):
                environ["PATH_INFO"] = path[len(self.mount) :]
        return self.app(environ, start_response)


class _CountProxies:
    """Warns once where fewer proxies than are believed added themselves to a request."""

    def __init__(self, believed: int) -> None:
        self.believed, self.has_warned = believed, False

    def __call__(self) -> None:
        sent = request.headers.get("X-Forwarded-For")
        if self.has_warned or not sent:  # without any it did not come through them: a health check
            return
        entries = len(parse_list_header(sent))
        if entries < self.believed:
            self.has_warned = True
            _log.warning(FEWER, self.believed, entries)
