"""Reading a table of the business file so that every mistake in it is told, each with its line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from booking.i18n import gettext as _
from booking.i18n.date_input import InvalidValue

from .toml_positions import Path, line_near

T = TypeVar("T")


class BusinessFileError(Exception):
    """The file cannot be loaded; `problems` says why, a line each: place, mistake, remedy."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


MOST_PROBLEMS = 100
"""Told at once: whoever has more mends these first."""
_LONGEST = 400  # characters of one problem: it may repeat what stands in the file
_LOOKED_AT = 500  # known words that one may have meant


class EnoughProblems(Exception):
    """Reading on would only find more."""

    def __init__(self) -> None:
        super().__init__("there may be more mistakes: mend these first, and load it again")


class Report:
    """What is to be said about a file: `problems` keep it from being loaded, `notes` do not."""

    def __init__(self, name: str, lines: dict[Path, int]) -> None:
        self.name, self.lines = name, lines
        self.problems: list[tuple[int, str]] = []
        self.notes: list[tuple[int, str]] = []

    def line(self, path: Path) -> int:
        """Return where in the file it stands."""
        return line_near(self.lines, path)

    def wrong(self, path: Path, problem: str) -> None:
        """Note what is wrong there.

        Raises: EnoughProblems.
        """
        self.problems.append((self.line(path), problem))
        if len(self.problems) >= MOST_PROBLEMS:
            raise EnoughProblems

    def note(self, path: Path, remark: str) -> None:
        """Note what is worth telling, and no mistake."""
        self.notes.append((self.line(path), remark))

    def with_places(self, remarks: list[tuple[int, str]]) -> list[str]:
        """Return the remarks in the order of the file, each with its place."""
        return [f"{self.place(line)}: {_cut(text)}" for line, text in sorted(remarks)]

    def place(self, line: int) -> str:
        """Return how a remark on this line begins."""
        return f"{self.name}:{line}"


class Section:
    """One table of the file. A value that is wrong is reported, and reading goes on without it."""

    def __init__(self, table: Mapping[str, Any], path: Path, report: Report) -> None:
        self._table, self._path, self._report = table, path, report
        self._asked: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def raw(self, key: str) -> Any:
        """Return the value as it stands in the file, None when it does not."""
        return self._table.get(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def line(self, *keys: str | int) -> int:
        return self._report.line((*self._path, *keys))

    def wrong(self, problem: str, *keys: str | int) -> None:
        self._report.wrong((*self._path, *keys), problem)

    def note(self, remark: str, *keys: str | int) -> None:
        self._report.note((*self._path, *keys), remark)

    def take(self, key: str, convert: Callable[[Any], T], default: T) -> T:
        """Return the converted value; `default` when it is not there, and when it is wrong."""
        self._asked.append(key)
        if key not in self._table:
            return default
        try:
            return convert(self._table[key])
        except InvalidValue as error:
            self.wrong(f"{key}: {error}", key)
            return default

    def need(self, key: str, convert: Callable[[Any], T], example: str, meanwhile: T) -> T:
        """Take a value whose absence is a mistake; then reading goes on with `meanwhile`."""
        if key not in self._table:
            self.wrong(
                _("%(key)s is missing; write %(key)s = %(example)s", key=key, example=example)
            )
        return self.take(key, convert, meanwhile)

    def each(self, key: str, convert: Callable[[Any], T]) -> list[T]:
        """Return the converted items of a list, or of a single value without brackets."""
        self._asked.append(key)
        value = self._table.get(key, [])
        items = value if isinstance(value, list) else [value]
        converted: list[T] = []
        for index, item in enumerate(items):
            try:
                converted.append(convert(item))
            except InvalidValue as error:
                self.wrong(f"{key}: {error}", key, index)
        return converted

    def table(self, key: str) -> Section:
        """Return the table of this name, an empty one when it is not there."""
        self._asked.append(key)
        value = self._table.get(key, {})
        if not isinstance(value, dict):
            self.wrong(f"{key} is not a table; write {self._header(key)} and its keys below", key)
            value = {}
        return Section(value, (*self._path, key), self._report)

    def tables(self, key: str) -> list[Section]:
        """Return the tables written as [[key]], in the order of the file."""
        self._asked.append(key)
        value = self._table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.wrong(
                f"{key} is a list of tables; write [{self._header(key)}] above each of them", key
            )
            value = []
        return [
            Section(item, (*self._path, key, index), self._report)
            for index, item in enumerate(value)
        ]

    def finish(self) -> None:
        """Report every key that nothing has asked for."""
        for key in self._table:
            if key not in self._asked:
                better = remedy(key, self._asked)
                self.wrong(_("%(key)s is not known here; %(remedy)s", key=key, remedy=better), key)

    def _header(self, key: str) -> str:
        return f"[{'.'.join(part for part in (*self._path, key) if isinstance(part, str))}]"


def remedy(word: str, known: list[str]) -> str:
    """Return the known word that was probably meant, or all of them."""
    near = get_close_matches(word.lower(), known[:_LOOKED_AT], n=1, cutoff=0.6)
    if near:
        return _("did you mean %(near)s? write %(near)s", near=near[0])
    if not known:
        return _("write nothing here")
    return _("write one of %(known)s", known=", ".join(known))


def _cut(text: str) -> str:
    """Without its middle where it is too long to be read: its end says what to write."""
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} … {text[-half:]}"
