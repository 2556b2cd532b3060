"""What a browser does with a form: which fields there are, what is typed, what is sent.

Before that, which form or button a tester means; and elements by name and attribute, in one plain
walk of the page: Beautiful Soup's own searches ask a filter about every node, which takes three
times as long, and CSS six times.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from bs4 import BeautifulSoup, Tag
from soupsieve import SelectorSyntaxError

from . import sliders


def attribute(element: Tag, name: str) -> str | None:
    """The attribute's text (None when it is absent); several class names come as one string."""
    value = element.attrs.get(name)
    return " ".join(value) if isinstance(value, list) else value


def elements(root: Tag) -> Iterator[Tag]:
    """All elements below this one, in page order."""
    return (node for node in root.descendants if isinstance(node, Tag))


def named(root: Tag, *names: str) -> Iterator[Tag]:
    """The elements with one of these names, as in ``<input>``."""
    return (element for element in elements(root) if element.name in names)


def having(root: Tag, name: str) -> Iterator[Tag]:
    """The elements with this attribute, whatever it says."""
    return (element for element in elements(root) if name in element.attrs)


def first_having(root: Tag, name: str) -> Tag | None:
    """The first element with this attribute, None when there is none."""
    return next(having(root, name), None)


def with_id(root: Tag, wanted: str) -> Tag | None:
    """The first element with this id, None when there is none."""
    return next((each for each in elements(root) if each.attrs.get("id") == wanted), None)


def closest_having(element: Tag, name: str) -> Tag | None:
    """The element itself or the nearest around it that has this attribute."""
    return next((each for each in (element, *element.parents) if name in each.attrs), None)


@dataclass(frozen=True)
class File:
    """A file that a tester chooses: ``submit(photo=File("cat.png", b"…", "image/png"))``."""

    name: str
    content: bytes = b""
    type: str = "application/octet-stream"

    def __str__(self) -> str:
        return self.name


Typed = str | int | bool | list[str] | File | list[File]
Pairs = list[tuple[str, str | File]]
_CHOSEN = "chosen_files"  # kept on the element itself, as in a browser, and in no attribute of it

_CONTROLS = ("input", "select", "textarea", "button")
_IMPLIED = {"radio": "on", "checkbox": "on", "color": "#000000"}
_BUTTONS = ("submit", "button", "reset", "image")


def kind(control: Tag) -> str:
    """``radio``, ``checkbox``, ``submit``, ``text``, ``select``, ``textarea`` …"""
    if control.name == "input":
        return (attribute(control, "type") or "text").lower()
    if control.name == "button":
        return (attribute(control, "type") or "submit").lower()
    return control.name


def controls(form: Tag) -> list[Tag]:
    """The form's usable fields and buttons in page order, those tied to it by ``form=`` last."""
    own = [control for control in named(form, *_CONTROLS) if "form" not in control.attrs]
    top = next((parent for parent in form.parents if isinstance(parent, BeautifulSoup)), None)
    name = attribute(form, "id")
    if top is not None and name:
        own += [control for control in having(top, "form") if attribute(control, "form") == name]
    return [control for control in own if not disabled(control)]


def disabled(control: Tag) -> bool:
    """Whether it takes no part: disabled itself, or in a disabled fieldset."""
    return "disabled" in control.attrs or any(
        around.name == "fieldset" and "disabled" in around.attrs for around in control.parents
    )


def fill(form: Tag, fields: dict[str, Typed]) -> Tag | None:
    """Type into the form and choose in it. Returns the submit button that was named, if one was.

    Raises: ``LookupError`` for a field the form does not have and ``ValueError`` for a choice it
    does not offer; both say what there is.
    """
    pressed, usable = None, controls(form)
    for name, value in fields.items():
        meant = [control for control in usable if attribute(control, "name") == name]
        if not meant:
            has = f"It has: {describe(form)}.{_nearest(name, [form])}"
            raise LookupError(f"The form has no field {name!r}. {has}")
        if kind(meant[0]) in _BUTTONS:
            pressed = _one(name, meant, str(value))
        else:
            _answer(name, meant, value)
    return pressed


def _answer(name: str, meant: list[Tag], value: Typed) -> None:
    first, text = meant[0], str(value)
    match kind(first):
        case "radio":
            _mark(meant, [_one(name, meant, text)], "checked")
        case "checkbox":
            _tick(name, meant, value)
        case "select":
            options = list(named(first, "option"))
            _mark(options, [_one(name, options, text)], "selected")
        case "file":
            setattr(first, _CHOSEN, _files(name, value))
        case "textarea":
            first.string = text
        case "range":
            first["value"] = _on_the_scale(name, first, text)
        case _:
            first["value"] = text


def sent(form: Tag, button: Tag | None = None) -> Pairs:
    """What the browser would send: texts, hidden fields, checked choices, the button pressed."""
    pairs: Pairs = []
    for control in controls(form):
        name = attribute(control, "name")
        if not name or (
            kind(control) in _BUTTONS and (control is not button or kind(control) != "submit")
        ):
            continue
        if kind(control) in ("radio", "checkbox") and not control.has_attr("checked"):
            continue
        if kind(control) == "file":
            # Of a field in which no file was chosen a browser sends one without a name.
            pairs += [(name, file) for file in (getattr(control, _CHOSEN, None) or [File("")])]
        elif kind(control) == "select":
            pairs += [(name, option_value(option)) for option in _selected(control)]
        else:
            pairs.append((name, option_value(control)))
    return pairs


def first_button(form: Tag) -> Tag | None:
    """The button that Enter presses."""
    return next((control for control in controls(form) if kind(control) == "submit"), None)


def own_value(button: Tag) -> Pairs:
    """What a button outside any form sends: itself, when it has a name."""
    name = attribute(button, "name")
    return [(name, option_value(button))] if name else []


def option_value(control: Tag) -> str:
    """The value a field or a choice stands for."""
    if control.name == "textarea":
        return control.get_text().removeprefix("\r").removeprefix("\n")
    if control.name == "option" and not control.has_attr("value"):
        return control.get_text(strip=True)
    value = attribute(control, "value")
    if kind(control) == "range":
        return sliders.value_of(control.attrs, value)
    implied = _IMPLIED.get(kind(control), "")
    return implied if value is None else value


def describe(form: Tag) -> str:
    """The fields by name, choices with what they offer: the text of the errors above."""
    offered: dict[str, list[str]] = {}
    for control in controls(form):
        name = attribute(control, "name")
        if not name:
            continue
        values = offered.setdefault(name, [])
        if kind(control) in ("radio", "checkbox", *_BUTTONS):
            values.append(option_value(control))
        elif kind(control) == "select":
            values += [option_value(option) for option in named(control, "option")]
    return ", ".join(f"{n} ({' | '.join(v)})" if v else n for n, v in offered.items()) or "none"


def _files(name: str, value: Typed) -> list[File]:
    files = value if isinstance(value, list) else [value]
    chosen = [each for each in files if isinstance(each, File)]
    if len(chosen) != len(files):
        raise ValueError(f"{name!r} takes files: booking.testing.File('photo.png', content).")
    return chosen


def _one(name: str, choices: list[Tag], value: str) -> Tag:
    for choice in choices:
        if option_value(choice) == value:
            return choice
    raise ValueError(
        f"{name!r} does not offer {value!r}, only: {' | '.join(map(option_value, choices))}. "
        "To send what the page does not offer, pass force=True."
    )


def _mark(choices: list[Tag], chosen: list[Tag], mark: str) -> None:
    for choice in choices:
        if any(choice is one for one in chosen):
            choice[mark] = ""
        elif choice.has_attr(mark):
            del choice[mark]


def _on_the_scale(name: str, slider: Tag, value: str) -> str:
    if value != sliders.value_of(slider.attrs, value):
        raise ValueError(
            f"{name!r} cannot stand at {value!r}, only at {sliders.describe(slider.attrs)}. "
            "To send what the page does not offer, pass force=True."
        )
    return value


def _tick(name: str, boxes: list[Tag], value: Typed) -> None:
    if isinstance(value, bool):
        wanted = boxes if value else []
    else:
        values = value if isinstance(value, list) else [str(value)]
        wanted = [_one(name, boxes, str(text)) for text in values]
    _mark(boxes, wanted, "checked")


def _selected(select: Tag) -> list[Tag]:
    options = [option for option in named(select, "option") if not option.has_attr("disabled")]
    chosen = [option for option in options if option.has_attr("selected")]
    if select.has_attr("multiple"):
        return chosen
    return chosen[-1:] or options[:1]


def form_on(page: BeautifulSoup, selector: str = "form", fields: Iterable[str] = ()) -> Tag:
    """The form of the step on the page, else of the page; of several, the one with those fields.

    Raises: ``LookupError`` when there is none, or more than one.
    """
    step = first_having(page, "data-step")
    forms = (_select(step, selector) if step else []) or _select(page, selector)
    if not forms:
        where = f"step {attribute(step, 'data-step')}" if step else "the page"
        raise LookupError(f"There is no form to fill on {where}.")
    if len(forms) == 1:
        return forms[0]
    wanted, listed = [*fields], "; ".join(describe(form) for form in forms)
    fit = [form for form in forms if _names_of_fields([form]) >= {*wanted}]
    if len(fit) == 1:
        return fit[0]
    if missing := [name for name in wanted if name not in _names_of_fields(forms)]:
        nearest = _nearest(missing[0], forms)
        raise LookupError(f"No form has a field {missing[0]!r}. There are: {listed}.{nearest}")
    if not fit:
        together = ", ".join(map(repr, wanted))
        raise LookupError(f"No one form has all of {together}. There are: {listed}.")
    raise LookupError(f"Which form? Pass its CSS selector first. There are: {listed}.")


def _names_of_fields(forms: list[Tag]) -> set[str]:
    named_controls = (attribute(control, "name") for form in forms for control in controls(form))
    return {name for name in named_controls if name}


def _nearest(name: str, forms: list[Tag]) -> str:
    found = get_close_matches(name, sorted(_names_of_fields(forms)), 1)
    return f" Did you mean {found[0]!r}?" if found else ""


def clickable_on(page: BeautifulSoup, what: str) -> Tag:
    """The link or button with this text, label or value, or the one this CSS selector finds.

    Raises: ``LookupError`` when there is none, or more than one.
    """
    everything = page.select("a[href], button, input[type=submit], [hx-get], [hx-post]")
    fitting = [element for element in everything if what in _names(element)]
    if not fitting:
        try:
            fitting = page.select(what)
        except SelectorSyntaxError:
            fitting = []
    if len(fitting) == 1:
        return fitting[0]
    plain = page.select("a[href], button, input[type=submit]")
    seen = ", ".join(repr(_names(element)[0]) for element in fitting or plain)
    count = "Several" if fitting else "No"
    raise LookupError(f"{count} links or buttons match {what!r}. Seen: {seen}.")


def _select(root: Tag, selector: str) -> list[Tag]:
    return list(named(root, "form")) if selector == "form" else root.select(selector)


def _names(element: Tag) -> list[str]:
    text = " ".join(element.get_text(" ").split())
    return [text, *filter(None, (attribute(element, name) for name in ("aria-label", "value")))]
