"""The browser's part of an id: a cookie that no script can read, for `binding="browser"`.

An id that was stolen by a script then opens nothing elsewhere, because the row is looked up and its
key is wrapped by id and cookie together. It costs a cookie, and a browser that forgets its cookies
when it closes forgets its tabs.
"""

import re
import secrets
from dataclasses import dataclass

from flask import Request, Response

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class BrowserSecret:
    """The secret that belongs to this request; `is_new` when the browser has yet to be given it."""

    value: str
    secure: bool
    is_new: bool

    def set_cookie(self, response: Response) -> None:
        """Let the browser keep it, if it has none."""
        if self.is_new:
            response.set_cookie(
                _name(secure=self.secure),
                self.value,
                secure=self.secure,
                httponly=True,
                samesite="Lax",
                path="/",
            )


def load_browser_secret(request: Request) -> BrowserSecret:
    """Return the secret in this request's cookie, or a new one.

    Over plain http the cookie cannot have the prefix that keeps subdomains from planting it.
    """
    secure = request.is_secure
    sent = request.cookies.get(_name(secure=secure), "")
    known = bool(_SHAPE.fullmatch(sent))
    return BrowserSecret(sent if known else secrets.token_urlsafe(32), secure, not known)


def _name(*, secure: bool) -> str:
    return "__Host-tab-session" if secure else "tab-session"
