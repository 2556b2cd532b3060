"""TabOwned: rows of the host's own that stand on a tab, beside the draft.

    class Line(TabOwned, db.Model):
        __outlives_tab__ = "never"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]

    Line(text="Milk").give_to(tab)
    Line.of(tab)

The key points to the library's table, which stays out of the host's metadata: nothing of ours is
proposed to its migrations, and its own key is. docs/own-rows.md says what it costs.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Self, cast
from weakref import WeakSet

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ForeignKey,
    Table,
    event,
    inspect,
    select,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from .config import current_config
from .errors import ReadOnlyTab, TabSessionError
from .model import metadata
from .model import tab_session as tabs
from .row_copies import refuse_what_cannot_be_copied
from .row_links import OWNER
from .rows_by_tab import CHOICE, CHOICES, Outlives, models_below
from .session import TabSession

_looked_at: WeakSet[type["TabOwned"]] = WeakSet()  # nothing in them keeps a duplicate from its copy


def key_of(tab: TabSession[Any]) -> int:
    """Return `tab.key` as the number that it is in every writing request.

    Raises: ReadOnlyTab in a request that only reads, EndedTab after `end()`.
    """
    tab.refuse_when_ended()
    key = tab.key if tab.writable else None
    if key is None:
        raise ReadOnlyTab
    return key


class TabOwned:
    """A mixin for a model whose rows belong to a tab; write it first among the bases.

    `__outlives_tab__` must be chosen. "never": the rows go with the draft, however it ends, at its
    goal as well. "completed": they go where the tab ends before its goal, and stay from there on.
    "always": they stay. What stays has no tab any more once the tab is forgotten.
    `__copied_with_tab__`: whether a duplicate of the tab gets copies of them.
    `__tab_foreign_key__`: whether the database knows of the key; False where the model's rows lie
    in another database, as they do with a `__bind_key__`.
    """

    __copied_with_tab__: ClassVar[bool] = False
    if TYPE_CHECKING:  # a mixin with mapped fields would have to be a dataclass for dataclasses
        __outlives_tab__: ClassVar[Outlives]
        __tab_foreign_key__: ClassVar[bool]
        tab_session_id: Mapped[int | None]

    def __init_subclass__(cls, **options: Any) -> None:
        """Give a model its column; a class without a table waits for one that has it.

        Raises: TabSessionError, with the remedy.
        """
        if isinstance(ready := vars(cls).get("__table__"), Table):
            _require_choice(cls)
            _require_column(cls.__name__, ready)
        elif _begins_a_table(cls):
            _require_choice(cls)
            setattr(cls, OWNER, _owner_column(cls))
        elif hasattr(cls, OWNER) and CHOICE in vars(cls):
            raise TabSessionError(
                f"{cls.__name__} lies in a table with other classes: write {CHOICE} on the first."
            )
        super().__init_subclass__(**options)

    @classmethod
    def of(cls, tab: TabSession[Any], *conditions: ColumnElement[bool]) -> list[Self]:
        """Return this tab's rows, those that meet all conditions, in the order of their keys.

        Without a row of the tab there are none, and none is made.
        """
        mine = select(cls).where(cls.is_of(tab), *conditions)
        return list(tab.session.scalars(mine.order_by(*inspect(cls).primary_key)))

    @classmethod
    def is_of(cls, tab: TabSession[Any]) -> ColumnElement[bool]:
        """Return the condition that a row is this tab's, for a query of your own.

        Raises: TabSessionError where the app's TabSessions does not know the model, or rows of it
        could not be copied as it says.
        """
        _require_known(cls)
        key = None if tab.state == "new" else tab.key
        # No key: nobody's rows are not those of a tab that has none yet.
        return cls.tab_session_id.in_([] if key is None else [key])

    def give_to(self, tab: TabSession[Any]) -> Self:
        """Let the row be this tab's, add it to the session and return it.

        Raises: ReadOnlyTab, EndedTab, TabSessionError where the app's TabSessions does not know
        the model, or rows of it could not be copied as it says.
        """
        _require_known(type(self))
        self.tab_session_id = key_of(tab)
        tab.session.add(self)
        return self


def _begins_a_table(cls: type[TabOwned]) -> bool:
    is_model = hasattr(cls, "registry") or "__tablename__" in vars(cls)
    return is_model and not (vars(cls).get("__abstract__") or hasattr(cls, OWNER))


def _require_choice(cls: type[TabOwned]) -> None:
    if inspect(cls, raiseerr=False) is not None:
        raise TabSessionError(
            f"{cls.__name__}: write TabOwned first, class {cls.__name__}(TabOwned, …)."
        )
    _require_outlives(cls)


def _require_outlives(cls: type[TabOwned]) -> None:
    if getattr(cls, CHOICE, None) not in CHOICES:
        raise TabSessionError(
            f"What becomes of the rows of {cls.__name__} when their tab ends? Write "
            f'{CHOICE} = "never" (they go with the draft), "completed" (they go unless the tab '
            'reached its goal) or "always" (they stay).'
        )


def _require_column(name: str, table: Table) -> None:
    """Refuse a table that was made beforehand and has no column for the tab's key.

    Raises: TabSessionError, with the remedy.
    """
    if OWNER not in table.c:
        raise TabSessionError(
            f"{name} is TabOwned, and its table {table.name} was made without a column for the "
            f'tab\'s key. Write Column("{OWNER}", BigInteger, ForeignKey(tab_session.c.id, '
            'ondelete="CASCADE"), index=True) in it ("SET NULL" where rows may stay).'
        )


def _owner_column(cls: type[TabOwned]) -> Any:
    goes = cls.__outlives_tab__ == "never"
    keys = []
    if getattr(cls, "__tab_foreign_key__", getattr(cls, "__bind_key__", None) is None):
        # A tombstone outlives the tab by a month; what the database does then comes on top.
        target = _our_table_for(getattr(cls, "metadata", None))
        keys.append(ForeignKey(target.c.id, ondelete="CASCADE" if goes else "SET NULL"))
    return mapped_column(OWNER, BigInteger, *keys, nullable=not goes, index=True)


def _our_table_for(metadata_of_host: Any) -> Table:
    """Our table, as a host has it in its own metadata by tab_session.to_metadata() if it does."""
    if metadata_of_host is None:
        return tabs
    return cast("Table", metadata_of_host.tables.get(tabs.name, tabs))


def _require_known(cls: type[TabOwned]) -> None:
    base = current_config().endings.models()
    if base is None or base.registry is not inspect(cls).registry:
        raise TabSessionError(
            f"TabSessions does not know {cls.__name__}, so nobody would look after its rows when "
            "a tab ends. Write TabSessions(app, session, models=Base), with the declarative base "
            "of your models."
        )
    if cls not in _looked_at:
        refuse_what_cannot_be_copied(models_below(base))
        _looked_at.add(cls)


def _finish_table(mapper: Mapper[Any], _cls: type[Any]) -> None:
    """Name the key where no convention does, and have create_all() make our table first."""
    table = mapper.local_table
    if not isinstance(table, Table):
        return
    if not hasattr(mapper.class_, "registry"):  # mapped by hand, to a table that was there
        _require_outlives(mapper.class_)
        if OWNER not in mapper.columns:
            _require_column(mapper.class_.__name__, table)
    if OWNER not in table.c:
        return
    for key in table.c[OWNER].foreign_keys:
        if key.constraint is not None and len(key.constraint.elements) > 1:
            continue  # a key of the host's that has our column in it
        named = key.constraint is None or key.constraint.name is not None
        if not named and "fk" not in table.metadata.naming_convention:
            key.constraint.name = f"fk_{table.name}_{OWNER}"
        if key.column.table is tabs:
            event.listen(table, "before_create", _create_ours)


def _create_ours(_table: Table, connection: Connection, **_: Any) -> None:
    metadata.create_all(connection)


def _require_owner(mapper: Mapper[Any], _connection: Connection, row: Any) -> None:
    """Say what is missing where the database would only say that a column is.

    Raises: TabSessionError, with the remedy.
    """
    name = mapper.class_.__name__
    if getattr(row, CHOICE) == "never" and getattr(row, OWNER) is None:
        raise TabSessionError(
            f"A row of {name} belongs to no tab, and goes with one ({CHOICE} = "
            f'"never"). Write {name}(…).give_to(tab) in the place of session.add(), or another '
            f"{CHOICE} where rows may be nobody's."
        )


event.listen(TabOwned, "after_mapper_constructed", _finish_table, propagate=True)
event.listen(TabOwned, "before_insert", _require_owner, propagate=True)
event.listen(TabOwned, "before_update", _require_owner, propagate=True)
