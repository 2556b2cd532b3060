"""Requests to every address there is, sent at every moment of a booking."""

import re
from dataclasses import dataclass

from flask import Flask
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.threats.awkward import METHODS, as_bytes, bodies, encoded, headers, pairs, text

HTMX = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
HONEST = {
    "service": {"service": "long"},
    "staff": {"staff": "any"},
    "time": {"slot": "2026-03-03T15:00Z"},
    "details": {
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "note": "By the window",
        "question_first_visit": "Yes",
    },
}
STEPS = (*HONEST, "review", "done")
TOKEN = "{token}"
PART = re.compile(r"<([^>]+)>")
FILES = ("css/booking.css", "js/tab-session.js", "../app.py", "..%2fapp.py", "/etc/passwd", "css")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Stranger:
    """One request as no browser makes it; with the tab's own id or without."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: tuple[bytes, str]
    with_id: bool

    def send(self, app: Flask, tab_id: str, token: str) -> Answer:
        own = [*HTMX.items(), ("Tab-Session", tab_id)] if self.with_id else []
        content, kind = self.body
        builder = EnvironBuilder(method=self.method, data=content, headers=[*own, *self.headers])
        environ = builder.get_environ()
        builder.close()
        environ["CONTENT_TYPE"] = kind.encode().decode("latin-1")
        environ["PATH_INFO"] = as_bytes(self.path.replace(TOKEN, token)).decode("latin-1")
        environ["QUERY_STRING"] = self.query
        body, status, sent = run_wsgi_app(app.wsgi_app, environ, buffered=True)
        return Answer(int(status[:3]), dict(sent), b"".join(body).decode("utf-8", "replace"))


@dataclass(frozen=True)
class Tab:
    """A tab that answers honestly, as fast as can be: no page is parsed."""

    app: Flask
    id: str

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, step: str, **fields: str) -> Answer:
        return self._ask("POST", f"/book/{step}/form", data=fields)

    def walk(self, until: str) -> str:
        """Up to that step; the manage token where there is one."""
        for step in STEPS[: STEPS.index(until)]:
            if step == "review":
                review = self.get("/book/review/form").body
                names = ("idempotency_key", "review_version")
                answer = self.post(step, **{name: _hidden(review, name) for name in names})
                return re.search(r"/appointment/([\w-]{43})", answer.body)[1]
            self.post(step, **HONEST[step])
        return "none"

    def _ask(self, method: str, path: str, **options) -> Answer:
        headers = HTMX | {"Tab-Session": self.id}
        with self.app.test_client() as client:
            answer = client.open(path, method=method, headers=headers, **options)
        return Answer(answer.status_code, dict(answer.headers), answer.text)


def _hidden(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]+)"', html)[1]


@st.composite
def strangers(draw, app: Flask) -> Stranger:
    """Half of them aim at the wizard's forms, where most of the code is."""
    rules = sorted({rule.rule for rule in app.url_map.iter_rules()})
    aimed = draw(st.booleans())
    rule = draw(st.sampled_from([each for each in rules if not aimed or "form" in each]))
    return Stranger(
        method="POST" if aimed else draw(st.sampled_from(METHODS)),
        path=PART.sub(lambda part: draw(_inside(part[1])), rule),
        query=encoded(draw(pairs(3))),
        headers=draw(headers()),
        body=draw(bodies()),
        with_id=draw(st.sampled_from([True, True, True, False])),
    )


def _inside(part: str) -> st.SearchStrategy[str]:
    if part.startswith("any"):
        return st.sampled_from(STEPS)
    return st.sampled_from([TOKEN] if "token" in part else FILES) | text
