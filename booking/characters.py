"""Which characters a text may hold: what nobody sees is taken out, the rest can be looked at.

Beside the rooms, so that whatever is typed on a page, at the shell or into a business file meets
one rule.
"""

import re
import unicodedata

MOST_MARKS = 10
"""Upon one letter. Vietnamese needs 2, Thai and Arabic 3, Hebrew with its cantillation 5, Burmese
6, the tallest stacks of Tibetan 9."""
BLANK = " \t\n\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# They keep a bracket or a dot in its place between two directions; at an end they order nothing.
DIRECTION_MARKS = "\u061c\u200e\u200f"

# Never part of a spelling: what turns or isolates the direction of writing, says where a line may
# break or was left behind by another program, and the blank letters of Hangul and Khmer.
_UNSPELT = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f"
)
# A flag such as Scotland's is a black one and the region's name in invisible letters.
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
# Persian, Sinhala and Malayalam are spelt with joiners, and emoji; nothing Latin is.
_INVISIBLE = re.compile(f"({_FLAG})|[{_UNSPELT}]+")
_LOOSE_JOINERS = re.compile(f"(?:^|(?<=[\\s\u0000-\u036f{DIRECTION_MARKS}]))[\u200c\u200d]+")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_DIRECTIONS = re.compile(f"[{DIRECTION_MARKS}]+")
_EDGES = re.compile(f"^[{BLANK}{DIRECTION_MARKS}]+|[{BLANK}{DIRECTION_MARKS}]+$")
_VARIANTS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_ORDINARY = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0xFE6B: ord("@")}


_STREAM_SAFE = 30
"""Marks in a row that Unicode's own stream-safe form allows (UAX 15): sorting more is no use."""


def spelt(text: str) -> str:
    """Return the text in Unicode's form C, without what no spelling needs and no space around.

    Joiners stay where a script is spelt with them, and marks of direction where both meet.
    """
    if text.isascii():
        return text.strip(" \t\n")
    if has_towers(text, _STREAM_SAFE):
        return text  # form C sorts marks one by one: eight thousand of them took 70 ms
    visible = _INVISIBLE.sub(r"\1", unicodedata.normalize("NFC", text))
    if not _RIGHT_TO_LEFT.search(visible):
        visible = _DIRECTIONS.sub("", visible)
    visible = _LOOSE_JOINERS.sub("", visible)
    return _EDGES.sub("", unicodedata.normalize("NFC", visible))


def bare(text: str) -> str:
    """Return an address or a number without invisible characters and full-width letters."""
    if text.isascii():
        return text
    visible = (each for each in spelt(text) if unicodedata.category(each) != "Cf")
    return _VARIANTS.sub("", "".join(visible)).translate(_ORDINARY)


def is_unprintable(character: str) -> bool:
    """Return whether it is a control character, or half a character."""
    return unicodedata.category(character) in {"Cc", "Cs"}


def is_whole(text: str) -> bool:
    """Return whether it can be written in UTF-8: half a character, a lone surrogate, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def has_towers(text: str, most: int = MOST_MARKS) -> bool:
    """Return whether more marks stand upon one letter than any language puts there."""
    if text.isascii():
        return False
    height = 0
    for category in map(unicodedata.category, text):
        if category.startswith("M"):
            height += 1
            if height > most:
                return True
        elif category != "Cf":  # a joiner between marks carries them no further
            height = 0
    return False


# What Unicode does not take apart: letters with a stroke, and marks that keyboards do not have.
_ALIKE = str.maketrans(
    {
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
    }
    | dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)


def folded(text: str) -> str:
    """Take off accents, capitals, invisible characters and doubled blanks: İstanbul is istanbul."""
    if text.isascii():
        return " ".join(text.lower().translate(_ALIKE).split())
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c for c in parts if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return " ".join(kept.translate(_ALIKE).split())
