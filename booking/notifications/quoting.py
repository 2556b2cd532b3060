"""What a visitor typed, as data in a letter: on one line, cut, and nothing that becomes a link.

Mail programs make links of whatever looks like one, so that a stranger's advertisement would go out
in the shop's name. A space that everybody sees goes into it: an invisible one would be copied along
with an address, which nobody would find.
"""

import re

from booking.characters import has_towers, is_unprintable, spelt

NAME, ANSWER, NOTE = 60, 200, 600
"""Characters of each that a letter quotes at most; the whole stands in the booking."""

# "https:", "mailto:", "@", "//" and "\\" before anything; a dot before a letter, also those of
# other scripts, which browsers take for one; a number with two dots or more.
_LINKS = re.compile(
    r"(?<=[^\W\d]):(?=\S)|[@\uff20](?=\S)|[/\\](?=[/\\])|[.\u2024\u3002\uff0e\uff61](?=[^\W\d_])"
    r"|(?<=\d)\.(?=\d+\.)|(?<=\.\d)\.(?=\d)|(?<=\.\d\d)\.(?=\d)|(?<=\.\d\d\d)\.(?=\d)"
)
_QUOTATION_MARKS = str.maketrans(dict.fromkeys('"“”„‟«»', "'"))


def quotable(text: str, most: int) -> str:
    """Return the text on one line of at most `most` characters, without anything like a link."""
    line = " ".join(spelt(_printable(text[: 4 * most])).translate(_QUOTATION_MARKS).split())
    if has_towers(line):
        line = "…"
    cut = line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
    return _LINKS.sub(r"\g<0> ", cut)


def one_line(text: str, most: int = 200) -> str:
    """Return the owner's words as a header may hold them: on one line, of printable characters."""
    line = " ".join(_printable(text).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _printable(text: str) -> str:
    return "".join(" " if is_unprintable(each) else each for each in text)
