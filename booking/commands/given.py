"""What commands are given: numbers of rows, and files to write into."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.types import IntParamType

MOST = 2**63 - 1
"""The largest number that a database keeps; SQLite's driver takes no larger one even to compare."""


class _Number(IntParamType):
    """The number of a row, as a table of ours has them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if abs(number) > MOST:
            # As of any other number that nothing has; it is written as it should be.
            raise click.ClickException("Nothing here has a number of so many digits.")
        return number


NUMBER = _Number()


@contextmanager
def written(file: Path) -> Iterator[None]:
    """Say in a line that this file, or one beside it, cannot be written, and what to do."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(
            f"{error.filename or file} cannot be written: {error.strerror}. Name a file in a "
            "folder that this user may write into."
        ) from error
