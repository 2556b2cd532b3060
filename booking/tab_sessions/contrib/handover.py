"""Hand-over: something one tab leaves for another of the same browser to pick up.

The giving tab is told a random reference, which its script passes to the other one; the taking
tab presents it and is given the content. The reference is a secret that lives for 60 seconds and
is used once: the database keeps its SHA-256 and a text that opens only with it. A tab has one
live reference for each purpose, so that asking often fills no table, and what it gave is withdrawn
when it ends or completes.
"""

import hashlib
import json
import logging
import re
import secrets
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import delete, insert

from booking.tab_sessions import crypto, store
from booking.tab_sessions.errors import ReadOnlyTab, TabSessionError
from booking.tab_sessions.model import handover as table
from booking.tab_sessions.schema import canonical
from booking.tab_sessions.session import TabSession

SECONDS = 60
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
_PURPOSE = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_DELETED_ALONG = 10

_log = logging.getLogger(__name__)


def create(tab: TabSession, purpose: str, content: Mapping[str, Any]) -> str:
    """Leave JSON values for another tab; return the reference to pass on.

    It takes the place of an earlier one of the same purpose. `purpose` names what the content is
    for, in 32 characters at most; with another purpose the reference opens nothing.

    Raises: ReadOnlyTab in a request that only reads, EndedTab after `end()`, TabSessionError for a
    purpose that is none and for what is no JSON, UnusableValue for what only a client may send.
    """
    tab.refuse_when_ended()
    if not _is_purpose(purpose):
        raise TabSessionError(
            f"handover.create(tab, purpose, content): {purpose!r:.60} is no purpose. Write what "
            "the content is for, in 1 to 32 letters, digits, dots, hyphens or underscores, such as "
            '"contact"; what it is about belongs into content.'
        )
    if not tab.writable:
        raise ReadOnlyTab
    reference, now = secrets.token_urlsafe(32), int(tab.now.timestamp())
    plain = canonical(content, "content")
    connection = tab.session.connection()
    mine = (table.c.tab_session_id == tab.key) & (table.c.purpose == purpose)
    connection.execute(delete(table).where(mine))
    store.delete_expired_handovers(tab.session, now, _DELETED_ALONG)
    left = {
        "digest": _digest(reference),
        "tab_session_id": tab.key,
        "purpose": purpose,
        "sealed": crypto.encrypt_handover(plain, reference, purpose),
        "expires_at": now + SECONDS,
    }
    connection.execute(insert(table), left)
    return reference


def redeem(tab: TabSession, purpose: str, reference: str) -> dict[str, Any] | None:
    """Return what another tab left under this reference, which is used up with it.

    None when it leads to nothing: unknown, used, over, for something else, or this tab's own;
    which of them it was is told to nobody.
    """
    if not (_is_purpose(purpose) and _is_reference(reference)):
        return None
    wanted = (table.c.digest == _digest(reference)) & (table.c.purpose == purpose)
    # Of two that present it at once, the database lets one delete the row.
    gone = delete(table).where(wanted).returning(*table.c)
    left = tab.session.connection().execute(gone).one_or_none()
    if left is None or left.expires_at <= int(tab.now.timestamp()):
        return None
    if tab.state != "new" and left.tab_session_id == tab.key:
        return None
    try:
        with crypto.naming_row(None, left.tab_session_id):
            plain = crypto.decrypt_handover(left.sealed, reference, purpose)
    except crypto.SealBroken as broken:  # nothing of ours, and no fault of the tab
        _log.error("one tab gives another nothing: %s", broken)
        return None
    return cast("dict[str, Any]", json.loads(plain))


def _is_purpose(purpose: object) -> bool:
    return isinstance(purpose, str) and bool(_PURPOSE.fullmatch(purpose))


def _is_reference(reference: object) -> bool:
    """Say whether it can be one: it comes from a client, perhaps as JSON."""
    return isinstance(reference, str) and bool(_SHAPE.fullmatch(reference))


def _digest(reference: str) -> bytes:
    """What a reference is looked up by. 256 random bits need no salt."""
    return hashlib.sha256(b"reference:v1:" + reference.encode("ascii")).digest()
