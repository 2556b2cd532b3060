"""Texts in the language of whoever reads them: gettext's functions over the current catalogue.

The catalogue belongs to the context (a request, a letter), so that two languages are spoken side by
side in one process. Without one a text is what the code says: English.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations

_catalogue: ContextVar[NullTranslations] = ContextVar("catalogue", default=NullTranslations())  # noqa: B039 - it holds nothing


def gettext(message: str, /, **values: object) -> str:
    """Return the message in the reader's language, its `%(name)s` filled from `values`.

    Without values a percent sign is one, and nothing is filled.
    """
    text = _catalogue.get().gettext(message)
    return text % values if values else text


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Return the message for that number by the language's own plural; `%(number)s` is filled."""
    return _catalogue.get().ngettext(one, many, number) % {"number": number, **values}


def gettext_noop(message: str) -> str:
    """Mark a message that is translated later, where it is shown: a constant of a module."""
    return message


@contextmanager
def speaking(catalogue: NullTranslations) -> Iterator[None]:
    """Use that catalogue for what is said inside."""
    before = _catalogue.set(catalogue)
    try:
        yield
    finally:
        _catalogue.reset(before)
