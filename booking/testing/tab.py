"""One browser tab: what a customer does in it and sees of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin

from bs4 import Tag
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from . import forms, live, swaps, wire
from .forms import File, Pairs, Typed, attribute, clickable_on, first_having, form_on
from .window import Window

if TYPE_CHECKING:
    from .letters import WrittenLetter


class TabClient(Window):
    """One browser tab over Flask's test client, with the tab-session script and htmx 4 at work.

    ``path`` is opened at once when given. Paths are relative to ``base``, the wizard's mount;
    requests below it carry the tab's id, as in the browser. A page whose tab-session script names
    another prefix makes that the base. ``time_zone`` is the browser's own
    (None: it names none); ``headers`` go along with every request. Given a test client instead of
    an app, the tab shares its cookies and what a browser keeps for all tabs. While much of a day is
    held, a hold costs a small sum, which the tab does by itself and sends the same choice again;
    with ``does_sums=False`` it shows the page that asks for it (428).

    What acts returns the tab itself, so that calls can be chained.
    """

    def __repr__(self) -> str:
        if self._response is None:
            return "<TabClient: nothing opened>"
        return f"<TabClient {self.url} step={self.step} status={self.status}>"

    @property
    def step(self) -> str | None:
        """The wizard's step on the page (``data-step``), None where there is none."""
        shown = first_having(self.page, "data-step")
        return attribute(shown, "data-step") if shown else None

    @property
    def booking_state(self) -> str | None:
        """The state of the booking on the page, such as "pending"; None where there is none."""
        shown = first_having(self.page, "data-booking-state")
        return attribute(shown, "data-booking-state") if shown else None

    @property
    def pending_move(self) -> str | None:
        """When the other time would begin that waits to be approved, such as
        "2026-03-03T11:00:00Z"; None where no other time is asked for.
        """
        shown = first_having(self.page, "data-pending-move")
        return attribute(shown, "data-pending-move") if shown else None

    @property
    def status(self) -> int:
        """The status of the last answer."""
        return self.response.status_code

    @property
    def headers(self) -> Headers:
        """The headers of the last answer."""
        return self.response.headers

    @property
    def fields(self) -> dict[str, str]:
        """What the form on the page would send now; of fields with one name, the last."""
        return {name: str(value) for name, value in forms.sent(form_on(self.page))}

    @property
    def letters(self) -> list[WrittenLetter]:
        """The letters of the whole app so far, the oldest first; see ``letters_of``."""
        from .letters import letters_of  # noqa: PLC0415 - a host's tabs need none of what it needs

        return letters_of(self.client.application)

    def open(self, path: str = "") -> Self:
        """Type an address. Without a path: the wizard's start."""
        return self._visit(urljoin(self.base, path))

    def fill(self, form: str = "form", /, **fields: Typed) -> Self:
        """Type and choose without sending anything; for ``form`` and errors see ``submit``."""
        forms.fill(form_on(self.page, form, fields), fields)
        return self

    def submit(self, form: str = "form", /, *, force: bool = False, **fields: Typed) -> Self:
        """Fill the form on the page and send it by its first submit button.

        Radios and selects take the option's value, checkboxes a bool, a value or a list. Name a
        submit button (``change="zone"``) to press that one. ``form`` is a CSS selector, needed only
        on pages with several forms. ``force=True`` sends the fields as given, offered or not.

        Raises: ``LookupError`` for an unknown field, ``ValueError`` for a choice not offered.
        """
        if force:
            return self._press(form_on(self.page, form), forced=_pairs(fields))
        element = form_on(self.page, form, fields)
        return self._press(element, forms.fill(element, fields))

    def click(self, what: str | Tag) -> Self:
        """Click a link or button: by its text or label, by CSS selector, or the element itself."""
        element = what if isinstance(what, Tag) else clickable_on(self.page, what)
        if forms.disabled(element):
            raise ValueError(f"{what!r} is disabled: a click on it does nothing.")
        called, form = swaps.action(element), element.find_parent("form")
        if form is not None and forms.kind(element) == "submit":
            return self._press(form, element)
        if called is not None:
            self._claim_new_id_if_asked(element, urljoin(self.url, called[1]))
            whole = form is not None and called[0] not in ("GET", "DELETE")
            pairs = forms.sent(form, element) if whole and form else forms.own_value(element)
            return self._call(element, *called, pairs)
        href = attribute(element, "href")
        if href is None:
            raise ValueError(f"{what!r} is neither a link nor a button that does something.")
        if href.startswith("#"):
            return self
        for script in self._scripts:
            if attribute(element, "data-new-booking") in (script.name, ""):
                self._begin(script)
        return self._visit(urljoin(self.url, href))

    def post(self, path: str, **fields: Typed) -> Self:
        """Send by htmx what no page offers; the answer takes the place of the step on the page."""
        place = first_having(self.page, "data-step") or first_having(self.page, "hx-trigger")
        if place is None:
            raise LookupError("There is no step on the page whose place the answer could take.")
        return self._call(place, "POST", urljoin(self.base, path), _pairs(fields), "outerHTML")

    def fetch(
        self,
        path: str,
        method: str = "GET",
        *,
        json: Any = None,
        data: Mapping[str, Typed] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Ask as ``TabSession.fetch`` does in the page: with the id, and nothing is shown of it.

        ``json`` is sent as JSON; ``data`` as a form, or as an upload where it holds a ``File``.
        """
        pairs, url = _pairs(data or {}), urljoin(self.base, path)
        has_files = any(isinstance(value, File) for _, value in pairs)
        body: wire.Body = wire.Upload(pairs) if has_files else pairs
        if json is not None:
            body = wire.Json(json)
        said = wire.FETCH | dict(headers or {})
        return self._send_with_id(method, url, said, None if method == "GET" else body)

    def ask(self, what: str | None = None) -> Self:
        """Ask whether what the page shows still holds, as tab-live.js does while it is looked at.

        About the first element with ``data-tab-live``, or the one that the CSS selector names.
        ``status`` is 204 where it holds; after 200 the element is as the server renders it now, and
        what was filled in is gone, which a browser would keep. Nobody is there for having asked:
        no limit is extended.

        Raises: ``LookupError`` where nothing on the page keeps up.
        """
        element = live.element_on(self.page, what)
        address, stamp = live.question(element)
        url = urljoin(self.url, address)
        answer = self._send_with_id("GET", url, wire.htmx(self.url) | stamp, None)
        if shown := live.merge(element, answer):
            self._load(shown)
        return self

    def back(self) -> Self:
        """One place back in the history.

        Raises: ``LookupError`` at its beginning.
        """
        return self._travel(-1)

    def forward(self) -> Self:
        """One place forward in the history.

        Raises: ``LookupError`` at its end.
        """
        return self._travel(+1)

    def close(self) -> Self:
        """Close the tab. The browser remembers its storage and its history for ``reopen``."""
        self._closed = True
        return self

    def reopen(self) -> Self:
        """Close the tab, if that is not done yet, and reopen it: same id, at its last address."""
        self._closed = False
        return self.refresh()

    def new_tab(self, path: str | None = None) -> TabClient:
        """Another tab of the same browser: an id of its own, the same cookies."""
        return type(self)(
            self.client,
            path,
            base=self.base,
            time_zone=self.time_zone,
            does_sums=self.does_sums,
            headers=self.extra_headers,
        )

    def duplicate(self) -> TabClient:
        """The browser's "Duplicate tab": a copy of the answers under an id of its own.

        As in the browser, the storage with the id is copied first; the script then finds that the
        id is in use, takes another and says which tab it is a copy of.
        """
        copy = self.new_tab()
        self._hand_on(copy)
        return copy.refresh()

    def twin(self) -> TabClient:
        """A duplicate in a browser that cannot tell: **both tabs have one id**, one session."""
        twin = self.new_tab()
        self._hand_on(twin, same_ids=True)
        return twin.refresh()

    def renew(self) -> Self:
        """Take another id for the same session, as ``TabSession.renew()`` in the page does."""
        self._renew(self._scripts[0])
        return self


def _pairs(fields: Mapping[str, Typed]) -> Pairs:
    return [
        (name, item if isinstance(item, File) else str(item))
        for name, value in fields.items()
        for item in (value if isinstance(value, list) else [value])
    ]
