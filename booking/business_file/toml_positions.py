"""Where in a TOML file a value stands: tomllib reads values but forgets their lines.

Not a parser: `lines_of` is called with a text that tomllib has accepted, so it only has to
find its way, never to judge. (Of the libraries that give positions none was kept up when this
was written; tomlkit has the wish open as its issue #55.)
"""

import re
import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]

MOST_PLACES = 20_000
"""Of one file: ten times what a chain of shops would write."""


class TooMuch(ValueError):
    """The text has more values than anybody writes, or they are nested deeper."""


_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')[ \t]*(\.?)""")
# A text of three quotes may end in five: the first three that close it may follow two of its own.
_VALUE = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:'{0,2})'''
    r"""|"(?:\\.|[^"\\])*"|'[^']*'|[^,\]}#\n]+""",
    re.DOTALL,
)

NESTED = "the brackets, or the names with dots between them, are nested too deeply"
# A name of a hundred parts: tomllib, and whatever walks along it, takes the square of their number.
# No part of the pattern looks at a character more often than that, whatever the text is.
_DEEP = re.compile(
    r"""(?:(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
    r"""(?:[ \t]*+\.[ \t]*+(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')){100}"""
)


def refuse_deep(text: str) -> None:
    """Raise TooMuch for a text that would take tomllib minutes to read."""
    if _DEEP.search(text):
        raise TooMuch(NESTED)


def lines_of(text: str) -> dict[Path, int]:
    """Return the line (from 1) of every table, key and list item, by its path from the top.

    ("services", 1, "slug") is the slug of the second service.

    Raises: TooMuch.
    """
    try:
        return _Walk(text).lines
    except RecursionError:
        raise TooMuch(NESTED) from None


def line_near(lines: dict[Path, int], path: Path) -> int:
    """Return the line of this path, or of the nearest thing above it that is in the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Walk:
    """One pass over the text, writing down what is met where."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.lines: dict[Path, int] = {}
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._tables_in_list: dict[Path, int] = {}
        table: Path = ()
        while self._next():
            if self._next() == "[":
                table = self._header()
            else:
                self._key_and_value(table)

    def _next(self) -> str:
        """The next character that means something, "" at the end of the text."""
        self.at = self._end_of(_GAP)
        return self.text[self.at : self.at + 1]

    def _end_of(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        return match.end() if match else self.at + 1

    def _note(self, path: Path) -> None:
        if len(self.lines) > MOST_PLACES:
            raise TooMuch(f"there are more than {MOST_PLACES} keys and values in it")
        self.lines.setdefault(path, bisect_right(self._starts, self.at))

    def _keys(self) -> list[str]:
        keys, more = [], True
        while more and (match := _KEY.match(self.text, self.at)):
            keys.append(_unquoted(match[1]))
            more, self.at = bool(match[2]), match.end()
        return keys

    def _header(self) -> Path:
        start = self.at
        in_list = self.text.startswith("[[", start)
        self.at += 2 if in_list else 1
        keys = self._keys()
        after, self.at = self.at + (2 if in_list else 1), start
        path: Path = ()
        for key in keys[:-1]:
            path = self._inside((*path, key))
            self._note(path)
        path = (*path, keys[-1])
        self._note(path)
        if in_list:
            self._tables_in_list[path] = self._tables_in_list.get(path, -1) + 1
        path = self._inside(path)
        self._note(path)
        self.at = after
        return path

    def _inside(self, path: Path) -> Path:
        """In TOML a list of tables, named, means the last of its tables so far."""
        return (*path, self._tables_in_list[path]) if path in self._tables_in_list else path

    def _key_and_value(self, table: Path) -> None:
        start, keys = self.at, self._keys()
        after, self.at = self.at, start
        for key in keys:
            table = (*table, key)
            self._note(table)
        self.at = after + 1  # past the equals sign
        self._value(table)

    def _value(self, path: Path) -> None:
        opening = self._next()
        self._note(path)
        if opening == "[":
            self._list(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            self.at = self._end_of(_VALUE)

    def _list(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._next() not in ("]", ""):
            self._value((*path, index))
            index += 1
            self._skip_comma()
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._next() not in ("}", ""):
            self._key_and_value(path)
            self._skip_comma()
        self.at += 1

    def _skip_comma(self) -> None:
        if self._next() == ",":
            self.at += 1


def _unquoted(key: str) -> str:
    if key[0] not in "\"'":
        return key
    return str(tomllib.loads(f"key = {key}")["key"])
