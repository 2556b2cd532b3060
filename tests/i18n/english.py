"""English that is left in what should be German."""

import re
from functools import cache

from babel.messages.pofile import read_po

from booking.i18n import Language, load_languages
from booking.i18n.language import CATALOGUES

GIVEN = re.compile(r"%\(\w+\)s")
WORDS = re.compile(r"[^\W\d_]+")


def german() -> Language:
    return load_languages()["de"]


@cache
def _sentences() -> frozenset[str]:
    """The parts of our English messages that no German one has: two words at least."""
    with (CATALOGUES / "de/LC_MESSAGES/sidebook.po").open("rb") as file:
        messages = [each for each in read_po(file) if each.id]
    written = [text for each in messages for text in _texts(each.id)]
    said = "\n".join(text for each in messages for text in _texts(each.string))
    parts = (" ".join(part.split()) for text in written for part in GIVEN.split(text))
    return frozenset(part for part in parts if len(WORDS.findall(part)) > 1 and part not in said)


def _texts(said: str | tuple[str, ...]) -> tuple[str, ...]:
    return said if isinstance(said, tuple) else (said,)


def english_in(text: str) -> set[str]:
    """Return which of our English sentences stand in a text."""
    text = " ".join(text.split())
    return {
        each
        for each in _sentences()
        if each in text and re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text)
    }
