"""Which columns of a row its copy cannot have as they are: those that are another's in each row."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Index, TextClause, UniqueConstraint


def is_made_anew(column: Column[Any], is_to_differ: bool) -> bool:  # noqa: FBT001 - by place, twice
    """Return whether the database, or a default, gives each row another.

    `is_to_differ`: a copy that had the same would be refused.
    """
    if column.computed is not None:
        return True
    numbered = column.table.autoincrement_column is column
    return (column.primary_key and numbered) or (is_to_differ and _has_another_each_time(column))


def _has_another_each_time(column: Column[Any]) -> bool:
    """Whether a default can: what is written down as a value is the same for all."""
    given = column.default is not None and not column.default.is_scalar
    return given or column.server_default is not None


def unique_sets(table: Any) -> Iterator[tuple[Column[Any], ...]]:
    """Yield what is unique in a table, its primary key too; no index that nobody can read."""
    yield tuple(table.primary_key.columns)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield tuple(constraint.columns)
    for index in table.indexes:
        if index.unique and not (_is_partial(index) or _is_in_words(index)):
            yield tuple(index.columns)


def _is_partial(index: Index) -> bool:
    return any(index.dialect_options[name].get("where") is not None for name in _DIALECTS)


def _is_in_words(index: Index) -> bool:
    """Whether columns may be in it that only its SQL names."""
    return any(isinstance(each, TextClause) for each in index.expressions)


_DIALECTS = ("postgresql", "sqlite")
