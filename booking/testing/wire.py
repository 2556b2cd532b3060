"""How a tab's requests travel: which headers, which body, over Flask's test client."""

import secrets
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from bs4 import Tag
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from .forms import File, Pairs, attribute

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

FETCH = {"Accept": "*/*", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Upload:
    """A form that is sent with the content of its files."""

    pairs: Pairs


@dataclass(frozen=True)
class Json:
    """What is sent as JSON."""

    value: Any


Body = Pairs | Upload | Json | None


def htmx(page: str) -> dict[str, str]:
    """What htmx says with a request of its own from the page at that address."""
    return HTMX | {"HX-Current-URL": f"http://localhost{page}"}


def new_id() -> str:
    """A tab's id as the browser makes it: 32 random bytes, 43 characters of base64url."""
    return secrets.token_urlsafe(32)


def body_of(element: Tag, pairs: Pairs) -> Body:
    """What an element's form sends: the content of its files only where its encoding says so."""
    form = element if element.name == "form" else element.find_parent("form")
    asked = attribute(element, "hx-encoding") or (attribute(form, "enctype") if form else "")
    return Upload(pairs) if "multipart" in (asked or "") else pairs


def send(
    client: FlaskClient, method: str, url: str, headers: dict[str, str], body: Body
) -> TestResponse:
    """One request, redirects followed, its answer taken whole as a server does.

    Raises: ``ValueError`` for mailto: and the like.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("", "http", "https"):
        raise ValueError(f"A tab cannot follow {parts.scheme}: links.")
    path = with_query(_below_root(client, parts.path), parts.query)
    return client.open(
        path,
        method=method,
        headers=headers,
        follow_redirects=True,
        buffered=True,  # what is done after an answer has happened
        **_as_sent(body),
    )


def encoded(pairs: Pairs) -> str:
    """The pairs as in an address; of a file its name."""
    return urlencode([(name, str(value)) for name, value in pairs])


def with_query(path: str, query: str) -> str:
    """The address with its query, if it has one."""
    return f"{path}?{query}" if query else path


def folder(path: str) -> str:
    """The path as a browser writes it, with one slash at its end: of "/büro" "/b%C3%BCro/"."""
    return quote(path, safe="%/:@!$&'()*+,;=~").rstrip("/") + "/"


def final_url(answer: TestResponse) -> str:
    """Where the answer came from, after any redirects."""
    path = answer.request.root_path.rstrip("/") + answer.request.path
    return with_query(path, answer.request.query_string.decode())


def _below_root(client: FlaskClient, path: str) -> str:
    # Flask's test client puts APPLICATION_ROOT before each path; a page's addresses have it.
    root = client.application.config["APPLICATION_ROOT"].rstrip("/")
    return path.removeprefix(root) if root and f"{path}/".startswith(f"{root}/") else path


def _as_sent(body: Body) -> dict[str, Any]:
    if body is None:
        return {}
    if isinstance(body, Json):
        return {"json": body.value}
    if isinstance(body, Upload):
        parts = [(name, _part(value)) for name, value in body.pairs]
        return {"data": MultiDict(parts), "content_type": "multipart/form-data"}
    return {"data": encoded(body), "content_type": "application/x-www-form-urlencoded"}


def _part(value: str | File) -> Any:
    if isinstance(value, File):
        return BytesIO(value.content), value.name, value.type
    return value
