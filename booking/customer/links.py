"""Addresses: of the steps, and of the manage link, whose token is kept only as a hash."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import Any

from flask import url_for

from booking.tab_sessions import TabSession


def step_url(step: str, **query: Any) -> str:
    """The page of a step."""
    return url_for("booking.page", step=step, **query)


def to(step: str, **query: Any) -> dict[str, str]:
    """A link to a step: its page, and the fragment that htmx loads instead."""
    fragment = url_for("booking.show_step", step=step, **query)
    return {"url": step_url(step, **query), "fragment_url": fragment}


def form_url(step: str) -> str:
    """Where a step's form goes."""
    return url_for("booking.show_step", step=step)


def manage_token(tab: TabSession, draft_number: str) -> str:
    """The manage link's secret: only the tab that booked can work it out again."""
    return urlsafe_b64encode(tab.derive(f"manage:{draft_number}")).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """What is stored of a manage token, and what it is looked up by."""
    return hashlib.sha256(token.encode()).digest()
