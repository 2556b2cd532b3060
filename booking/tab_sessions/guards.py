"""What is checked before anything is read: where a request came from and how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .refusals import CrossSite, TooLarge

if TYPE_CHECKING:
    from flask import Request

_DRAIN = 32 * 1024 * 1024


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
        raise CrossSite


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # not even an address
        return None


def refuse_too_large(request: Request, limit: int) -> None:
    """Raise TooLarge when the body is over `limit` bytes; otherwise hold reading to that limit."""
    request.max_content_length = limit
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise TooLarge  # of unknown length: it would be cut off at the limit without a word
    if (request.content_length or 0) > limit:
        _drain(request)
        raise TooLarge


def _drain(request: Request) -> None:
    # A server that closes on unread bytes resets the connection, and the answer is never seen.
    left = min(request.content_length or 0, _DRAIN)
    body = request.environ["wsgi.input"]
    while left > 0 and (chunk := body.read(min(left, 65536))):
        left -= len(chunk)
