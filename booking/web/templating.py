"""How our templates are rendered: a name that nobody gives is an error, every text a message."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any, cast

import flask
from jinja2 import Environment, StrictUndefined, Template, TemplateNotFound
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Macro
from markupsafe import Markup, escape

from booking.files import TEMPLATES
from booking.i18n import Language, current_language, formats, gettext, ngettext
from booking.state import NAME, SidebookState, current_flask

_to_escape = re.compile("[&<>'\"]").search


def written(value: Any) -> Any:
    """Return a value as it is written into a page: escaped, where there is anything to escape."""
    kind = type(value)
    is_written = kind is Markup or (kind is str and not _to_escape(value))
    return value if is_written else escape(value)


class QuickTemplate(Template):
    """A template that writes its values by `written`."""

    @classmethod
    def from_code(cls, environment: Environment, code: CodeType, *args: Any) -> Template:
        """Return the template of that compiled code."""
        made = super().from_code(environment, code, *args)
        made.root_render_func.__globals__["escape"] = written
        return made


_ENVIRONMENTS = "booking.templates"
"""The key in app.extensions under which our environments stand, by their languages."""
_KEPT_MACROS = "booking_macros"
MACROS, FIELD = "booking/parts/macros.html", "booking/parts/field.html"
KEPT = "booking/parts/kept.html", "booking/parts/kept_times.html"
"""Macros that show nothing but their arguments, and nothing that a customer typed."""
MOST = 500
"""Renderings of each of these that are kept, in each language."""
_INDENT = re.compile("^[ \t]+", re.MULTILINE)
_MESSAGE = ("variable_begin", "name", "lparen", "string", "rparen", "variable_end")
ONLY_SOMETIMES: dict[str, Any] = {
    "alerts": (),
    "notices": (),
    "errors": {},
    "fields": (),
    "differing": (),
    "answer_version": "",
    "in_person": False,
    "first_step": "",
    "lost_url": "",
    "find_url": "",
}
"""What a page need not give where it has nothing to say."""


def render_template(name: str, /, **context: Any) -> str:
    """Return that template of templates/booking/, a host's own of the same name before ours.

    It is given `_`, `ngettext`, `language`, `weekdays`, `nonce` and the macros beside the context.

    Raises: jinja2.UndefinedError where it uses a name that nobody gives.
    """
    given = ONLY_SOMETIMES | context
    given["errors_heading"] = errors_heading(given["errors"], given["fields"])
    given |= {"_": text, "ngettext": plural}
    given |= {"language": current_language(), "weekdays": formats.weekdays}
    given["nonce"] = nonce()
    ours = environment()
    # Given, not imported: each import of a template costs as much as rendering a small one.
    given |= _macros(ours, MACROS, *KEPT) if ours.auto_reload else kept_macros(ours)
    return flask.render_template(ours.get_template(f"booking/{name}"), **given)


def nonce() -> Markup:
    """Return the attribute that the host's own policy asks of scripts and style sheets; or nothing.

    It is what `csp_nonce` among the host's template globals says (flask-talisman's is one).
    """
    sidebook = current_flask().extensions.get(NAME)
    if not isinstance(sidebook, SidebookState) or not sidebook.settings.host_policy:
        return Markup()
    given = current_flask().jinja_env.globals.get("csp_nonce")
    value = given() if callable(given) else given
    return Markup(' nonce="{}"').format(value) if value else Markup()


def text(message: str, /, **values: object) -> Markup:
    """Return the message in the reader's language; only a value that is Markup may bring markup."""
    translated = _escaped(current_language(), message)
    if not values:
        return translated
    shown = {name: written(value) for name, value in values.items()}
    return Markup(str.__mod__(translated, shown))  # noqa: S704 - all of it is escaped


@lru_cache(maxsize=2000)
def _escaped(_language: Language, message: str) -> Markup:
    return escape(gettext(message))


def _macros(ours: Environment, *files: str) -> dict[str, Any]:
    """Return the macros of these files by name: every template of ours may call them."""
    says = {"_": text, "ngettext": plural}
    modules = [vars(ours.get_template(file, globals=says).module) for file in files]
    every = {name: value for module in modules for name, value in module.items()}
    return {name: value for name, value in every.items() if isinstance(value, Macro)}


def kept_macros(ours: Environment) -> dict[str, Any]:
    """Return the macros; those of KEPT are run once for the same arguments.

    They are kept in the environment, which they hold on to: elsewhere they would keep its app.
    """
    if _KEPT_MACROS not in vars(ours):
        ours.extend(**{_KEPT_MACROS: _macros_that_keep(ours)})
    return cast("dict[str, Any]", vars(ours)[_KEPT_MACROS])


def _macros_that_keep(ours: Environment) -> dict[str, Any]:
    """Not so where a host has its own in their place: it may say something else each time."""
    kept = _macros(ours, *KEPT)
    if all(is_our_file(ours, name) for name in (MACROS, *KEPT, FIELD)):
        kept = {name: lru_cache(MOST, typed=True)(macro) for name, macro in kept.items()}
    return _macros(ours, MACROS) | kept


def is_our_file(ours: Environment, name: str) -> bool:
    """Return whether a host has no template of its own in the place of that one."""
    try:
        path = ours.loader.get_source(ours, name)[1] if ours.loader else None
    except TemplateNotFound:  # parts/head.html is only ever a host's
        return True
    return path is not None and path.startswith(str(TEMPLATES))


def plural(one: str, many: str, number: int, /, **values: object) -> Markup:
    """Return the message for that number, which fills its `%(number)s`; no value brings markup."""
    return escape(ngettext(one, many, number, **values))


def errors_heading(errors: Mapping[str, str], fields: Sequence[Any]) -> str:
    """Return what is said above the errors: whether answers are missing, or are there and wrong."""
    if not errors:
        return ""
    typed = [field.name for field in fields if field.value]
    if "zone" in errors or any(name in errors for name in typed):
        return ngettext(
            "One answer needs another look", "%(number)s answers need another look", len(errors)
        )
    return ngettext("Something is missing", "%(number)s answers are missing", len(errors))


class AtCompileTime(Extension):
    """Does once, as a template is compiled, what each rendering would do again.

    `{{ _("…") }}` without values is translated: a page has dozens, and calling a function for each
    is a good part of what rendering it costs. Indents go, which no browser shows.
    """

    def preprocess(self, source: str, _name: str | None, filename: str | None = None) -> str:
        """Return a template of ours without indents; in a host's there may be a <pre>."""
        return _INDENT.sub("", source) if (filename or "").startswith(str(TEMPLATES)) else source

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Replace what says a constant message by the message."""
        tokens, place = list(stream), 0
        while place < len(tokens):
            ahead = tokens[place : place + len(_MESSAGE)]
            is_message = tuple(token.type for token in ahead) == _MESSAGE and ahead[1].value == "_"
            yield Token(ahead[0].lineno, "data", text(ahead[3].value)) if is_message else ahead[0]
            place += len(_MESSAGE) if is_message else 1


def environment() -> Environment:
    """Return the app's own environment for this language, but for undefined names.

    They are errors to us alone: a host's own pages stay as forgiving as they were. Its templates,
    filters and globals are in it. A host's bytecode cache knows no languages, so it is not used.
    """
    app, language = current_flask(), current_language()
    made: dict[Language, Environment] = app.extensions.setdefault(_ENVIRONMENTS, {})
    if language not in made:
        made[language] = ours = app.jinja_env.overlay(
            undefined=StrictUndefined, extensions=[AtCompileTime], bytecode_cache=None
        )
        ours.template_class = QuickTemplate
    return made[language]
