"""Addresses: of the steps, and of the manage link, whose token is kept only as a hash."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import request

from booking.state import current_sidebook
from booking.tab_sessions import TabSession

_ROOT = "booking.root"


def step_url(step: str, **query: Any) -> str:
    """The page of a step."""
    return address(step, query)


def to(step: str, **query: Any) -> dict[str, str]:
    """A link to a step: its page, and the fragment that htmx loads instead."""
    page, asked = address(step), f"?{urlencode(query)}" if query else ""
    return {"url": f"{page}{asked}", "fragment_url": f"{page}/form{asked}"}


def form_url(step: str) -> str:
    """Where a step's form goes."""
    return address(f"{step}/form")


def address(path: str, query: Mapping[str, Any] | None = None) -> str:
    """An address below the wizard's root. A month has sixty of them: `url_for` takes a while."""
    return f"{root()}{path}?{urlencode(query)}" if query else root() + path


def root() -> str:
    """Where the wizard begins: '/book/'."""
    environ = request.environ  # a page has dozens of addresses
    if _ROOT not in environ:
        environ[_ROOT] = f"{request.script_root}{current_sidebook().url_prefix}".rstrip("/") + "/"
    return str(environ[_ROOT])


def own_name(endpoint: str | None) -> str:
    """An endpoint of ours without the name of the blueprint, which the host may choose."""
    return (endpoint or "").rpartition(".")[2]


def keep_url(step: str) -> str:
    """Where it is said that the stored answer shall stay."""
    return address(f"{step}/kept")


def manage_token(tab: TabSession, draft_number: str) -> str:
    """The manage link's secret: only the tab that booked can work it out again."""
    return urlsafe_b64encode(tab.derive(f"manage:{draft_number}")).rstrip(b"=").decode()


def cancel_mark(token: str, asked: int) -> str:
    """What the page behind the manage link carries in its form, when it asks for the n-th time."""
    return hmac.digest(token.encode(), f"cancel {asked}".encode(), "sha256").hex()


def token_hash(token: str) -> bytes:
    """What is stored of a manage token, and what it is looked up by."""
    return hashlib.sha256(token.encode()).digest()
