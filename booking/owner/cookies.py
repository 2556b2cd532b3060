"""The desk's two cookies: who is signed in, and that somebody has signed in here before.

Each is named for the mount, so that two desks of one origin stay apart. On https their names begin
with `__Host-`, which a browser takes only for this very host, and by https.
"""

import hashlib
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from booking.operations.sign_ins import BROWSER_KEPT
from booking.state import current_request, current_sidebook

SESSION, BROWSER = "sidebook-desk", "sidebook-desk-browser"


def root() -> str:
    """Return where the desk begins: '/desk/'."""
    return f"{current_request().script_root}{current_sidebook().desk_prefix}/"


def read(name: str) -> str:
    """Return the token in that cookie; empty without one."""
    return current_request().cookies.get(full_name(name), "")


def full_name(name: str) -> str:
    """Return what that cookie is called here."""
    mount = hashlib.sha256(root().encode()).hexdigest()[:10]
    return f"{'__Host-' if current_request().is_secure else ''}{name}-{mount}"


def keep(response: Response, name: str, token: str) -> None:
    """Have the browser keep the token: a session's until it closes, its own mark for long."""
    kept_for = BROWSER_KEPT if name == BROWSER else None
    response.set_cookie(full_name(name), token, kept_for, **_attributes())


def drop(response: Response, name: str) -> None:
    """Have the browser forget the token."""
    response.delete_cookie(full_name(name), **_attributes())


def _attributes() -> dict[str, Any]:
    secure = current_request().is_secure
    return {"path": "/", "secure": secure, "httponly": True, "samesite": "Lax"}


def are_safe() -> bool:
    """Return whether a session's cookie may travel: by https, or on this very machine."""
    request = current_request()
    return request.is_secure or is_loopback(request.host)


def is_loopback(host: str) -> bool:
    """Return whether this host, with a port or without, is the machine that asks."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
