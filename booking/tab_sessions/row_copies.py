"""Copies of a tab's rows for a duplicate of it: what pointed to a row points to the row's copy.

A copy that still pointed to a row of the source would go with it, or keep it from going.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Table, inspect
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.exc import UnmappedColumnError

from .deferred import refuse_what_a_commit_would
from .errors import TabSessionError
from .row_columns import is_made_anew, unique_sets
from .row_joins import copy_joins, joins
from .row_links import OWNER, Link, Pointer, empty, links, point, pointers, tables_of, values_of
from .rows_by_tab import CHOICE, rows_of

_CURE = (
    "or leave its rows out (__copied_with_tab__ = False) and let on_fork copy what a duplicate is "
    "to have."
)


def copied_of(models: Sequence[type[Any]]) -> list[type[Any]]:
    """Return those models whose rows a duplicate gets copies of."""
    return [model for model in models if model.__copied_with_tab__]


def copy(session: Session, models: Sequence[type[Any]], source: int, copy: int) -> None:
    """Copy what stands on a tab for a copy of it, of those models that say so.

    Raises: TabSessionError for rows that cannot be copied, and what the database refuses.
    """
    rows, kept = _all_of(session, copied_of(models), source), tables_of(copied_of(models))
    if not rows:
        return
    left = _all_of(session, _left_behind(models), source)
    found, to_left = links(rows, rows), links(rows, left)
    made: dict[int, Any] = {}
    waiting, later = rows, list[tuple[Any, Link]]()
    while waiting:
        ready = _ready(waiting, found, made)
        for row in ready:
            copied = _copy_of(row, copy, kept)
            for link in to_left[id(row)]:
                _leave(copied, link)
            later += [(copied, link) for link in _follow(copied, found[id(row)], made)]
            session.add(copied)
            made[id(row)] = copied
        session.flush()  # they have their keys now, for those that point to them
        waiting = [row for row in waiting if id(row) not in made]
    for copied, link in later:
        point(copied, link.pointer, values_of(made[id(link.target)], link.pointer))
    session.flush()
    others = [join for join in joins(rows) if join.secondary not in tables_of(models)]
    copy_joins(session, others, rows, made, tables_of(_left_behind(models)))
    refuse_what_a_commit_would(session, tables_of(copied_of(models)), copy)


def refuse_what_cannot_be_copied(models: Sequence[type[Any]]) -> None:
    """Say of models at their first use what no duplicate could ever have.

    Raises: TabSessionError that names the cure.
    """
    copied = copied_of(models)
    kept = tables_of(copied)
    for model in copied:
        for mapper in inspect(model).self_and_descendants:
            _refuse_unique(mapper, kept)
            _refuse_pointers(mapper, tables_of(_left_behind(models)))
    _refuse_circles(copied)


def _all_of(session: Session, models: Sequence[type[Any]], tab: int) -> list[Any]:
    return [row for model in models for row in rows_of(session, model, [tab])]


def _left_behind(models: Sequence[type[Any]]) -> list[type[Any]]:
    """The models whose rows a source takes along when it ends, and a duplicate has none of."""
    return [
        model
        for model in models
        if not model.__copied_with_tab__ and getattr(model, CHOICE) != "always"
    ]


def _ready(
    waiting: Sequence[Any], found: dict[int, list[Link]], made: dict[int, Any]
) -> Sequence[Any]:
    """Those rows that point to none that has no copy yet; in a circle one that may wait for it."""

    def missing(row: Any) -> list[Link]:
        return [link for link in found[id(row)] if id(link.target) not in made]

    if ready := [row for row in waiting if not missing(row)]:
        return ready
    for row in waiting:
        if all(link.pointer.is_optional for link in missing(row)):
            return [row]
    raise TabSessionError(_circle(type(row).__name__ for row in waiting))


def _follow(copied: Any, found: list[Link], made: dict[int, Any]) -> Iterator[Link]:
    """Let a copy point to copies; yield the links to rows that have none yet."""
    for link in found:
        if id(link.target) in made:
            point(copied, link.pointer, values_of(made[id(link.target)], link.pointer))
        else:
            empty(copied, link.pointer)
            yield link


def _leave(copied: Any, link: Link) -> None:
    if not link.pointer.is_optional:
        raise TabSessionError(_to_left(type(copied).__name__, link.pointer))
    empty(copied, link.pointer)


def _copy_of(row: Any, tab: int, kept: set[Table]) -> Any:
    mapper = inspect(row).mapper
    copied = mapper.class_manager.new_instance()  # past an __init__ that wants arguments
    for name in _names_to_copy(mapper, kept):
        setattr(copied, name, getattr(row, name))
    setattr(copied, OWNER, tab)
    return copied


def _names_to_copy(mapper: Mapper[Any], kept: set[Table]) -> Iterator[str]:
    anew = {column for columns in _alike(mapper, kept) for column in columns}
    for each in mapper.column_attrs:
        columns = [column for column in each.columns if isinstance(column, Column)]
        if columns and not any(is_made_anew(column, column in anew) for column in columns):
            yield each.key


def _alike(mapper: Mapper[Any], kept: set[Table]) -> Iterator[tuple[Column[Any], ...]]:
    """What is unique and would be the same in a copy: no key to the tab or to a copy is in it."""
    other = {name for pointer in pointers(mapper, kept) for name in pointer.names} | {OWNER}
    for table in mapper.tables:
        for columns in unique_sets(table) if isinstance(table, Table) else ():
            names = [_name_of(mapper, column) for column in columns]
            if None not in names and not other & set(names):
                yield columns


def _name_of(mapper: Mapper[Any], column: Column[Any]) -> str | None:
    """The attribute that a column has; None: the app has none, and only the database fills it."""
    try:
        return mapper.get_property_by_column(column).key
    except UnmappedColumnError:
        return None


# -- what is refused -------------------------------------------------------------------------------


def _refuse_unique(mapper: Mapper[Any], kept: set[Table]) -> None:
    same = set(_names_to_copy(mapper, kept))
    for columns in _alike(mapper, kept):
        names = [mapper.get_property_by_column(column).key for column in columns]
        if same.issuperset(names) and not any(each.nullable for each in columns):
            raise TabSessionError(
                f"{mapper.class_.__name__} is copied with its tab, and no other row may have "
                f"the same {', '.join(names)}, so no duplicate could have its copy. Give one "
                "of them a default that makes it anew for each row (a function, or one of the "
                f"database's), add {OWNER} to what is unique, {_CURE}"
            )


def _refuse_pointers(mapper: Mapper[Any], left: set[Table]) -> None:
    for pointer in pointers(mapper, left):
        if not pointer.is_optional:
            raise TabSessionError(_to_left(mapper.class_.__name__, pointer))


def _to_left(name: str, pointer: Pointer) -> str:
    return (
        f"{name} is copied with its tab and points to {pointer.table.name}, which is not, so a "
        "duplicate's copy would hang on the source's row and end with it. Write "
        f"__copied_with_tab__ = True there as well, let {', '.join(pointer.names)} be empty "
        f"(nullable), {_CURE}"
    )


def _refuse_circles(copied: Sequence[type[Any]]) -> None:
    """Of keys that must lead somewhere none can be the first."""
    waiting = {model: _needed(model, copied) for model in copied}
    while waiting:
        free = [model for model, needed in waiting.items() if not needed & set(waiting)]
        if not free:
            raise TabSessionError(_circle(model.__name__ for model in waiting))
        for model in free:
            del waiting[model]


def _needed(model: type[Any], copied: Sequence[type[Any]]) -> set[type[Any]]:
    wanted = {
        pointer.table
        for mapper in inspect(model).self_and_descendants
        for pointer in pointers(mapper, tables_of(copied))
        if not pointer.is_optional
    }
    return {each for each in copied if tables_of([each]) & wanted}


def _circle(names: Iterable[str]) -> str:
    return (
        f"Rows of {', '.join(sorted(set(names)))} are copied with their tab and point to each "
        "other in a circle, so none of their copies can be the first. Let one of the keys be empty "
        f"(nullable), {_CURE}"
    )
