"""A host's rows that stand on a tab's row: which there are, and what becomes of them.

owned.py has the mixin that makes a model one of these. They are deleted one by one through the ORM,
as `session.delete` would, so that a relationship's cascades and a model's events have their say.
"""

from collections.abc import Collection, Sequence
from typing import Any, Literal, get_args

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Mapper, Session

from .row_joins import reached
from .row_links import OWNER, Link, empty, links, tables_of

CHOICE = "__outlives_tab__"
Outlives = Literal["never", "completed", "always"]
CHOICES: tuple[str, ...] = get_args(Outlives)


def models_below(base: Any) -> Sequence[type[Any]]:
    """Return a declarative base's models whose rows stand on tabs, in the order of their names."""
    if base is None:
        return ()
    models = [each.class_ for each in base.registry.mappers if _is_owned(each)]
    return sorted(models, key=lambda model: (model.__name__, model.__module__))


def end(
    session: Session,
    models: Sequence[type[Any]],
    tabs: list[int],
    reason: str,
    completed: Collection[int],
) -> None:
    """Delete these tabs' rows, or let go of them, as their models say.

    `completed` are those of the tabs that reached their goal before this.
    """
    if models:
        session.flush()  # what was given to a tab a moment ago goes with it, too
    going: list[Any] = []
    for model in models:
        if of_these := _tabs_whose_rows_go(getattr(model, CHOICE), tabs, reason, completed):
            going += rows_of(session, model, of_these)
        elif reason == "forgotten":
            # Nobody else does: there may be no key, or an SQLite that does not look at keys. It
            # may give the number to another tab one day.
            owner = getattr(model, OWNER)
            session.execute(update(model).where(owner.in_(tabs)).values({OWNER: None}))
    _delete(session, going)


def rows_of(session: Session, model: type[Any], tabs: list[int]) -> Sequence[Any]:
    """Return the rows of these tabs, in the order of their keys."""
    mine = select(model).where(getattr(model, OWNER).in_(tabs))
    return session.scalars(mine.order_by(*inspect(model).primary_key)).all()


def _tabs_whose_rows_go(
    outlives: Outlives, tabs: list[int], reason: str, completed: Collection[int]
) -> list[int]:
    if outlives == "never":
        return tabs
    if outlives == "always" or reason in {"completed", "forgotten"}:
        return []
    return [tab for tab in tabs if tab not in completed]


def _delete(session: Session, rows: Sequence[Any]) -> None:
    """Delete rows, those first to which no other of them points."""
    while rows:
        found = links(rows, rows)
        held = {
            id(link.target) for row in rows for link in found[id(row)] if link.target is not row
        } | _held_from_afar(rows)
        if going := [row for row in rows if id(row) not in held]:
            for row in going:
                if inspect(row).persistent:  # else one of the others has taken it along
                    session.delete(row)
        elif not _open_circle(rows, found):
            going = list(rows)  # the database itself says what it thinks of it
            for row in going:
                session.delete(row)
        session.flush()
        gone = {id(row) for row in going}
        rows = [row for row in rows if id(row) not in gone and inspect(row).persistent]


def _held_from_afar(rows: Sequence[Any]) -> set[int]:
    """Those to whose tables keys of others lead through a table of no tab's: all of them wait.

    The database may take such others along (ON DELETE), and they would be missed when they go.
    """
    kinds = {type(row) for row in rows}
    owned = tables_of(kinds)
    behind = {kind: reached(tables_of([kind]), owned) - tables_of([kind]) for kind in kinds}
    held = {table for tables in behind.values() for table in tables}
    return {id(row) for row in rows if held & tables_of([type(row)])} if held else set()


def _open_circle(rows: Sequence[Any], found: dict[int, list[Link]]) -> bool:
    """Empty those keys of a circle that may be; whether there are any."""
    optional = [(row, link) for row in rows for link in found[id(row)] if link.pointer.is_optional]
    for row, link in optional:
        empty(row, link.pointer)
    return bool(optional)


def _is_owned(mapper: Mapper[Any]) -> bool:
    # Of several classes of one inheritance the first stands for all.
    is_first = mapper.inherits is None or not hasattr(mapper.inherits.class_, CHOICE)
    return hasattr(mapper.class_, CHOICE) and is_first
