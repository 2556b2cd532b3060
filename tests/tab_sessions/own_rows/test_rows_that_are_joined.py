"""Rows by tab that a table of no tab's joins: copies are joined as their sources, and all go."""

from uuid import uuid4

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    ForeignKey,
    Integer,
    String,
    Table,
    Uuid,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry, relationship

from booking.tab_sessions import TabOwned, TabSessionError, tab_session
from tests.tab_sessions.own_rows.conftest import a_base, key_of_only, put
from tests.tab_sessions.own_rows.test_rows_that_point import duplicate, model

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.usefixtures("looks_at_keys"),
    pytest.mark.filterwarnings("error::sqlalchemy.exc.SAWarning"),
]


def by_number():
    return [Column("id", Integer, primary_key=True)]


def joining(base, left="line.id", right="label.id", own=by_number, **more):
    """The table of a many-to-many relationship; `note` is a column that the app fills beside it."""
    return Table(
        "joined",
        base.metadata,
        *own(),
        Column("left_id", ForeignKey(left, **more)),
        Column("right_id", ForeignKey(right, **more)),
        Column("note", String(20), default="by hand"),
    )


def joins(host, table, line, label):
    """What is joined to what, of each tab by its number: texts, and whether it is its own tab's."""
    with host.app.app_context():
        session = host.session()
        rows = session.execute(select(table)).mappings().all()
        lines = {row.id: row for row in session.scalars(select(line))}
        labels = {row.id: row for row in session.scalars(select(label))}
        found = {}
        for row in rows:
            one, other = lines[row["left_id"]], labels[row["right_id"]]
            own = getattr(other, "tab_session_id", "nobody's") == one.tab_session_id
            at = found.setdefault(one.tab_session_id, set())
            at.add((one.text, other.text, own, row["note"]))
        return [found[tab] for tab in sorted(found)]


def host_of(make_host, base, line, make_rows):
    host = make_host(base=base, lines={"line": line})
    tab = host.tab()
    tab.post(text="typed")
    rows = make_rows()
    for row in rows:
        if isinstance(row, TabOwned):
            row.tab_session_id = key_of_only(host)
    put(host, *rows)
    return host, tab


OWNED, SHARED, LEFT = "a tab's, copied", "everybody's", "a tab's, not copied"


@pytest.mark.parametrize("sides", ["one side", "both sides"])
@pytest.mark.parametrize("whose", [OWNED, SHARED, LEFT])
def test_a_many_to_many_of_a_copied_row_is_copied(make_host, whose, sides):
    base = a_base()
    table = joining(base)
    back = {} if sides == "one side" else {"back_populates": "lines"}
    line = model(base, "Line", labels=relationship("Label", secondary=table, **back))
    about = {"__copied_with_tab__": whose == OWNED}
    if back:
        about["lines"] = relationship("Line", secondary=table, back_populates="labels")
    if whose == SHARED:
        about |= {
            "__tablename__": "label",
            "__module__": __name__,
            "__annotations__": {"id": Mapped[int], "text": Mapped[str]},
            "id": mapped_column(primary_key=True),
        }
        label = type(base)("Label", (base,), about)
    else:
        label = model(base, "Label", **about)

    def rows():
        red, old = label(text="red"), label(text="old")
        return red, old, line(text="milk", labels=[red, old]), line(text="bread", labels=[old])

    host, tab = host_of(make_host, base, line, rows)
    (before,) = joins(host, table, line, label)
    assert len(before) == 3
    copy = duplicate(host, tab)
    expected = [before] if whose == LEFT else [before, before]
    assert joins(host, table, line, label) == expected
    assert tab.post("/end").status_code == 200
    assert joins(host, table, line, label) == expected[1:]
    assert copy.post("/end").status_code == 200
    assert joins(host, table, line, label) == []
    assert host.stored(line) == []


def test_what_joins_and_is_a_tabs_row_itself_is_copied_once(make_host):
    base = a_base()
    line = model(base, "Line", goes_with=relationship("Label", secondary="pair", overlaps="*"))
    label = model(base, "Label")
    keys = {
        name: (Mapped[int], mapped_column(ForeignKey(to)))
        for name, to in (("left_id", "line.id"), ("right_id", "label.id"))
    }
    pair = model(base, "Pair", keys)
    host, tab = host_of(make_host, base, line, lambda: [line(text="milk"), label(text="red")])
    put(host, pair(text="mine", left_id=1, right_id=1, tab_session_id=key_of_only(host)))
    copy = duplicate(host, tab)
    assert [text for text, _tab in host.stored(pair)] == ["mine", "mine"]
    assert len({tab for _text, tab in host.stored(pair)}) == 2
    for each in (tab, copy):
        assert each.post("/end").status_code == 200
    assert host.stored(pair) == host.stored(line) == host.stored(label) == []


def test_rows_of_one_table_that_are_joined_to_each_other_are_copied_so(make_host):
    base = a_base()
    table = joining(base, "line.id", "line.id")
    line = model(base, "Line")
    line.goes_with = relationship(
        line,
        secondary=table,
        primaryjoin=line.id == table.c.left_id,
        secondaryjoin=line.id == table.c.right_id,
    )

    def rows():
        tea = line(text="tea")
        return tea, line(text="milk", goes_with=[tea])

    host, tab = host_of(make_host, base, line, rows)
    duplicate(host, tab)
    assert joins(host, table, line, line) == [{("milk", "tea", True, "by hand")}] * 2
    assert tab.post("/end").status_code == 200


def by_a_default():
    return [Column("id", Uuid, primary_key=True, default=uuid4)]


def by_its_ends_alone():
    return [Column("place", Integer, Computed("left_id + right_id", persisted=True))]


def by_what_is_unique():
    return [*by_number(), Column("code", String(32), unique=True, default=lambda: uuid4().hex)]


@pytest.mark.parametrize("own", [by_a_default, by_its_ends_alone, by_what_is_unique])
def test_what_is_another_in_each_row_that_joins_is_another_in_its_copy(make_host, own):
    base = a_base()
    table = joining(base, own=own)
    line = model(base, "Line", labels=relationship("Label", secondary=table))
    label = model(base, "Label")

    def rows():
        red = label(text="red")
        return red, line(text="milk", labels=[red])

    host, tab = host_of(make_host, base, line, rows)
    duplicate(host, tab)
    assert joins(host, table, line, label) == [{("milk", "red", True, "by hand")}] * 2


@pytest.mark.parametrize("name", ["Aside", "Zettel"])
def test_rows_that_the_database_would_take_along_through_anothers_table_go_first(make_host, name):
    base = a_base()
    line = model(base, "Line", __copied_with_tab__=False)
    Table(
        "between",
        base.metadata,
        Column("id", Integer, primary_key=True),
        Column("line_id", ForeignKey("line.id", ondelete="CASCADE")),
    )
    between = (Mapped[int | None], mapped_column(ForeignKey("between.id", ondelete="CASCADE")))
    note = model(base, name, {"between_id": between}, __copied_with_tab__=False)
    host, tab = host_of(make_host, base, line, lambda: [line(id=1, text="milk")])
    with host.app.app_context():
        table = base.metadata.tables["between"]
        host.session().execute(table.insert(), {"id": 1, "line_id": 1})
        host.session().commit()
    put(host, note(text="fresh", between_id=1, tab_session_id=key_of_only(host)))
    assert tab.post("/end").status_code == 200
    assert host.stored(line) == host.stored(note) == []


# -- tables that are there before their model ------------------------------------------------------


def ready(base, *columns):
    own = (Column("id", Integer, primary_key=True), Column("text", String(40)))
    return Table("line", base.metadata, *own, *columns)


def its_key():
    key = ForeignKey(tab_session.c.id, name="my_own_name", ondelete="CASCADE")
    return Column("tab_session_id", BigInteger, key, index=True)


def declared(base, table):
    about = {"__outlives_tab__": "never", "__table__": table, "__module__": __name__}
    return type(base)("Line", (TabOwned, base), about)


def mapped_by_hand(base, table):
    line = type("Line", (TabOwned,), {"__outlives_tab__": "never", "__module__": __name__})
    base.registry.map_imperatively(line, table)
    return line


WAYS = [declared, mapped_by_hand]


@pytest.mark.parametrize("way", WAYS)
def test_a_table_that_was_made_before_its_model_is_a_tabs(make_host, way):
    base = a_base()
    table = ready(base, its_key())
    host = make_host(base=base, lines={"line": way(base, table)})
    tab = host.tab()
    tab.post("/rows", line="milk")
    assert tab.get("/rows").text == "milk"
    assert host.tab().get("/rows").text == ""
    assert [key.name for key in table.foreign_key_constraints] == ["my_own_name"]
    tab.post("/end")
    assert host.stored() == []


@pytest.mark.parametrize("way", WAYS)
def test_such_a_table_without_a_column_for_the_tabs_key_is_refused_with_the_line(way):
    base = a_base()
    with pytest.raises(TabSessionError, match=r'table line was made.*Column\("tab_session_id"'):
        way(base, ready(base))


def test_a_class_that_is_mapped_by_hand_has_to_choose_as_well():
    class Line(TabOwned):
        pass

    class Base(DeclarativeBase):
        registry = registry()

    with pytest.raises(TabSessionError, match=r"What becomes of the rows of Line"):
        Base.registry.map_imperatively(Line, ready(Base, its_key()))
