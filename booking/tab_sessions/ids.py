"""The tab's id: 32 random bytes the browser made, as 43 characters of base64url.

It is a secret. It travels in one request header only and is never stored, logged or echoed:
the database knows its digest, and keys are derived from it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .refusals import MissingTabSession

if TYPE_CHECKING:
    from flask import Request

HEADER = "Tab-Session"
SOURCE = "Tab-Session-Fork-Of"
NEXT = "Tab-Session-New"
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Ids:
    """The ids of one request; `source` is what it is a duplicate of, `new` what it renews to."""

    tab: str
    source: str | None
    new: str | None


def read_ids(request: Request, half: str = "") -> Ids:
    """The ids this request carries, each bound to the browser's half if there is one.

    Raises MissingTabSession when the tab's own is absent, sent twice or not of the right shape;
    its value then goes nowhere, not even into the message. The others are left out if unusable.
    """
    tab = _one(request, HEADER)
    if tab is None:
        raise MissingTabSession
    source, new = _one(request, SOURCE), _one(request, NEXT)
    return Ids(
        tab + half,
        source + half if source and source != tab else None,
        new + half if new and new != tab else None,
    )


def _one(request: Request, header: str) -> str | None:
    sent = request.headers.get(header, "")  # sent twice, they come joined, and that is no id
    return sent if _SHAPE.fullmatch(sent) else None


def digest(tab_id: str) -> bytes:
    """What the database looks a tab up by. 256 random bits need no salt."""
    return hashlib.sha256(b"tab-session:v1:" + tab_id.encode("ascii")).digest()
