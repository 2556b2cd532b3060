"""What htmx 4 does with an answer: where it goes, how it is put there, what loads next.

Spoken here: hx-get, -post, -put, -patch, -delete; hx-trigger="load"; hx-target (a selector, this,
closest, find); hx-swap and its styles; hx-push-url, hx-replace-url; hx-vals in JSON; the noSwap
setting; and the response headers of the same meaning. Not spoken: inheritance, out-of-band swaps
and partials, hx-select, events, polling.
"""

import json
import re

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, TemplateString
from bs4.element import PageElement as Node
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from .forms import Pairs, attribute, having, named, with_id

_ID = re.compile(r"#[A-Za-z][\w-]*")
VERBS = ("get", "post", "put", "patch", "delete")


def action(element: Tag) -> tuple[str, str] | None:
    """The method and address htmx would call for this element, if it calls any."""
    for verb in VERBS:
        address = attribute(element, f"hx-{verb}")
        if address is not None:
            return verb.upper(), address
    return None


def values(element: Tag) -> Pairs:
    """The element's hx-vals."""
    given = json.loads(attribute(element, "hx-vals") or "{}")
    return [(name, str(value)) for name, value in given.items()]


def swap(
    page: BeautifulSoup, element: Tag, answer: TestResponse, how: str | None = None
) -> list[Tag]:
    """Put the answer in its place and return the new elements. ``how`` overrules hx-swap."""
    how = _style(page, element, answer, how)
    if how == "none":
        return []
    place, nodes = _target(page, element, answer.headers), _nodes(answer.text)
    if how == "delete":
        place.decompose()
        return []
    _put(place, how, nodes)
    return [node for node in nodes if isinstance(node, Tag)]


def loading(root: Tag) -> list[Tag]:
    """The elements, root included, that ask for something as soon as they are shown."""
    candidates = [root, *having(root, "hx-trigger")]
    return [element for element in candidates if action(element) and _loads(element)]


def history_change(element: Tag, headers: Headers, final_url: str) -> tuple[str, str] | None:
    """``("push" | "replace", url)`` when the address bar changes; headers beat attributes."""
    push, replace = headers.get("HX-Push-Url"), headers.get("HX-Replace-Url")
    if not push and not replace:
        push, replace = attribute(element, "hx-push-url"), attribute(element, "hx-replace-url")
    for change, url in (("push", push), ("replace", replace)):
        if url and url != "false":
            return change, final_url if url == "true" else url
    return None


def take_first_step(page: BeautifulSoup, *, is_new: bool) -> str | None:
    """Take the first step out of the page and return its name; None where there is none.

    ``is_new``: the tab has no id yet, so the step is shown instead of being loaded.
    """
    template, place = with_id(page, "first-step"), with_id(page, "wizard")
    if template is None or place is None:
        return None
    template.extract()
    for text in template.find_all(string=lambda text: type(text) is TemplateString):
        text.replace_with(NavigableString(text))  # that of a template is none of the page's
    nodes = list(template.contents)
    if is_new:
        del place.attrs["hx-get"]
        _put(place, "innerHTML", nodes)
    return next(attribute(node, "data-step") for node in nodes if isinstance(node, Tag))


def _target(page: BeautifulSoup, element: Tag, headers: Headers) -> Tag:
    wanted = headers.get("HX-Retarget") or attribute(element, "hx-target") or "this"
    where, _, selector = wanted.partition(" ")
    goal: Tag | None
    if _ID.fullmatch(wanted):
        goal = with_id(page, wanted[1:])
    elif wanted == "this":
        goal = element
    elif where == "closest":
        goal = element.css.closest(selector)
    elif where == "find":
        goal = element.select_one(selector)
    else:
        goal = page.select_one(wanted)
    if goal is None:
        raise LookupError(f"hx-target={wanted!r} matches nothing on the page.")
    return goal


def _style(page: BeautifulSoup, element: Tag, answer: TestResponse, how: str | None) -> str:
    unswapped = {str(pattern) for pattern in _no_swap(page)}
    status = str(answer.status_code)
    if unswapped & {status, f"{status[:2]}x", f"{status[0]}xx"}:
        return "none"
    spoken = answer.headers.get("HX-Reswap") or how or attribute(element, "hx-swap") or ""
    first = spoken.partition(" ")[0] or "innerHTML"
    return "innerHTML" if ":" in first else first


def _put(place: Tag, how: str, nodes: list[Node]) -> None:
    match how:
        case "innerHTML" | "innerMorph":
            place.clear()
            place.extend(nodes)
        case "outerHTML" | "outerMorph":
            place.replace_with(*nodes)
        case "beforeend" | "append":
            place.extend(nodes)
        case "afterbegin" | "prepend":
            place.insert(0, *nodes)
        case "beforebegin" | "before":
            place.insert_before(*nodes)
        case "afterend" | "after":
            place.insert_after(*nodes)
        case _:
            raise NotImplementedError(f"TabClient does not know hx-swap={how!r}.")


def _no_swap(page: BeautifulSoup) -> list[int | str]:
    named_so = (meta for meta in named(page, "meta") if attribute(meta, "name") == "htmx-config")
    written = next((attribute(meta, "content") for meta in named_so), None)
    return list(json.loads(written or "{}").get("noSwap", [204, 304]))


def _loads(element: Tag) -> bool:
    events = (attribute(element, "hx-trigger") or "").split(",")
    return any(event.split() in (["load"], ["load", "once"]) for event in events)


def _nodes(html: str) -> list[Node]:
    parsed = BeautifulSoup(html, "html.parser")
    return list((parsed.body or parsed).contents)
