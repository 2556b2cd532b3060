"""What a duplicated tab has of its source's rows; and models of several classes, or databases."""

import re
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Computed, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from booking.tab_sessions import TabOwned, tab_session
from tests.tab_sessions.own_rows.conftest import (
    DOCS,
    HOSTS,
    LATER,
    a_base,
    host_with,
    key_of_only,
    line_of,
    put,
    run,
)

pytestmark = pytest.mark.both_databases


def duplicate(host, tab):
    copy = host.tab()
    for _ in range(2):  # its first answer is lost
        answer = copy.get("/rows", **{"Tab-Session-Fork-Of": tab.id})
    return copy, answer.text


@pytest.mark.parametrize("is_copied", [False, True])
@pytest.mark.parametrize("kind", ["plain", "dataclasses"])
def test_a_duplicate_has_copies_of_the_rows_whose_model_says_so(make_host, kind, is_copied):
    host = make_host(HOSTS[kind])
    host.Line.__copied_with_tab__ = is_copied
    tab = host.tab()
    tab.post("/rows", line="milk")
    copy, shown = duplicate(host, tab)
    assert shown == ("milk" if is_copied else "")
    copy.post("/rows", line="bread")
    assert tab.get("/rows").text == "milk"
    copy.post("/end")
    assert tab.get("/rows").text == "milk"


def test_only_what_is_made_anew_for_each_row_is_not_copied(make_host):
    base = a_base()

    class Line(TabOwned, base):
        __tablename__ = "line"
        __outlives_tab__ = "never"
        __copied_with_tab__ = True
        id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
        text: Mapped[str]
        length: Mapped[int] = mapped_column(Computed("length(text)"))
        seen: Mapped[int] = mapped_column(default=7)

    host = make_host(base=base, lines={"line": Line})
    tab = host.tab()
    tab.post("/rows", line="milk")
    run(host, Line.__table__.update().values(seen=8))
    duplicate(host, tab)
    with host.app.app_context():
        rows = host.session().scalars(select(Line)).all()
        assert {(row.text, row.length, row.seen) for row in rows} == {("milk", 4, 8)}
        assert len({row.id for row in rows}) == len({row.tab_session_id for row in rows}) == 2


def test_a_function_of_the_hosts_copies_what_else_there_is(make_host):
    base = a_base()

    class Note(base):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]
        tab_session_id: Mapped[int] = mapped_column(ForeignKey(tab_session.c.id))

    (code,) = re.findall(
        r"(def copy_notes.*?)\n\n\nTabSessions", DOCS.read_text("utf-8"), re.DOTALL
    )
    names = {"select": select, "Note": Note}
    exec(code, names)
    host = make_host(base=base, on_fork=names["copy_notes"])
    tab = host.tab()
    tab.post("/rows", line="milk")
    put(host, Note(text="ripe", tab_session_id=key_of_only(host)))
    duplicate(host, tab)
    texts = [text for text, _ in host.stored(Note)]
    assert texts == ["ripe"] * 2
    assert len({owner for _, owner in host.stored(Note)}) == 2


# -- several classes -----------------------------------------------------------------------------


def of_one_table(base):
    class Line(TabOwned, base):
        __tablename__ = "line"
        __outlives_tab__ = "never"
        __copied_with_tab__ = True
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "line"}  # noqa: RUF012

    class Gift(Line):
        __mapper_args__ = {"polymorphic_identity": "gift"}  # noqa: RUF012

    return {"line": Line, "gift": Gift}


def of_two_tables(base):
    line = of_one_table(base)["line"]

    class Parcel(line):
        __tablename__ = "parcel"
        id: Mapped[int] = mapped_column(ForeignKey("line.id"), primary_key=True)
        weight: Mapped[int] = mapped_column(default=3)
        __mapper_args__ = {"polymorphic_identity": "parcel"}  # noqa: RUF012

    return {"line": line, "gift": Parcel}


def of_an_abstract_one(base):
    class Owned(TabOwned, base):
        __abstract__ = True
        __outlives_tab__ = "never"
        __copied_with_tab__ = True

    class Line(Owned):
        __tablename__ = "line"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]

    class Gift(Owned):
        __tablename__ = "gift"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]
        line: Mapped[int | None] = mapped_column(ForeignKey("line.id"))

    return {"line": Line, "gift": Gift}


@pytest.mark.parametrize("models", [of_one_table, of_two_tables, of_an_abstract_one])
@pytest.mark.usefixtures("looks_at_keys")
def test_classes_that_inherit_are_owned_copied_and_deleted(make_host, models):
    base = a_base()
    host = make_host(base=base, lines=models(base))
    tab = host.tab()
    tab.post("/rows", line="milk", gift="bow")
    _, shown = duplicate(host, tab)
    assert shown in {"milk bow", "milk"}
    assert len(host.stored(host.models["gift"])) == 2
    assert tab.post("/end").status_code == 200
    assert len(host.stored()) == len(shown.split())
    assert len(host.stored(host.models["gift"])) == 1


def test_rows_that_point_to_rows_go_before_them(make_host):
    base = a_base()
    models = of_an_abstract_one(base)
    host = make_host(base=base, lines=models)
    tab = host.tab()
    tab.post("/rows", line="milk", gift="bow")
    run(host, models["gift"].__table__.update().values(line=1))
    assert tab.post("/end").status_code == 200
    assert host.stored() == host.stored(models["gift"]) == []


# -- several databases -----------------------------------------------------------------------------


def test_rows_in_another_database_have_no_key_and_go_all_the_same(
    database_url, tmp_path, clock, rows
):
    app = Flask("host")
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    app.config["SQLALCHEMY_BINDS"] = {"archive": f"sqlite:///{tmp_path}/archive.db"}
    db = SQLAlchemy(app)
    line, kept = (
        line_of(db.Model, choice, name, __bind_key__="archive")
        for choice, name in (("never", "Line"), ("always", "Kept"))
    )
    host = host_with(lambda: db.session, db.Model, {"line": line, "kept": kept}, app, on_end=None)
    assert not line.__table__.foreign_keys
    with app.app_context():
        db.create_all("archive")
    tab = host.tab()
    tab.post("/rows", line="milk", kept="bread")
    assert tab.get("/rows").text == "milk"
    assert host.stored(kept) == [("bread", rows()[0]["id"])]
    tab.post("/end")
    assert host.stored() == []
    clock.shift(LATER["forgotten"])
    host.purge()
    assert host.stored(kept) == [("bread", None)]
