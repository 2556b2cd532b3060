"""The browser's part of a tab: asking for pages and fragments, showing them, history.

And the tab-session scripts of a page: which requests each sends its id with, and where it is kept.
Each prefix has an id of its own, and so has each ``data-name`` and ``data-storage-key``;
``data-storage="local"`` has one that all tabs of a browser share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from . import forms, live, sums, swaps, wire
from .forms import Pairs, attribute, closest_having, named, with_id
from .history import History


@dataclass(frozen=True)
class Script:
    """One script as its tag describes it: prefix, address of the lifecycle, name, storage."""

    prefix: str
    url: str
    key: str
    name: str = "TabSession"
    is_shared: bool = False

    def owns(self, url: str) -> bool:
        """Whether requests to this address carry its id."""
        parts = urlsplit(url)
        ours = parts.netloc in ("", "localhost")
        return ours and wire.folder(parts.path).startswith(wire.folder(self.prefix))


@dataclass
class Kept:
    """What storage holds for a script: the tab's id, and until an answer came whose copy it is."""

    id: str = field(default_factory=wire.new_id)
    copy_of: str | None = None


def default_script(base: str) -> Script:
    """The script of a page that shows none: the wizard's, mounted at ``base``."""
    return Script(base, _lifecycle(base), _key(None, base))


def scripts_of(page: BeautifulSoup, base: str) -> list[Script]:
    """The page's scripts in their order, or the wizard's where it has none."""
    ours = [_script(tag) for tag in named(page, "script") if "data-prefix" in tag.attrs]
    return ours or [default_script(base)]


def _script(tag: Tag) -> Script:
    given = {
        name: attribute(tag, f"data-{name}")
        for name in ("prefix", "url", "name", "storage-key", "storage")
    }
    prefix = given["prefix"] or "/"
    return Script(
        prefix,
        given["url"] or _lifecycle(prefix),
        given["storage-key"] or _key(given["name"], prefix),
        given["name"] or "TabSession",
        given["storage"] == "local",
    )


def _key(name: str | None, prefix: str) -> str:
    return f"{name or 'tab-session'} {prefix}"


def _lifecycle(prefix: str) -> str:
    return f"{prefix.rstrip('/')}/tab-session"


_LOCAL: WeakKeyDictionary[FlaskClient, dict[str, Kept]] = WeakKeyDictionary()


class Storage:
    """The browser's storage as one tab sees it: its own, and the browser's that all tabs share."""

    def __init__(self, client: FlaskClient) -> None:
        self._of_the_tab: dict[str, Kept] = {}
        self._of_the_browser = _LOCAL.setdefault(client, {})

    def of(self, script: Script) -> Kept:
        """What is kept for this script, made when it is first asked for."""
        place = self._of_the_browser if script.is_shared else self._of_the_tab
        return place.setdefault(script.key, Kept())

    def has(self, script: Script) -> bool:
        """Whether anything is kept for this script yet."""
        return script.key in (self._of_the_browser if script.is_shared else self._of_the_tab)

    def take_over(self, other: Storage, *, same_ids: bool) -> None:
        """Begin as a duplicated tab does: with new ids and word of whose copies they are.

        ``same_ids``: with the very same ones, as where nobody can tell a duplicate.
        """
        for key, kept in other._of_the_tab.items():
            copy = Kept(copy_of=kept.copy_of or kept.id)
            self._of_the_tab[key] = Kept(kept.id) if same_ids else copy


class Window:
    """What goes on behind a tab's page, with the tab-session script and htmx 4 at work."""

    def __init__(
        self,
        app: Flask | FlaskClient,
        path: str | None = None,
        *,
        base: str = "/book/",
        time_zone: str | None = "UTC",
        does_sums: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.client = app.test_client() if isinstance(app, Flask) else app
        self.base = base
        #: What every request carries beside its own: ``{"Accept-Language": "pt"}``.
        self.extra_headers = dict(headers or {})
        self.time_zone = time_zone
        self.does_sums = does_sums
        self._storage = Storage(self.client)
        self._scripts = [default_script(base)]
        self.history = History()
        self._page: BeautifulSoup | None = None
        self._response: TestResponse | None = None
        self._closed = False
        self._sent_itself = False
        self._sums = 0
        if path is not None:
            self._visit(urljoin(base, path))

    @property
    def page(self) -> BeautifulSoup:
        """The page as it stands: the shell with its fragment swapped in, typed answers included."""
        if self._page is None:
            raise LookupError("This tab shows nothing yet: open(path) first.")
        return self._page

    @property
    def id(self) -> str:
        """The tab's id, as the browser keeps it: of the page's first script, if it has several.

        Two tabs given one id share one session.
        """
        return self._storage.of(self._scripts[0]).id

    @id.setter  # noqa: A003 - what it is called in the browser
    def id(self, new: str) -> None:
        self._storage.of(self._scripts[0]).id = new

    @property
    def ids(self) -> dict[str, str]:
        """The id of each script on the page, by its name: ``TabSession`` and any ``data-name``."""
        return {script.name: self._storage.of(script).id for script in self._scripts}

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

    def _visit(self, url: str, body: wire.Body = None, *, reload: bool = False) -> Self:
        """Load a page. A download leaves the page as it is."""
        method, site = ("GET", "none") if body is None else ("POST", "same-origin")
        answer = self._send(method, url, wire.NAVIGATION | {"Sec-Fetch-Site": site}, body)
        if "attachment" in answer.headers.get("Content-Disposition", ""):
            return self
        if reload:
            self.history.replace(wire.final_url(answer))
        else:
            self.history.visit(wire.final_url(answer))
        return self._show(answer.text)

    def refresh(self) -> Self:
        """Reload the page: F5."""
        return self._visit(self.url, reload=True)

    def _travel(self, by: int) -> Self:
        if not self.history.move(by):
            return self.refresh()
        return self._show(self._send_with_id("GET", self.url, wire.RESTORE, None).text)

    def _show(self, html: str) -> Self:
        self._page = BeautifulSoup(html, "html.parser")
        self._sent_itself = False
        self._scripts = scripts_of(self._page, self.base)
        self.base = self._scripts[0].prefix
        if "first-step" in html:
            self._show_first_step(self._page)
        self._load(self._page)
        return self

    def _show_first_step(self, page: BeautifulSoup) -> None:
        """Show the step that stands in the page, where this tab has no id yet; now it has one."""
        is_new = not self._storage.has(self._scripts[0])
        if (step := swaps.take_first_step(page, is_new=is_new)) and is_new:
            self.history.replace(f"{self.base}{step}")
        self._storage.of(self._scripts[0])

    def _load(self, root: Tag) -> None:
        for element in swaps.loading(root):
            if called := swaps.action(element):
                self._call(element, *called, [])

    def _press(self, form: Tag, button: Tag | None = None, forced: Pairs | None = None) -> Self:
        """Submit the form: by htmx where it says so, as a browser's own navigation elsewhere.

        The button may say otherwise: by a request of its own, or to a browser by formaction.
        """
        button, forced = button or forms.first_button(form), forced or []
        asking = button if button is not None and swaps.action(button) else form
        called = swaps.action(asking)
        is_alone = called is not None and asking is button and called[0] in ("GET", "DELETE")
        found = forms.own_value(asking) if is_alone else forms.sent(form, button)
        names = {name for name, _ in forced}
        pairs = [pair for pair in found if pair[0] not in names] + forced
        if called is not None:
            self._claim_new_id_if_asked(button or form, urljoin(self.url, called[1]))
            return self._call(asking, *called, pairs)
        action, method = (
            (attribute(button, f"form{name}") if button else None) or attribute(form, name)
            for name in ("action", "method")
        )
        url = urljoin(self.url, action or self.url)
        if (method or "get").lower() == "post":
            return self._visit(url, wire.body_of(form, pairs))
        return self._visit(wire.with_query(urlsplit(url).path, wire.encoded(pairs)))

    def _call(
        self, element: Tag, method: str, url: str, pairs: Pairs, how: str | None = None
    ) -> Self:
        """One htmx request and what becomes of its answer."""
        pairs, url = pairs + swaps.values(element), urljoin(self.url, url)
        body = wire.body_of(element, pairs)
        if method in ("GET", "DELETE"):
            query = "&".join(filter(None, [urlsplit(url).query, wire.encoded(pairs)]))
            url, body = wire.with_query(urlsplit(url).path, query), None
        answer = self._send_with_id(method, url, wire.htmx(self.url), body)
        if answer.headers.get("HX-Refresh") == "true":
            return self.refresh()
        if elsewhere := answer.headers.get("HX-Redirect"):
            return self._visit(urljoin(self.url, elsewhere))
        change = swaps.history_change(element, answer.headers, wire.final_url(answer))
        if change is not None:
            move = self.history.push if change[0] == "push" else self.history.replace
            move(urljoin(self.url, change[1]))
        new = swaps.swap(self.page, element, answer, how)
        live.note_stamp(self.page, url, answer)
        for shown in new:
            self._load(shown)
        self._submit_on_load()
        return self._do_the_sum()

    def _do_the_sum(self) -> Self:
        """Do the sum that the page asks for, and send the same choice again with it."""
        box = sums.asked(self.page) if self.does_sums else None
        field = self.page.select_one("[data-step] [name=proof]") if box else None
        if box is None or field is None or self._sums == sums.MOST:
            self._sums = 0
            return self
        self._sums += 1
        field["value"] = sums.done(box)
        if form := with_id(self.page, attribute(field, "form") or ""):
            return self._press(form)
        verb, url = swaps.action(field) or ("POST", self.url)
        return self._call(field, verb, url, forms.own_value(field))

    def _submit_on_load(self) -> Self:
        """Send the form that asks to send itself: once in the life of a page."""
        asking = (form for form in named(self.page, "form") if "data-submit-on-load" in form.attrs)
        if self._sent_itself or (form := next(asking, None)) is None:
            return self
        self._sent_itself = True
        return self._press(form)

    def _script_for(self, url: str) -> Script | None:
        """Whose id goes with a request: the last script listens last, and so has the last word."""
        owning = [script for script in self._scripts if script.owns(url)]
        return owning[-1] if owning else None

    def _send_with_id(
        self, method: str, url: str, headers: dict[str, str], body: wire.Body
    ) -> TestResponse:
        """Send the tab's id along, and do what the answer says has to become of it."""
        script = self._script_for(url)
        if script is None:
            return self._send(method, url, headers, body)
        asked = headers if method == "GET" else headers | {"Tab-Session-Redirect": "tell"}
        answer = self._send(method, url, asked | self._identity(script), body)
        if self._asks_again(script, method, answer):
            answer = self._send(method, url, asked | self._identity(script), body)
        self._note(script, answer)
        if target := answer.headers.get("Tab-Session-Redirect"):
            return self._send_with_id("GET", urljoin(url, target), headers, None)
        return answer

    def _asks_again(self, script: Script, method: str, answer: TestResponse) -> bool:
        """Take another id where the answer says so; whether the request is sent with that one."""
        event, status = answer.headers.get("HX-Trigger", ""), answer.status_code
        if "tab-session:renew" in event and status == 409:
            self._renew(script)
            return True
        is_missing = "tab-session:missing" in event and status == 400
        is_asked = method in ("GET", "HEAD") and status == 410
        gone = answer.headers.get("Tab-Session-Gone") if is_asked else None
        if is_missing or gone:
            self._begin(script)
        return is_missing or gone == "ended"

    def _note(self, script: Script, answer: TestResponse) -> None:
        event = answer.headers.get("HX-Trigger", "")
        if answer.status_code < 300 and "Tab-Session-Left" in answer.headers:
            self._storage.of(script).copy_of = None  # a session route was here, and made the copy
        if "tab-session:ended" in event:
            self._begin(script)
        elif "tab-session:renew" in event and answer.status_code < 300:
            self._renew(script)

    def _hand_on(self, other: Window, *, same_ids: bool = False) -> None:
        """Give a copy of this tab what the browser copies: its storage and its history."""
        other.history, other._scripts = self.history.copy(), self._scripts
        other._storage.take_over(self._storage, same_ids=same_ids)

    def _begin(self, script: Script) -> None:
        kept = self._storage.of(script)
        kept.id, kept.copy_of = wire.new_id(), None

    def _renew(self, script: Script) -> None:
        """Take another id, as the script does at the address in its data-url."""
        fresh, shown = wire.new_id(), self._response
        headers = wire.HTMX | self._identity(script) | {"Tab-Session-New": fresh}
        if self._send("POST", script.url, headers, []).status_code == 204:
            self._storage.of(script).id = fresh
        self._response = shown

    def _send(
        self, method: str, url: str, headers: dict[str, str], body: wire.Body
    ) -> TestResponse:
        if self._closed:
            raise RuntimeError("This tab is closed: reopen() it first.")
        self._response = wire.send(self.client, method, url, self.extra_headers | headers, body)
        return self._response

    def _identity(self, script: Script) -> dict[str, str]:
        kept = self._storage.of(script)
        zone = {"Tab-Time-Zone": self.time_zone} if self.time_zone else {}
        copy = {"Tab-Session-Fork-Of": kept.copy_of} if kept.copy_of else {}
        return {"Tab-Session": kept.id} | copy | zone

    def _claim_new_id_if_asked(self, element: Tag, url: str) -> None:
        script = self._script_for(url)
        if script and closest_having(element, "data-new-booking") is not None:
            self._begin(script)
