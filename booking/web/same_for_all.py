"""What everybody is shown alike, kept as it was rendered, only where nothing of a host is in it.

A host may have a template of its own in the place of one of ours, or give every template something
of its own: a name, a token, a nonce. None of that is ever kept.
"""

from collections.abc import Callable
from functools import lru_cache

from flask import current_app, request
from jinja2 import Environment

from booking.files import TEMPLATES
from booking.i18n import current_language
from booking.state import current_sidebook

from . import urls
from .headers import KEPT
from .templating import environment, is_our_file

MOST = 32
"""Pages and fragments that are kept: of a few languages and roots, for a state or two at once."""
LAYOUT = {"booking/page.html", "booking/parts/head.html"}
"""Templates that stand around a fragment: a host's own, where they are, leave it as it is."""
_PAGES, _OWN = "booking.kept", "booking.own_templates"
_GIVEN = {
    *("range", "dict", "lipsum", "cycler", "joiner", "namespace"),
    *("url_for", "get_flashed_messages", "config", "request", "session", "g"),
}
"""The names that Jinja and Flask give every template."""


def keep_fragment(name: str, state: str, render: Callable[[], str]) -> str:
    """Return the fragment of that name, rendered once for each state of the business.

    It is rendered anew where a template of the host may be in it, or `state` is empty.
    """
    is_ours = state and _own_templates() <= LAYOUT
    return _kept(name, state, render) if is_ours else render()


def keep_page(name: str, state: str, render: Callable[[], str]) -> str:
    """Return the page of that name, rendered once for each state of the business.

    It is rendered anew where anything of the host may be in it, or `state` is empty.
    """
    if not state or _own_templates() or _gives_something():
        return render()
    request.environ[KEPT] = True
    return _kept(name, state, render)


def _kept(name: str, state: str, render: Callable[[], str]) -> str:
    kept: dict[object, str] = current_app.extensions.setdefault(_PAGES, {})
    key = name, state, current_language(), urls.root()
    if (found := kept.get(key)) is None:
        found = kept[key] = render()
        for oldest in [*kept][:-MOST]:
            kept.pop(oldest, None)
    return found


def _gives_something() -> bool:
    """Return whether the host gives our page, or the addresses on it, something of its own."""
    app, places = current_app, (None, current_sidebook().name)
    processors = {each for place in places for each in app.template_context_processors[place]}
    return (
        len(processors) > 1  # Flask's own is always there
        or bool(app.url_default_functions[None])
        or not _GIVEN.issuperset(app.jinja_env.globals)
        or app.jinja_env.globals["url_for"] != app.url_for
    )


def _own_templates() -> set[str]:
    """Return which of our templates a host has a file of its own for; all where they may change."""
    ours = environment()
    if ours.auto_reload:
        return {*_names()}
    if _OWN not in current_app.extensions:
        current_app.extensions[_OWN] = _replaced(ours)
    found: set[str] = current_app.extensions[_OWN]
    return found


def _replaced(ours: Environment) -> set[str]:
    return {name for name in {*_names(), *LAYOUT} if not is_our_file(ours, name)}


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return tuple(str(each.relative_to(TEMPLATES)) for each in TEMPLATES.rglob("*.html"))
