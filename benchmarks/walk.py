"""A booking of the demo business, request by request, through the WSGI app in this process."""

import gzip
import re
import secrets
import time
from collections.abc import Callable
from html import unescape

from werkzeug.test import EnvironBuilder, run_wsgi_app

from booking.contact import forms

STEPS = ("page", "service", "staff", "time", "details", "confirm")
FORM = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "+351 210 000 001",
    "note": "",
    forms.field_name("call"): "Telephone",
}


class Customer:
    """One tab that books, request by request."""

    def __init__(self) -> None:
        self.headers = {"Sec-Fetch-Site": "same-origin", "Accept-Encoding": "gzip"}
        self.tab = {"Tab-Session": secrets.token_urlsafe(32), "HX-Request": "true"}
        self.shown = ""

    def see(self, body: bytes) -> bytes:
        """What came, unpacked."""
        plain = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
        self.shown = plain.decode()
        return plain

    def environ(self, step: str) -> dict[str, object]:
        """The next request, not yet sent."""
        if step == "page":  # with the first step in it
            return self.asking("/book/", by=self.headers)
        path = f"/book/{'review' if step == 'confirm' else step}/form"
        return self.asking(path, self._answer(step))

    def asking(
        self, path: str, data: dict[str, str] | None = None, by: dict[str, str] | None = None
    ) -> dict[str, object]:
        """Any request of this tab's; with data it is an answer. `by`: other headers than HTMX's."""
        method = "POST" if data else "GET"
        headers = by or self.headers | self.tab
        built = EnvironBuilder(path, method=method, data=data, headers=headers)
        return built.get_environ() | {"REMOTE_ADDR": "203.0.113.7"}

    def _answer(self, step: str) -> dict[str, str]:
        if step == "details":
            return FORM
        if step == "confirm":
            return {name: self._value(name) for name in ("idempotency_key", "review_version")}
        given = {"service": "video-coaching", "staff": "any"}.get(step)
        return {step: given} if given else {"slot": self._value("slot"), "zone": "Europe/Lisbon"}

    def _value(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.shown)
        assert found, f"no {name} in {self.shown}"
        return unescape(found[1])


def send(app: Callable, environ: dict[str, object]) -> tuple[float, bytes]:
    began = time.process_time()
    body, status, _ = run_wsgi_app(app, environ, buffered=True)
    whole = b"".join(body)
    took = time.process_time() - began
    assert status.startswith("200"), (status, whole)
    return took, whole
