"""Answers made smaller with gzip, which the standard library and every browser have.

A compressed length can give away a secret that stands in the same answer as text of an attacker's
choice (BREACH, http://www.breachattack.com). The attacker's own page has to cause such answers, so
what another site's page asked for is sent as it is; docs/design.md says more.
"""

import gzip
from functools import lru_cache

from flask import Request, Response

FROM = 1000  # bytes: below that, what is saved fits into the same packets anyway
QUICK, BEST = 4, 9
KINDS = ("text/", "application/javascript", "image/svg+xml")
OWN_SITE = {"same-origin", "none"}


def compress(request: Request, response: Response, *, is_repeated: bool) -> Response:
    """Send the answer compressed, where the browser takes it and it is worth it.

    `is_repeated`: the same for everybody again and again, so compressed as far as can be, once.
    """
    if not _can_be(response):
        return response
    response.vary.add("Accept-Encoding")
    is_safe = is_repeated or is_asked_by_us(request)
    if request.accept_encodings.quality("gzip") <= 0 or not is_safe:
        return response
    response.direct_passthrough = False
    content = response.get_data()
    if len(content) < FROM:
        return response
    response.set_data(_packed(content) if is_repeated else gzip.compress(content, QUICK, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)  # the same content, not the same bytes
    return response


def is_asked_by_us(request: Request) -> bool:
    """Return whether our own page asked, or the person by hand: browsers say so where it counts."""
    return request.headers.get("Sec-Fetch-Site", "none") in OWN_SITE


@lru_cache(maxsize=32)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, BEST, mtime=0)


def _can_be(response: Response) -> bool:
    return (
        response.status_code not in (204, 206, 304)
        and "Content-Encoding" not in response.headers
        and (response.mimetype or "").startswith(KINDS)
    )
