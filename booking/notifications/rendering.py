"""A letter's two texts: plain, and HTML with its style inlined, of one content.

Mail programs drop <style>, and some turn colours around: so every colour stands at its element as
well, and the style sheet is for the dark alone. The templates lie under templates/booking/letters/;
a host's own of the same name goes before ours, and one that is named for a letter is for that
letter only.
"""

import re
from typing import Any

from flask import current_app
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from booking.i18n import current_language

from .inlining import inlined

FOLDER = "booking/letters"
_ENVIRONMENT = "booking.letters"


def render(name: str, **context: Any) -> tuple[str, str]:
    """Return the letter of that name as plain text and as HTML."""
    ours = environment()
    given = {**context, "language": current_language()}
    text, html = (
        ours.select_template([f"{FOLDER}/{name}.{kind}", f"{FOLDER}/letter.{kind}"]).render(given)
        for kind in ("txt", "html")
    )
    css = ours.get_template(f"{FOLDER}/letter.css").render()
    return _without_gaps(text), inlined(css, html)


def _without_gaps(text: str) -> str:
    """A plain text with one empty line at most where a template left out what there is not."""
    return re.sub(r"\n{3,}", "\n\n", text.strip("\n")) + "\n"


def environment() -> Environment:
    """Return the app's own environment, in which a name that nobody gives is an error."""
    made: Environment | None = current_app.extensions.get(_ENVIRONMENT)
    if made is None:
        made = current_app.jinja_env.overlay(
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        made.filters = {**made.filters, "linked": linked}  # the app keeps its own
        current_app.extensions[_ENVIRONMENT] = made
    return made


def linked(text: str, link: str) -> Markup:
    """Return the text for HTML, with its lines, and that link, where it stands, to be followed."""
    written = str(escape(text)).replace("\n", "<br>")
    if link:
        anchor = Markup('<a class="sb-link" href="{0}">{0}</a>').format(link)
        written = written.replace(str(escape(link)), anchor)
    return Markup(written)  # noqa: S704 - both are escaped
