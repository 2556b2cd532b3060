"""What tab-live.js does with a page that keeps up, once and when it is told to."""

from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from werkzeug.test import TestResponse

from .forms import attribute, first_having, having, with_id

_ELEMENT, _STAMP, HEADER = "data-tab-live", "data-tab-live-stamp", "Tab-Live"


def element_on(page: BeautifulSoup, what: str | None) -> Tag:
    """The element that keeps up: by CSS selector, or the first of the page.

    Raises: ``LookupError`` where there is none.
    """
    element = page.select_one(what) if what else first_having(page, _ELEMENT)
    if element is None or _ELEMENT not in element.attrs:
        raise LookupError(f"{what or 'Nothing on the page'} keeps up: it has no {_ELEMENT}.")
    return element


def question(element: Tag) -> tuple[str, dict[str, str]]:
    """What is asked for it: its address, and the header with the stamp of what is shown."""
    return attribute(element, _ELEMENT) or "", {HEADER: attribute(element, _STAMP) or "none"}


def note_stamp(page: BeautifulSoup, url: str, answer: TestResponse) -> None:
    """Keep the stamp of what htmx has just loaded, where the fragment does not carry it itself."""
    for element in having(page, _ELEMENT) if HEADER in answer.headers else ():
        if urljoin(url, attribute(element, _ELEMENT)) == url and _STAMP not in element.attrs:
            element[_STAMP] = answer.headers[HEADER]


def merge(element: Tag, answer: TestResponse) -> Tag | None:
    """Put the answer in the element's place and return what stands there now.

    None where the answer is none for this place, so that the page stays as it was.
    """
    fresh = answer.status_code == 200 and HEADER in answer.headers
    if not fresh and answer.status_code != 410:
        return None
    parsed = BeautifulSoup(answer.text, "html.parser")
    nodes = list((parsed.body or parsed).contents)
    if own := with_id(parsed, attribute(element, "id") or "") if fresh else None:
        nodes = [own.extract()]
    element.replace_with(*nodes)
    shown = next((node for node in nodes if isinstance(node, Tag)), None)
    if fresh and shown is not None and _ELEMENT in shown.attrs:
        shown[_STAMP] = answer.headers[HEADER]
    return shown
