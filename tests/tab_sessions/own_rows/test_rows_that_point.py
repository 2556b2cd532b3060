"""Rows by tab that point to each other: their copies point to copies, and they go in any order."""

from itertools import count

import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from booking.tab_sessions import TabOwned, TabSessionError
from tests.tab_sessions.own_rows.conftest import a_base, key_of_only, put, run

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("looks_at_keys")]


def duplicate(host, tab):
    copy = host.tab()
    assert copy.get(**{"Tab-Session-Fork-Of": tab.id}).status_code == 200
    return copy


def model(base, name, fields=(), **about):
    """A model of lines, by its name, with more fields."""
    fields = dict(fields)
    kinds = {each: kind for each, (kind, _) in fields.items()}
    columns = {each: column for each, (_, column) in fields.items()}
    made = type(base)(
        name,
        (TabOwned, base),
        {
            "__tablename__": name.lower(),
            "__outlives_tab__": "never",
            "__copied_with_tab__": True,
            "__module__": __name__,
            "__annotations__": {"id": Mapped[int], "text": Mapped[str], **kinds},
            "id": mapped_column(primary_key=True),
            **columns,
            **about,
        },
    )
    base.models = [*getattr(base, "models", ()), made]  # SQLAlchemy itself holds none
    return made


def key(target, *, optional=True, **more):
    kind = Mapped[int | None] if optional else Mapped[int]
    return kind, mapped_column(ForeignKey(target, **more))


def pictures(host, *models):
    """Of each tab, what points to what: by texts, and whose row it is that is pointed to."""
    with host.app.app_context():
        session = host.session()
        rows = [row for each in models for row in session.scalars(select(each))]
        at = {(row.__tablename__, row.id): row for row in rows}
        found = {}
        for row in rows:
            for column in row.__table__.columns:
                for each in column.foreign_keys:
                    value = getattr(row, column.key)
                    if each.column.table.name.startswith("booking") or value is None:
                        continue
                    target = at[each.column.table.name, value]
                    assert target.tab_session_id == row.tab_session_id, "it points to its own tab's"
                    found.setdefault(row.tab_session_id, set()).add((row.text, target.text))
        return [found[tab] for tab in sorted(found)]


def assert_that_each_has_its_own(host, tab, *models, of=2):
    """The duplicate has the same picture, and neither ends with the other."""
    (before,) = pictures(host, *models)
    copy = duplicate(host, tab)
    assert pictures(host, *models) == [before] * of
    assert tab.post("/end").status_code == 200
    assert pictures(host, *models) == [before]
    assert copy.post("/end").status_code == 200
    for each in models:
        assert host.stored(each) == []


def host_of(make_host, base, line, *rows_of_a_tab):
    """A host whose only tab has these rows."""
    host = make_host(base=base, lines={"line": line})
    tab = host.tab()
    tab.post(text="typed")
    for row in rows_of_a_tab:
        row.tab_session_id = key_of_only(host)
        put(host, row)
    return host, tab


@pytest.mark.parametrize("cascades", [{}, {"ondelete": "CASCADE"}])
@pytest.mark.parametrize("name", ["Aside", "Zettel"])
@pytest.mark.parametrize("optional", [True, False])
def test_a_copied_row_points_to_the_copy_in_any_order_of_tables(
    make_host, name, optional, cascades
):
    base = a_base()
    line = model(base, "Line")
    note = model(base, name, {"line_id": key("line.id", optional=optional, **cascades)})
    host, tab = host_of(
        make_host,
        base,
        line,
        *(line(text="milk"), line(text="bread")),
        *(note(text="fresh", line_id=2), note(text="cold", line_id=1)),
    )
    assert_that_each_has_its_own(host, tab, line, note)


TREES = {
    "a child after its parent": {1: None, 2: 1, 3: 2},
    "a child before its parent": {3: None, 2: 3, 1: 2},
    "a circle": {1: 3, 2: 1, 3: 2},
    "itself": {1: 1, 2: 1},
}


@pytest.mark.parametrize("tree", TREES)
def test_rows_of_one_table_point_to_each_other_in_whatever_order(make_host, tree):
    base = a_base()
    line = model(base, "Line", {"parent": key("line.id")})
    parents = TREES[tree]
    host, tab = host_of(make_host, base, line, *(line(text=f"{each}") for each in sorted(parents)))
    with host.app.app_context():
        for each, parent in parents.items():
            host.session().get(line, each).parent = parent
        host.session().commit()
    assert_that_each_has_its_own(host, tab, line)


def test_two_tables_point_to_each_other(make_host):
    base = a_base()
    more = {
        "favourite": (
            Mapped[int | None],
            mapped_column(ForeignKey("item.id", name="fk_back", use_alter=True)),
        )
    }
    line = model(base, "Line", more)
    item = model(base, "Item", {"line_id": key("line.id", optional=False)})
    host, tab = host_of(make_host, base, line, line(text="milk"), item(text="cold", line_id=1))
    with host.app.app_context():
        host.session().get(line, 1).favourite = 1
        host.session().commit()
    assert_that_each_has_its_own(host, tab, line, item)


def test_a_key_that_is_part_of_the_primary_one_and_one_of_several_columns(make_host):
    base = a_base()
    line = model(base, "Line", __table_args__=(UniqueConstraint("tab_session_id", "text"),))
    detail = model(
        base,
        "Detail",
        {"id": (Mapped[int], mapped_column(ForeignKey("line.id"), primary_key=True))},
    )
    both = ForeignKeyConstraint(["tab_session_id", "of"], ["line.tab_session_id", "line.text"])
    word = model(base, "Word", {"of": (Mapped[str], mapped_column())}, __table_args__=(both,))
    host, tab = host_of(
        make_host,
        base,
        line,
        line(text="milk"),
        detail(text="cold", id=1),
        word(text="white", of="milk"),
    )
    copy = duplicate(host, tab)
    assert len(host.stored(detail)) == len(host.stored(word)) == 2
    for each in (tab, copy):
        assert each.post("/end").status_code == 200
    assert host.stored(line) == host.stored(detail) == host.stored(word) == []


def test_a_key_to_what_is_not_copied_is_empty_in_the_copy(make_host):
    base = a_base()
    line = model(base, "Line", __copied_with_tab__=False)
    note = model(base, "Note", {"line_id": key("line.id", ondelete="CASCADE")})
    host, tab = host_of(make_host, base, line, line(text="milk"), note(text="cold", line_id=1))
    copy = duplicate(host, tab)
    assert tab.post("/end").status_code == 200
    assert [word for word, _ in host.stored(note)] == ["cold"]
    assert copy.post("/end").status_code == 200


def test_a_key_to_what_outlives_every_tab_stays_as_it_is(make_host):
    base = a_base()
    line = model(base, "Line", __copied_with_tab__=False, __outlives_tab__="always")
    note = model(base, "Note", {"line_id": key("line.id", optional=False)})
    host, tab = host_of(make_host, base, line, line(text="milk"), note(text="cold", line_id=1))
    duplicate(host, tab)
    assert len(host.stored(note)) == 2
    assert tab.post("/end").status_code == 200


# -- what is refused at the first use --------------------------------------------------------------


def a_circle(base):
    more = {
        "item_id": (
            Mapped[int],
            mapped_column(ForeignKey("item.id", name="fk_back", use_alter=True)),
        )
    }
    model(base, "Item", {"line_id": key("line.id", optional=False)})
    return model(base, "Line", more)


def a_key_to_what_goes(base):
    model(base, "Item", __copied_with_tab__=False)
    return model(base, "Line", {"item_id": key("item.id", optional=False)})


def a_unique_column(base):
    return model(base, "Line", {"code": (Mapped[str], mapped_column(unique=True))})


def a_unique_index(base):
    return model(
        base,
        "Line",
        {"code": (Mapped[str], mapped_column())},
        __table_args__=(Index("ix_code", "code", "text", unique=True),),
    )


def a_default_that_is_the_same_for_all(base):
    return model(base, "Line", {"code": (Mapped[str], mapped_column(unique=True, default="a"))})


REFUSED = {
    a_circle: "Rows of Item, Line are copied with their tab and point to each other in a circle",
    a_key_to_what_goes: "Line is copied with its tab and points to item, which is not",
    a_unique_column: "no other row may have the same code",
    a_unique_index: "no other row may have the same code, text",
    a_default_that_is_the_same_for_all: "a default that makes it anew for each row",
}


@pytest.mark.parametrize("declare", REFUSED)
def test_what_no_duplicate_could_have_is_said_at_the_first_use_with_the_cure(make_host, declare):
    base = a_base()
    host = make_host(base=base, lines={"line": declare(base)})
    with pytest.raises(TabSessionError, match=REFUSED[declare]) as refused:
        host.tab().post("/rows", line="milk")
    assert "__copied_with_tab__ = False" in str(refused.value)
    with pytest.raises(TabSessionError):
        host.tab().get("/rows")


numbers = count(1)
LAST = {"deferrable": True, "initially": "DEFERRED"}
COALESCED = text("coalesce(tab_session_id, 0)")


def code(**about):
    return {"code": (Mapped[str], mapped_column(default=lambda: f"c{next(numbers)}", **about))}


UNIQUE = {
    "made anew": lambda: (code(unique=True), {}),
    "made anew beside another": lambda: (
        code(),
        {"__table_args__": (UniqueConstraint("text", "code"),)},
    ),
    "made by the database, and no attribute": lambda: (
        {},
        {
            "__table_args__": (
                Column("code", String(40), server_default=func.random().cast(String), unique=True),
            ),
            "__mapper_args__": {"exclude_properties": ["code"]},
        },
    ),
    "in words": lambda: (
        {},
        {"__table_args__": (Index("ix_words", text("lower(text)"), COALESCED, unique=True),)},
    ),
    "of the tab, in words": lambda: (
        {},
        {"__table_args__": (Index("ix_words", "text", COALESCED, unique=True),)},
    ),
    "beside the tab": lambda: (
        {"code": (Mapped[str], mapped_column(default="a"))},
        {"__table_args__": (UniqueConstraint("tab_session_id", "code"),)},
    ),
    "empty": lambda: ({"code": (Mapped[str | None], mapped_column(unique=True))}, {}),
}


@pytest.mark.parametrize("kind", UNIQUE)
def test_what_is_unique_and_yet_another_for_each_copy_is_copied(make_host, kind):
    base = a_base()
    fields, about = UNIQUE[kind]()
    host = make_host(base=base, lines={"line": model(base, "Line", fields, **about)})
    tab = host.tab()
    tab.post("/rows", line="milk")
    assert duplicate(host, tab).get("/rows").text == "milk"


@pytest.mark.parametrize("how", ["get", "post"])
@pytest.mark.parametrize("kind", ["optional", "in a part of the table", "in the commit"])
def test_a_duplicate_whose_rows_cannot_be_copied_begins_with_the_draft_and_none_of_them(
    make_host, caplog, kind, how
):
    base = a_base()
    part = text("text <> ''")
    about = {
        "__table_args__": (
            Index("ix", "text", unique=True, sqlite_where=part, postgresql_where=part),
        )
    }
    fields = {}
    if kind == "optional":
        about, fields = {}, {"code": (Mapped[str | None], mapped_column(unique=True))}
    if (
        kind == "in the commit"
    ):  # a key that leads to nothing for a duplicate, and is looked at last
        own = Column("tab", Integer), Column("text", String(9))
        Table("known", base.metadata, *own, UniqueConstraint("tab", "text"))
        leads = ForeignKeyConstraint(
            ["tab_session_id", "text"], ["known.tab", "known.text"], **LAST
        )
        about = {"__table_args__": (leads,)}
    line = model(base, "Line", fields, **about)
    host = make_host(base=base, lines={"line": line})
    tab = host.tab()
    tab.post(text="typed")
    if kind == "in the commit":
        known = base.metadata.tables["known"].insert()
        both = [(key_of_only(host), "milk"), (key_of_only(host) + 1, "bread")]
        run(host, known.values([{"tab": each, "text": text} for each, text in both]))
    tab.post("/rows", line="milk")
    if kind == "optional":
        with host.app.app_context():
            host.session().scalars(select(line)).one().code = "the only one"
            host.session().commit()
    copy = host.tab()
    header = {"Tab-Session-Fork-Of": tab.id}
    if how == "get":
        assert copy.get(**header).text == "typed"
    else:
        assert copy.post("/lines", header, line="own").status_code == 200
    assert "begins without copies of its rows" in caplog.text
    assert "a default that makes it anew" in caplog.text
    assert (copy.get().text, copy.get("/rows").text) == ("typed", "")
    assert copy.post("/rows", line="bread").text == "bread"
    assert tab.get("/rows").text == "milk"
