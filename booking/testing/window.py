"""The browser's part of a tab: asking for pages and fragments, showing them, history."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlencode, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from . import forms, sums, swaps, wire
from .forms import Pairs, attribute
from .history import History


class Window:
    """What goes on behind a tab's page, with the tab-session script and htmx 4 at work."""

    def __init__(
        self, app: Flask | FlaskClient, base: str, time_zone: str | None, *, does_sums: bool
    ) -> None:
        self.client = app.test_client() if isinstance(app, Flask) else app
        self.base = base
        self.time_zone = time_zone
        self.does_sums = does_sums
        #: What the browser keeps in sessionStorage. Two tabs given one id share one session.
        self.id = wire.new_id()
        #: The tab this one is a duplicate of, until an answer came.
        self.copy_of: str | None = None
        self.history = History()
        self._page: BeautifulSoup | None = None
        self._response: TestResponse | None = None
        self._closed = False
        self._sent_itself = False
        self._sums = 0

    @property
    def page(self) -> BeautifulSoup:
        """The page as it stands: the shell with its fragment swapped in, typed answers included."""
        if self._page is None:
            raise LookupError("This tab shows nothing yet: open(path) first.")
        return self._page

    @property
    def url(self) -> str:
        """The address bar, without scheme and host."""
        return self.history.url

    @property
    def response(self) -> TestResponse:
        """The last answer, page, fragment or download."""
        if self._response is None:
            raise LookupError("This tab has asked for nothing yet: open(path) first.")
        return self._response

    def _visit(self, url: str, body: Pairs | None = None, *, reload: bool = False) -> Self:
        """Load a page. A download leaves the page as it is."""
        site = {"Sec-Fetch-Site": "none" if body is None else "same-origin"}
        method = "GET" if body is None else "POST"
        answer = self._send(method, url, wire.NAVIGATION | site, body)
        if "attachment" in answer.headers.get("Content-Disposition", ""):
            return self
        if reload:
            self.history.replace(wire.final_url(answer))
        else:
            self.history.visit(wire.final_url(answer))
        return self._show(answer.text)

    def _reload(self) -> Self:
        return self._visit(self.url, reload=True)

    def _travel(self, by: int) -> Self:
        if not self.history.move(by):
            return self._reload()
        return self._show(self._send_with_id("GET", self.url, wire.RESTORE, None).text)

    def _show(self, html: str) -> Self:
        self._page = BeautifulSoup(html, "html.parser")
        self._sent_itself = False
        if script := self._page.find("script", {"data-prefix": True}):
            self.base = attribute(script, "data-prefix") or self.base
        self._load(self._page)
        return self

    def _load(self, root: Tag) -> None:
        for element in swaps.loading(root):
            if called := swaps.action(element):
                self._call(element, *called, [])

    def _press(self, form: Tag, button: Tag | None = None, forced: Pairs | None = None) -> Self:
        """Submit the form: by htmx where it says so, as a browser's own navigation elsewhere."""
        button, forced = button or forms.first_button(form), forced or []
        names = {name for name, _ in forced}
        pairs = [pair for pair in forms.sent(form, button) if pair[0] not in names] + forced
        if called := swaps.action(form):
            self._claim_new_id_if_asked(button or form)
            return self._call(form, *called, pairs)
        url = urljoin(self.url, attribute(form, "action") or self.url)
        if (attribute(form, "method") or "get").lower() == "post":
            return self._visit(url, pairs)
        return self._visit(wire.with_query(urlsplit(url).path, urlencode(pairs)))

    def _call(
        self, element: Tag, method: str, url: str, pairs: Pairs, how: str | None = None
    ) -> Self:
        """One htmx request and what becomes of its answer."""
        pairs, url = pairs + swaps.values(element), urljoin(self.url, url)
        body: Pairs | None = pairs
        if method in ("GET", "DELETE"):
            query = "&".join(filter(None, [urlsplit(url).query, urlencode(pairs)]))
            url, body = wire.with_query(urlsplit(url).path, query), None
        answer = self._send_with_id(method, url, wire.HTMX, body)
        if answer.headers.get("HX-Refresh") == "true":
            return self._reload()
        if elsewhere := answer.headers.get("HX-Redirect"):
            return self._visit(urljoin(self.url, elsewhere))
        change = swaps.history_change(element, answer.headers, wire.final_url(answer))
        if change is not None:
            move = self.history.push if change[0] == "push" else self.history.replace
            move(urljoin(self.url, change[1]))
        for shown in swaps.swap(self.page, element, answer, how):
            self._load(shown)
        self._submit_on_load()
        return self._do_the_sum()

    def _do_the_sum(self) -> Self:
        """Do the sum that the page asks for, and send the same choice again with it."""
        box = sums.asked(self.page) if self.does_sums else None
        field = self.page.select_one("[data-step] [name=proof]")
        if box is None or field is None or self._sums == sums.MOST:
            self._sums = 0
            return self
        self._sums += 1
        field["value"] = sums.done(box)
        if form := self.page.find("form", id=attribute(field, "form") or ""):
            return self._press(form)
        called = swaps.action(field) or ("POST", self.url)
        return self._call(field, *called, forms.own_value(field))

    def _submit_on_load(self) -> Self:
        """Send the form that asks to send itself: once in the life of a page."""
        form = self.page.find("form", {"data-submit-on-load": True})
        if form is None or self._sent_itself:
            return self
        self._sent_itself = True
        return self._press(form)

    def _send_with_id(
        self, method: str, url: str, headers: dict[str, str], body: Pairs | None
    ) -> TestResponse:
        """Send the tab's id along, and do what the answer says has to become of it."""
        asked = headers if method == "GET" else headers | {"Tab-Session-Redirect": "tell"}
        answer = self._send(method, url, asked | self._identity(url), body)
        if self._asks_again(method, answer):
            answer = self._send(method, url, asked | self._identity(url), body)
        self._note(answer)
        if target := answer.headers.get("Tab-Session-Redirect"):
            return self._send_with_id("GET", urljoin(url, target), headers, None)
        return answer

    def _asks_again(self, method: str, answer: TestResponse) -> bool:
        """Take another id where the answer says so; whether the request is sent with that one."""
        event, gone = answer.headers.get("HX-Trigger", ""), answer.headers.get("Tab-Session-Gone")
        if "tab-session:renew" in event and answer.status_code == 409:
            self._renew()
            return True
        if "tab-session:missing" in event or (method == "GET" and gone):
            self.id = wire.new_id()
        return "tab-session:missing" in event or (method == "GET" and gone == "ended")

    def _note(self, answer: TestResponse) -> None:
        event = answer.headers.get("HX-Trigger", "")
        if answer.status_code < 300:
            self.copy_of = None
        if "tab-session:ended" in event:
            self.id = wire.new_id()
        elif "tab-session:renew" in event and answer.status_code < 300:
            self._renew()

    def _renew(self) -> None:
        """Take another id, as the script does at the address in its data-url."""
        script = self.page.find("script", {"data-url": True})
        url = attribute(script, "data-url") if script else self.base.rstrip("/") + "/tab-session"
        fresh, shown = wire.new_id(), self._response
        headers = wire.HTMX | self._identity(self.base) | {"Tab-Session-New": fresh}
        if self._send("POST", url or "", headers, []).status_code == 204:
            self.id = fresh
        self._response = shown

    def _send(
        self, method: str, url: str, headers: dict[str, str], body: Pairs | None
    ) -> TestResponse:
        if self._closed:
            raise RuntimeError("This tab is closed: reopen() it first.")
        self._response = wire.send(self.client, method, url, headers, body)
        return self._response

    def _identity(self, url: str) -> dict[str, str]:
        if not (urlsplit(url).path + "/").startswith(self.base.rstrip("/") + "/"):
            return {}
        zone = {"Tab-Time-Zone": self.time_zone} if self.time_zone else {}
        copy = {"Tab-Session-Fork-Of": self.copy_of} if self.copy_of else {}
        return {"Tab-Session": self.id} | copy | zone

    def _claim_new_id_if_asked(self, element: Tag) -> None:
        if element.css.closest("[data-new-booking]") is not None:
            self.id = wire.new_id()
