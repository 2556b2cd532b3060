"""A small sum for the customer's browser, to show that somebody is there; under pressure only.

The package altcha makes the challenge and checks what came of it. Each is signed with a key of this
tab and this choice, derived from the day's key in the database: all processes know it, and nothing
of the tab has to travel along.
"""

import hmac
import json
import secrets
from datetime import datetime
from typing import Any

from altcha import Payload, create_challenge, verify_solution
from flask import request

from booking.operations.requests import Proof
from booking.storage.visitors import keys_for

from .state import WizardState, required, slot_value

FIELD = "proof"
MOST = 200_000
"""How many numbers there are to try: half of them take a slow telephone a second or two."""
GOOD_FOR = 120  # seconds
_LONGEST = 2_000  # characters of what is sent; a browser sends some 650
_PURPOSE = "a sum under pressure"


def challenge(wizard: WizardState, start: datetime) -> dict[str, Any] | None:
    """A new sum for that choice, as its page carries it.

    None where there is no key to sign it with, because no visitor came since the day before.
    """
    keys = _keys(wizard, start)
    if not keys:
        return None
    made = create_challenge(
        "SHA-256",
        cost=1,
        counter=secrets.randbelow(MOST),
        data={"until": _seconds(wizard) + GOOD_FOR},
        hmac_secret=keys[0],
    )
    return {"wanted": json.dumps(made.to_dict()), "most": MOST}


def proof(wizard: WizardState, start: datetime) -> Proof | None:
    """The sum that this request brings for that choice; None where it brings none that counts."""
    sent = request.form.get(FIELD, "")
    payload = _read(sent) if 0 < len(sent) <= _LONGEST else None
    if payload is None:
        return None
    if not any(verify_solution(payload, key).verified for key in _keys(wizard, start)):
        return None
    signed = payload.challenge  # by us, so it says what we wrote
    until = (signed.parameters.data or {})["until"]
    if until <= _seconds(wizard):
        return None
    return Proof(bytes.fromhex(signed.signature or ""), until)


def _read(sent: str) -> Payload | None:
    try:
        return Payload.from_base64(sent)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _keys(wizard: WizardState, start: datetime) -> list[bytes]:
    """For this tab and this choice: today's key, and yesterday's, whose sums may still come in."""
    tab, service = request.headers.get("Tab-Session", ""), required(wizard.service)
    bound = json.dumps([tab, service.slug, wizard.draft.staff, slot_value(start)]).encode()
    keys = keys_for(wizard.tab.session, _PURPOSE, wizard.tab.now)
    return [hmac.digest(key, bound, "sha256") for key in keys]


def _seconds(wizard: WizardState) -> int:
    return int(wizard.tab.now.timestamp())
