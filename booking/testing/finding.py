"""Which form or button a tester means, and an answer that helps when it is not clear."""

from collections.abc import Iterable

from bs4 import BeautifulSoup, Tag
from soupsieve import SelectorSyntaxError

from .elements import attribute, first_having, named
from .forms import controls, describe


def form_on(page: BeautifulSoup, selector: str = "form", fields: Iterable[str] = ()) -> Tag:
    """The form of the step on the page, else of the page; of several, the one with those fields.

    Raises: ``LookupError`` when there is none, or more than one.
    """
    step = first_having(page, "data-step")
    found = (_select(step, selector) if step else []) or _select(page, selector)
    if not found:
        where = f"step {attribute(step, 'data-step')}" if step else "the page"
        raise LookupError(f"There is no form to fill on {where}.")
    if len(found) == 1:
        return found[0]
    wanted = set(fields)
    fit = [form for form in found if wanted <= {attribute(c, "name") for c in controls(form)}]
    if len(fit) == 1:
        return fit[0]
    listed = "; ".join(describe(form) for form in found)
    raise LookupError(f"Which form? Pass its CSS selector first. There are: {listed}.")


def clickable_on(page: BeautifulSoup, what: str) -> Tag:
    """The link or button with this text, label or value, or the one this CSS selector finds.

    Raises: ``LookupError`` when there is none, or more than one.
    """
    everything = page.select("a[href], button, input[type=submit], [hx-get], [hx-post]")
    found = [element for element in everything if what in _names(element)]
    if not found:
        try:
            found = page.select(what)
        except SelectorSyntaxError:
            found = []
    if len(found) == 1:
        return found[0]
    plain = page.select("a[href], button, input[type=submit]")
    seen = ", ".join(repr(_names(element)[0]) for element in found or plain)
    count = "Several" if found else "No"
    raise LookupError(f"{count} links or buttons match {what!r}. Seen: {seen}.")


def _select(root: Tag, selector: str) -> list[Tag]:
    return list(named(root, "form")) if selector == "form" else root.select(selector)


def _names(element: Tag) -> list[str]:
    text = " ".join(element.get_text(" ").split())
    labels = [attribute(element, name) for name in ("aria-label", "value")]
    return [text, *filter(None, labels)]
