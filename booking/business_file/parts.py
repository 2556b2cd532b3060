"""Read one part of a business as its file would be read, from a form: each mistake by its field.

The tables are those of the file, the rules and the words as well; only where a mistake is told is
another place.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .section import EnoughProblems, Report, Section
from .toml_positions import Path

T = TypeVar("T")


class ByField(Report):
    """What is wrong, by the path of the field in its table: the first of each."""

    def __init__(self) -> None:
        super().__init__("", {})
        self.by_field: dict[Path, str] = {}

    def line(self, path: Path) -> int:  # noqa: ARG002 - a form has none
        """Return 0."""
        return 0

    def wrong(self, path: Path, problem: str) -> None:
        """Note what is wrong there, without the key that a file would have in front of it."""
        names = [part for part in path if isinstance(part, str)]
        said = problem.removeprefix(f"{names[-1]}: ") if names else problem
        self.by_field.setdefault(path, f"{said[:1].upper()}{said[1:]}.")

    def note(self, path: Path, remark: str) -> None:
        """Take it for a mistake: whoever types it now can say what is meant."""
        self.wrong(path, remark)


def read_part(table: Mapping[str, Any], read: Callable[[Section], T]) -> tuple[T, dict[Path, str]]:
    """Return what `read` makes of the table, and each mistake by where it stands in it.

    With a mistake what is returned is not to be used.
    """
    report = ByField()
    section = Section(table, (), report)
    try:
        return read(section), report.by_field
    except EnoughProblems:  # a form has fewer fields than that
        raise AssertionError from None
