"""What stands between the customer and our own app: proxies, and the path it is mounted at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from booking.addresses import mount_path
from booking.config import ConfigurationError, Settings
from booking.web.visitor import warn_of_missing_proxies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


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
