"""Which rows by tab point to which: the foreign keys between a host's models that are TabOwned."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Column, ForeignKeyConstraint, Table, inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.exc import UnmappedColumnError

OWNER = "tab_session_id"


@dataclass(frozen=True)
class Pointer:
    """A foreign key of a model's to another's: its attributes, and whose columns they name.

    `is_optional`: one of them may be empty, beside the tab's own.
    """

    names: tuple[str, ...]
    table: Table
    columns: tuple[Column[Any], ...]
    is_optional: bool


class Link(NamedTuple):
    """A row's key that names another row."""

    pointer: Pointer
    target: Any


def tables_of(models: Iterable[type[Any]]) -> set[Table]:
    """Return the tables in which these models' rows lie, those of their subclasses too."""
    mappers = (each for model in models for each in inspect(model).self_and_descendants)
    return {table for each in mappers for table in each.tables if isinstance(table, Table)}


def pointers(mapper: Mapper[Any], tables: set[Table]) -> Iterator[Pointer]:
    """Yield the keys of a model's that lead to one of these tables."""
    for table in mapper.tables:
        if isinstance(table, Table):
            for key in table.foreign_key_constraints:
                pointer = _pointer(mapper, key, tables)
                if pointer is not None:
                    yield pointer


def links(rows: Sequence[Any], targets: Sequence[Any]) -> dict[int, list[Link]]:
    """Return by each row's `id()` which of the targets it points to."""
    tables = tables_of({type(row) for row in targets})
    found: dict[int, list[Link]] = {id(row): [] for row in rows}
    by_class = {kind: list(pointers(inspect(kind), tables)) for kind in {type(row) for row in rows}}
    known: dict[tuple[Column[Any], ...], dict[tuple[Any, ...], Any]] = {}
    for row in rows:
        for pointer in by_class[type(row)]:
            if pointer.columns not in known:
                known[pointer.columns] = _by_their_values(targets, pointer)
            target = known[pointer.columns].get(tuple(getattr(row, name) for name in pointer.names))
            if target is not None:
                found[id(row)].append(Link(pointer, target))
    return found


def values_of(row: Any, pointer: Pointer) -> tuple[Any, ...]:
    """Return what a key that leads to this row has to be."""
    mapper = inspect(row).mapper
    return tuple(
        getattr(row, mapper.get_property_by_column(column).key) for column in pointer.columns
    )


def point(row: Any, pointer: Pointer, values: Sequence[Any]) -> None:
    """Let a row's key have these values."""
    for name, value in zip(pointer.names, values, strict=True):
        setattr(row, name, value)


def empty(row: Any, pointer: Pointer) -> None:
    """Let a row's optional key lead nowhere."""
    columns = inspect(row).mapper.columns
    for name in pointer.names:
        if columns[name].nullable and name != OWNER:
            setattr(row, name, None)


def _pointer(mapper: Mapper[Any], key: ForeignKeyConstraint, tables: set[Table]) -> Pointer | None:
    try:
        if key.referred_table not in tables:
            return None
        own = [mapper.get_property_by_column(each.parent) for each in key.elements]
    except (InvalidRequestError, UnmappedColumnError):  # a table, or attribute, that is not there
        return None
    columns = tuple(each.column for each in key.elements)
    if key.referred_table in mapper.tables and all(
        mapper.get_property_by_column(column) is prop
        for column, prop in zip(columns, own, strict=True)
    ):
        return None  # how a class that inherits hangs on its parent's row: they are one
    is_optional = any(each.parent.nullable and each.parent.name != OWNER for each in key.elements)
    return Pointer(tuple(each.key for each in own), key.referred_table, columns, is_optional)


def _by_their_values(targets: Sequence[Any], pointer: Pointer) -> dict[tuple[Any, ...], Any]:
    there = (row for row in targets if pointer.table in inspect(row).mapper.tables)
    return {values_of(row, pointer): row for row in there}
