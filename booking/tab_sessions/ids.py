"""The tab's id: 32 random bytes the browser made, as 43 characters of base64url.

It is a secret. It travels in one request header only and is never stored, logged or echoed:
the database knows its digest, and keys are derived from it.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from .refusals import MissingTabSession

if TYPE_CHECKING:
    from flask import Request

HEADER = "Tab-Session"
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def read_id(request: Request) -> str:
    """The id this request carries.

    Raises MissingTabSession when the header is absent, sent twice or not of the right shape;
    its value then goes nowhere, not even into the message.
    """
    sent = request.headers.getlist(HEADER)
    if len(sent) != 1 or not _SHAPE.fullmatch(sent[0]):
        raise MissingTabSession
    return sent[0]


def digest(tab_id: str) -> bytes:
    """What the database looks a tab up by. 256 random bits need no salt."""
    return hashlib.sha256(b"tab-session:v1:" + tab_id.encode("ascii")).digest()
