"""How a tab's requests travel: which headers, which body, over Flask's test client."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from .forms import Pairs

NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
HTMX = {
    "HX-Request": "true",
    "HX-Request-Type": "partial",
    "Accept": "text/html",
    "Sec-Fetch-Mode": "same-origin",
    "Sec-Fetch-Site": "same-origin",
}
# htmx 4 leaves HX-Request out when it restores a page from the history.
RESTORE = {
    "HX-History-Restore-Request": "true",
    "HX-Request-Type": "full",
    "Sec-Fetch-Mode": "same-origin",
    "Sec-Fetch-Site": "same-origin",
}


def new_id() -> str:
    """A tab's id as the browser makes it: 32 random bytes, 43 characters of base64url."""
    return secrets.token_urlsafe(32)


def send(
    client: FlaskClient, method: str, url: str, headers: dict[str, str], body: Pairs | None
) -> TestResponse:
    """One request, redirects followed. Raises ``ValueError`` for mailto: and the like."""
    parts = urlsplit(url)
    if parts.scheme not in ("", "http", "https"):
        raise ValueError(f"A tab cannot follow {parts.scheme}: links.")
    path = with_query(parts.path, parts.query)
    if body is None:
        return client.open(path, method=method, headers=headers, follow_redirects=True)
    form = "application/x-www-form-urlencoded"
    return client.open(
        path,
        method=method,
        headers=headers,
        data=urlencode(body),
        content_type=form,
        follow_redirects=True,
    )


def with_query(path: str, query: str) -> str:
    """The address with its query, if it has one."""
    return f"{path}?{query}" if query else path


def final_url(answer: TestResponse) -> str:
    """Where the answer came from, after any redirects."""
    return with_query(answer.request.path, answer.request.query_string.decode())
