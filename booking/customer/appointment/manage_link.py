"""The manage link: whoever has it may see the appointment and cancel it.

Its token is kept only as a hash, so that a stolen database opens no appointment. Apart from the
pages behind it, because the wizard makes the link.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from flask import url_for

from booking.tab_sessions import TabSession
from booking.web.urls import public_url


def manage_token(tab: TabSession, idempotency_key: str) -> str:
    """Return the manage link's secret: only the tab that booked can work it out again."""
    return urlsafe_b64encode(tab.derive(f"manage:{idempotency_key}")).rstrip(b"=").decode()


def cancel_mark(token: str, asked: int) -> str:
    """Return what the page behind the link carries in its form, when it asks the n-th time."""
    return hmac.digest(token.encode(), f"cancel {asked}".encode(), "sha256").hex()


def token_hash(token: str) -> bytes:
    """Return what is stored of a manage token, and what it is looked up by."""
    return hashlib.sha256(token.encode()).digest()


def manage_links(token: str) -> dict[str, str]:
    """Return the manage page, in full as it may be kept, and the calendar file."""
    return {
        "manage_url": public_url(".appointment", token=token),
        "calendar_url": url_for(".calendar", token=token),
    }
