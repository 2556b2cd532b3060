"""What a page.html of a host's has to have: looked for at start, or the page would be blank.

Templates are read as text, with all that they extend and include by name, so that nothing of the
host's runs before it is ready.
"""

import re
from collections.abc import Iterator

from flask import Flask
from flask.templating import DispatchingJinjaLoader
from jinja2 import Environment, TemplateNotFound

from booking.config import ConfigurationError
from booking.files import TEMPLATES
from booking.first_request import at_the_first_request

PAGE = "booking/page.html"
BLOCKS = ("title", "robots", "scripts", "content")
PARTS = {
    "booking/parts/styles.html": r"booking\.css",
    "booking/parts/scripts.html": r"(?s)tab_session_script.*booking\.js.*htmx",
    "booking/parts/wizard.html": r"\bid=[\"']?wizard\b",
    "booking/parts/announcer.html": r"\bid=[\"']?announcer\b",
}
"""What each part brings, as a host may have written it by itself."""
_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
_NAMED = re.compile(r"{%[-+]?\s*(?:extends|include)\s+[\"']([^\"']+)[\"']")
_UNNAMED = re.compile(r"{%[-+]?\s*(?:extends|include)\s+[^\"'\s]")
_BLOCK = re.compile(r"{%[-+]?\s*block\s+(\w+)")


def refuse_a_page_without(app: Flask) -> None:
    """Raise ConfigurationError where a page.html of the host's lacks what the wizard needs.

    Templates that the host adds later are looked at before the first request, and told in the log.
    """
    if missing := missing_in_page(app):
        raise ConfigurationError(missing)

    at_the_first_request(app, _tell_what_is_missing)


def _tell_what_is_missing(app: Flask) -> None:
    if missing := missing_in_page(app):
        app.logger.error(missing)


def missing_in_page(app: Flask) -> str:
    """Return which template lacks what, and what to write; empty where nothing is missing."""
    loader, plain = DispatchingJinjaLoader(app), Environment()  # noqa: S701 - renders nothing
    path = loader.get_source(plain, PAGE)[1] or ""
    if path.startswith(str(TEMPLATES)):
        return ""
    text = "\n".join(_texts(loader, plain, PAGE, set()))
    if _UNNAMED.search(text):  # whatever that may be
        return ""
    lines = [f'{{% include "{part}" %}}' for part, has in PARTS.items() if not re.search(has, text)]
    blocks = set(_BLOCK.findall(text))
    lines += [f"{{% block {name} %}}{{% endblock %}}" for name in BLOCKS if name not in blocks]
    lines += ["<main>"] if "<main" not in text else []
    return (
        f"Your {PAGE} ({path}) lacks what Sidebook's pages need, with all that it extends and "
        f"includes: {', '.join(lines)}. docs/host.md, 'Your layout', has a whole one."
        if lines
        else ""
    )


def _texts(
    loader: DispatchingJinjaLoader, plain: Environment, name: str, seen: set[str]
) -> Iterator[str]:
    """The text of a template, and of all that it names; what is not there says Jinja itself."""
    if name in seen:
        return
    seen.add(name)
    try:
        text = _COMMENT.sub("", loader.get_source(plain, name)[0])
    except TemplateNotFound:
        return
    yield text
    for other in _NAMED.findall(text):
        yield from _texts(loader, plain, other, seen)
