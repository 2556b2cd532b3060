"""Answers made smaller with gzip, which the standard library and every browser have.

A compressed length can give away a secret that stands in the same answer as text of an attacker's
choice (BREACH, http://www.breachattack.com). The attacker's own page has to cause such answers, so
what another site's page asked for is sent as it is; docs/design.md says more.
"""

import gzip
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import Response
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

FROM = 1000  # bytes: below that, what is saved fits into the same packets anyway
QUICK, BEST = 6, 9
KINDS = ("text/", "application/javascript", "image/svg+xml")
OWN_SITE = {"same-origin", "none"}


def compress(environ: Mapping[str, Any], response: Response, *, is_repeated: bool) -> None:
    """Send the answer compressed, where the browser takes it and it is worth it.

    `is_repeated`: the same for everybody again and again, so compressed as far as can be, once.
    """
    sent = {name.lower(): value for name, value in response.headers}
    if not _can_be(response.status_code, sent):
        return
    if "vary" in sent:
        response.vary.add("Accept-Encoding")
    else:  # which it nearly always is, and `vary` reads and writes it anew
        response.headers.add("Vary", "Accept-Encoding")
    # Our own page asked, or the person by hand: browsers say so where it counts.
    is_safe = is_repeated or environ.get("HTTP_SEC_FETCH_SITE", "none") in OWN_SITE
    if not is_safe or not _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
        return
    response.direct_passthrough = False
    content = response.get_data()
    if len(content) < FROM:
        return
    response.set_data(_packed(content) if is_repeated else gzip.compress(content, QUICK, mtime=0))
    response.headers.add("Content-Encoding", "gzip")
    if "etag" in sent:
        response.set_etag(str(response.get_etag()[0]), weak=True)  # the same content, other bytes


@lru_cache(maxsize=32)
def _takes_gzip(accepted: str) -> bool:
    return parse_accept_header(accepted, Accept).quality("gzip") > 0


@lru_cache(maxsize=32)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, BEST, mtime=0)


def _can_be(status: int, sent: Mapping[str, str]) -> bool:
    return (
        status not in (204, 206, 304)
        and "content-encoding" not in sent
        and sent.get("content-type", "").lower().startswith(KINDS)
    )
