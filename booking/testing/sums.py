"""The small sum that a hold costs while much of a day is held: done as the script does it.

A module of its own, because benchmarks do it, too, without a tab.
"""

import json
from hashlib import sha256

from altcha import Challenge, Payload, Solution
from bs4 import BeautifulSoup, Tag

from .forms import attribute, first_having, named

MOST = 3
"""Sums done for one choice before somebody has to press again."""


def asked(page: BeautifulSoup) -> Tag | None:
    """The element that asks for a sum, if one does."""
    return first_having(page, "data-challenge")


def done(box: Tag) -> str:
    """The sum, as it is sent."""
    challenge = Challenge.from_dict(json.loads(attribute(box, "data-challenge") or ""))
    wanted = challenge.parameters
    start = bytes.fromhex(wanted.salt + wanted.nonce)  # altcha's own loop takes six times as long
    bar = next(named(box, "progress"), None)  # its end says how many numbers there are to try
    for number in range(int(attribute(bar, "max") or 0) if bar else 0):
        digest = sha256(start + number.to_bytes(4, "big")).hexdigest()
        if digest.startswith(wanted.key_prefix):
            return Payload(challenge, Solution(number, digest)).to_base64()
    raise LookupError("No number solves the sum that this page asks for.")
