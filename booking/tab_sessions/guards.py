"""What is checked before anything is read: where a request came from and how large it is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .body import drain
from .refusals import CrossSite, TooLarge

if TYPE_CHECKING:
    from flask import Request

FROM_ANOTHER_HOST = (
    "A request from pages of %r was refused as another site's, because this app was asked as %r. "
    "If both are yours, let the proxy in front pass Host on, or X-Forwarded-Host to a ProxyFix."
)
_LONGEST_NAME, _MOST_LOGGED = 260, 20
_logged: set[tuple[str, str]] = set()
_log = logging.getLogger(__name__)


def refuse_cross_site(request: Request) -> None:
    """Raise CrossSite for a request that another site's page made.

    Browsers say so in Sec-Fetch-Site; where that is missing, a write's Origin must be ours.
    (OWASP, Cross-Site Request Forgery Prevention: Fetch Metadata with Origin as the fallback.)
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = request.headers.get("Origin")
    if origin is not None and _host_of(origin) != request.host:
        _log_once(_host_of(origin) or "", request.host)
        raise CrossSite


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # not even an address
        return None


def _log_once(origin: str, host: str) -> None:
    """Name both hosts: where both are the operator's own, a proxy does not pass Host on.

    Each pair once, and twenty of them at most, because anybody can send any.
    """
    pair = (origin[:_LONGEST_NAME], host[:_LONGEST_NAME])
    if origin and pair not in _logged and len(_logged) < _MOST_LOGGED:
        _logged.add(pair)
        _log.warning(FROM_ANOTHER_HOST, *pair)


def refuse_too_large(request: Request, limit: int) -> None:
    """Raise TooLarge when the body is over `limit` bytes; otherwise hold reading to that limit."""
    request.max_content_length = limit
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise TooLarge  # of unknown length: it would be cut off at the limit without a word
    if (request.content_length or 0) > limit:
        drain(request)
        raise TooLarge
