"""What joins rows by tab to others beside their own keys: a host's tables that belong to no tab.

Of a many-to-many relationship the rows lie in a table without a model, and a duplicate's copies
are to be joined as their sources are. And where a key leads from one of our tables through such
a one to another, the database may take the first along as soon as the last one goes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, insert, inspect, select, tuple_
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, Session

from .row_columns import is_made_anew, unique_sets

Values = tuple[Any, ...]


def copy_joins(
    session: Session,
    through: Iterable[RelationshipProperty[Any]],
    rows: Sequence[Any],
    made: Mapping[int, Any],
    left: set[Table],
) -> None:
    """Join the copies as the rows are that they were made of; `made` has them by a row's `id()`.

    What is joined to a row that is copied is joined to its copy, to one of the tables that are
    `left` to the source not at all, and to any other as it is.
    """
    done: set[frozenset[ColumnElement[Any]]] = set()
    for join in through:
        if left & _tables(join.mapper) or (ends := frozenset(_ends(join))) in done:
            continue
        done.add(ends)
        _copy_join(session, join, rows, made)


def reached(tables: Iterable[Table], owned: set[Table]) -> set[Table]:
    """Return those of the owned tables to which keys lead through tables that are not."""
    found: set[Table] = set()
    seen: set[Table] = set()
    waiting = [other for table in tables for other in _targets(table) if other not in owned]
    while waiting:
        table = waiting.pop()
        if table in seen:
            continue
        seen.add(table)
        for other in _targets(table):
            if other in owned:
                found.add(other)
            else:
                waiting.append(other)
    return found


def _targets(table: Table) -> Iterator[Table]:
    for key in table.foreign_key_constraints:
        try:
            yield key.referred_table
        except InvalidRequestError:  # a table that is not there
            continue


def joins(rows: Sequence[Any]) -> Iterator[RelationshipProperty[Any]]:
    """Yield the many-to-many relationships of these rows that write.

    Where a model has the table of one, its rows are its own, and copied as such.
    """
    for kind in {type(row) for row in rows}:
        mapper: Mapper[Any] = inspect(kind)
        for each in mapper.relationships:
            is_join = each.direction is RelationshipDirection.MANYTOMANY
            if is_join and not each.viewonly and isinstance(each.secondary, Table):
                yield each


def _tables(mapper: Mapper[Any]) -> set[Table]:
    return {table for table in mapper.tables if isinstance(table, Table)}


def _ends(join: RelationshipProperty[Any]) -> Iterator[ColumnElement[Any]]:
    pairs = [*join.synchronize_pairs, *(join.secondary_synchronize_pairs or ())]
    for _, column in pairs:
        yield column


class _Side:
    """One end of a join: whose rows, and by which columns of the join's table it names them."""

    def __init__(self, mapper: Mapper[Any], pairs: Iterable[tuple[Any, Any]]) -> None:
        self._mapper, self._pairs = mapper, list(pairs)
        self.columns = [column for _, column in self._pairs]

    def copies(self, rows: Sequence[Any], made: Mapping[int, Any]) -> dict[Values, Any]:
        """Return the copies of this side's rows, by what names their sources."""
        mine = [row for row in rows if inspect(row).mapper.isa(self._mapper)]
        return {self._named(row): made[id(row)] for row in mine}

    def named_in(self, found: Mapping[Any, Any]) -> Values:
        """Return what a row of the join's table names."""
        return tuple(found[column] for column in self.columns)

    def naming(self, row: Any) -> dict[str, Any]:
        """Return what a row of the join's table has to say to name this one."""
        return dict(zip([column.key for column in self.columns], self._named(row), strict=True))

    def _named(self, row: Any) -> Values:
        props = [self._mapper.get_property_by_column(column) for column, _ in self._pairs]
        return tuple(getattr(row, each.key) for each in props)


def _copy_join(
    session: Session, join: RelationshipProperty[Any], rows: Sequence[Any], made: Mapping[int, Any]
) -> None:
    table: Any = join.secondary
    near = _Side(join.parent, join.synchronize_pairs)
    far = _Side(join.mapper, join.secondary_synchronize_pairs or ())
    copies, others = near.copies(rows, made), far.copies(rows, made)
    to_differ = {
        column
        for columns in unique_sets(table)
        if set(near.columns).isdisjoint(columns)
        for column in columns
    }
    kept = [each for each in table.c if not is_made_anew(each, each in to_differ)]
    mine = select(*kept).where(tuple_(*near.columns).in_(list(copies)))
    new = [
        {
            **{each.key: found[each] for each in kept},
            **near.naming(copies[near.named_in(found)]),
            **(far.naming(others[named]) if (named := far.named_in(found)) in others else {}),
        }
        for found in session.execute(mine).mappings()
    ]
    if new:
        session.execute(insert(table), new)
