"""A language: how its dates are written and what its messages say, and which one is spoken now.

It belongs to the context (a request, a letter), so that two languages are spoken side by side in
one process. Where nobody chose one it is the visitor's, whom `ask_for` knows; where there is none
it is English, in which the code itself is written: then a text is what the code says. Its functions
are gettext's, over the current catalogue.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

CATALOGUES = Path(__file__).parent / "locales"
"""Where <language>/LC_MESSAGES/*.po lie, as `pybabel init` makes them."""


@dataclass(frozen=True, eq=False)
class Language:
    """One language: equal only to itself, so that what is formatted in it can be kept."""

    tag: str
    """As `<html lang>` and an HTTP header write it: "en", "pt-BR"."""
    locale: Locale
    catalogue: NullTranslations = field(default_factory=NullTranslations)
    date_pattern: str = "full"
    """How a date with its weekday is written: a name of CLDR's, or a pattern."""

    @property
    def name(self) -> str:
        """Return what it calls itself: "Deutsch"."""
        return str(Locale.parse(self.tag, sep="-").display_name or self.tag)

    @property
    def direction(self) -> str:
        """Return which way it is written: "ltr" or "rtl"."""
        return self.locale.text_direction


# CLDR has a comma after the weekday.
ENGLISH = Language("en", Locale("en", "GB"), date_pattern="EEEE d MMMM y")

_current: ContextVar[Language | None] = ContextVar("language", default=None)
_visitors: list[Callable[[], Language]] = []


def current_language() -> Language:
    """Return what is spoken here."""
    chosen = _current.get()
    if chosen is not None:
        return chosen
    return _visitors[0]() if _visitors else ENGLISH


def ask_for(visitors: Callable[[], Language]) -> None:
    """Have this function say which language is spoken where nobody chose one: a visitor's."""
    _visitors[:] = [visitors]


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Use that language for whatever is said inside."""
    before = _current.set(language)
    try:
        yield
    finally:
        _current.reset(before)


class BrokenCatalogue(Exception):
    """Raised where a file of messages cannot be read; the message names it."""


def load_languages(folder: Path | None = None) -> Mapping[str, Language]:
    """Read every language that has a catalogue below `folder`; English is always among them.

    The keys are tags. By default the folder is CATALOGUES. A folder is read once in a process: a
    language is equal only to itself.

    Raises: BrokenCatalogue for a file that is no catalogue, and babel's UnknownLocaleError for a
    language that CLDR does not know.
    """
    return _load(folder or CATALOGUES)


@lru_cache(maxsize=20)
def _load(folder: Path) -> Mapping[str, Language]:
    languages = {ENGLISH.tag: ENGLISH}
    for path in sorted(folder.glob("*/LC_MESSAGES")):
        tag = path.parent.name.replace("_", "-")
        languages[tag] = Language(tag, Locale.parse(tag, sep="-"), _read_catalogue(path))
    return MappingProxyType(languages)


def nearest(*tags: str) -> Language:
    """Return the first of these languages that we speak, or speak nearly ("de" for "de-AT").

    English where we speak none of them.
    """
    known = load_languages()
    for tag in tags:
        if found := known.get(tag) or known.get(tag.partition("-")[0]):
            return found
    return ENGLISH


def _read_catalogue(folder: Path) -> NullTranslations:
    """Read the messages of all .po files of a folder; what is not translated stays English."""
    read = NullTranslations()
    for path in sorted(folder.glob("*.po")):
        compiled = BytesIO()
        try:
            write_mo(compiled, read_po(path.read_bytes().splitlines(), abort_invalid=True))
        except PoFileError as error:
            raise BrokenCatalogue(f"{path} is not a catalogue of messages: {error}") from error
        compiled.seek(0)
        messages = GNUTranslations(compiled)
        messages.add_fallback(read)
        read = messages
    return read


def gettext(message: str, /, **values: object) -> str:
    """Return the message in the reader's language, its `%(name)s` filled from `values`.

    Without values a percent sign is one, and nothing is filled.
    """
    text = current_language().catalogue.gettext(message)
    return text % values if values else text


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Return the message for that number by the language's own plural; `%(number)s` is filled."""
    return current_language().catalogue.ngettext(one, many, number) % {"number": number, **values}


def gettext_noop(message: str) -> str:
    """Mark a message that is translated later, where it is shown: a constant of a module."""
    return message
