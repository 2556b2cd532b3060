"""Rows of a host's own by tab: whose they are, on whatever a host has."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from booking.tab_sessions import (
    EndedTab,
    ReadOnlyTab,
    TabOwned,
    TabSessionError,
    key_of,
    session_route,
)
from tests.tab_sessions.conftest import Tab
from tests.tab_sessions.own_rows.conftest import HOSTS, a_base, host_with, line_of


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", HOSTS)
def test_each_tab_has_its_rows_whatever_the_hosts_session_and_models_are(make_host, kind):
    def two_tabs():
        host = make_host(HOSTS[kind])
        one, other = host.tab(), host.tab()
        for word in ("milk", "bread"):
            one.post("/rows", line=word)
        other.post("/rows", line="nails")
        return one.get("/rows").text, other.get("/rows").text, host.tab().get("/rows").text

    # Lite closes sessions by asgiref, which a thread with the browser tests' event loop refuses.
    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(two_tabs).result() == ("milk bread", "nails", "")


def test_looking_for_rows_makes_no_row_of_the_tab(make_host, rows):
    host = make_host()
    tab = host.tab()
    assert tab.get("/rows").status_code == tab.post("/rows").status_code == 200
    assert rows() == []


def test_a_renewed_tab_has_the_rows_it_had(make_host):
    host = make_host()
    tab, new = host.tab(), host.tab()
    tab.post("/rows", line="milk")
    assert tab.post("/rows", {"Tab-Session-New": new.id}, line="bread").status_code == 200
    assert new.get("/rows").text == "milk bread"


def host_that(make_host, does, methods=("POST",)):
    host = make_host()
    view = session_route(host.app, "/does", methods=methods)
    view(lambda tab: str(does(host, tab)))
    begin = session_route(host.app, "/begin", methods=["POST"], endpoint="begin")
    begin(lambda tab: str(tab.key))
    return host, Tab(host.app.test_client())


def test_a_key_is_a_number_wherever_something_is_written(make_host):
    _, tab = host_that(make_host, lambda _host, tab: key_of(tab) == tab.key > 0)
    assert tab.post("/does").text == "True"


def give_a_line(host, tab):
    return host.Line(text="late").give_to(tab)


def ask_for_its_key(_host, tab):
    return key_of(tab)


@pytest.mark.parametrize("does", [give_a_line, ask_for_its_key])
def test_a_row_is_given_to_no_tab_that_is_only_read_or_has_ended(make_host, does):
    host, tab = host_that(make_host, does, methods=("GET",))
    for _ in range(2):  # the second time it has a row
        with pytest.raises(ReadOnlyTab):
            tab.get("/does")
        tab.post("/begin")

    def end_first(host, tab):
        tab.end()
        return does(host, tab)

    host, tab = host_that(make_host, end_first)
    with pytest.raises(EndedTab):
        tab.post("/does")
    assert host.stored() == []


def test_conditions_narrow_what_is_found_and_a_query_of_ones_own_takes_the_condition(make_host):
    def does(host, tab):
        for word in ("milk", "bread"):
            host.Line(text=word).give_to(tab)
        [milk] = host.Line.of(tab, host.Line.text == "milk")
        counted = select(func.count()).select_from(host.Line).where(host.Line.is_of(tab))
        return milk.text, tab.session.scalar(counted)

    _, tab = host_that(make_host, does)
    assert tab.post("/does").text == "('milk', 2)"


# -- mistakes ------------------------------------------------------------------------------------


class Base(DeclarativeBase):
    pass


def without_a_choice():
    class Line(TabOwned, Base):
        __tablename__ = "a"
        id: Mapped[int] = mapped_column(primary_key=True)


def with_a_choice_that_is_none():
    class Line(TabOwned, Base):
        __tablename__ = "b"
        __outlives_tab__ = "sometimes"
        id: Mapped[int] = mapped_column(primary_key=True)


def as_the_last_base():
    class Line(Base, TabOwned):
        __tablename__ = "c"
        __outlives_tab__ = "never"
        id: Mapped[int] = mapped_column(primary_key=True)


def with_a_second_choice_in_one_table():
    class Goods(TabOwned, Base):
        __tablename__ = "d"
        __outlives_tab__ = "never"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "line"}  # noqa: RUF012

    class Gift(Goods):
        __outlives_tab__ = "always"
        __mapper_args__ = {"polymorphic_identity": "gift"}  # noqa: RUF012


@pytest.mark.parametrize(("mistake", "told"), [
    (without_a_choice, 'What becomes of the rows of Line.*__outlives_tab__ = "never"'),
    (with_a_choice_that_is_none, 'Line.*__outlives_tab__ = "never"'),
    (as_the_last_base, r"write TabOwned first, class Line\(TabOwned, …\)"),
    (with_a_second_choice_in_one_table, "Gift lies in a table with other classes"),
])  # fmt: skip
def test_a_model_that_cannot_work_is_told_where_it_is_written(mistake, told):
    with pytest.raises(TabSessionError, match=told):
        mistake()


def test_a_model_that_nobody_would_look_after_is_told_at_its_first_use(make_host):
    host = make_host()
    stranger = line_of(a_base(), name="Stranger")
    app = host_with(host.session, a_base(), {"line": stranger}, models=host.base).app
    with pytest.raises(TabSessionError, match=r"does not know Stranger.*models=Base"):
        Tab(app.test_client()).get("/rows")


def test_models_that_are_no_base_are_told_at_the_start(make_host):
    host = make_host()
    with pytest.raises(TabSessionError, match=r"models=Base"):
        host_with(host.session, a_base(), host.models, models=[host.Line])


def test_a_hook_that_takes_no_reason_is_told_at_the_start(make_host):
    with pytest.raises(TabSessionError, match=r"on_end is called with \(session, key, reason\)"):
        make_host(on_end=lambda _session, _key: None)


def add_without_tab(host, tab):
    tab.session.add(host.Line(text="milk"))
    tab.session.flush()


def take_away(host, tab):
    row = host.Line(text="milk").give_to(tab)
    tab.session.flush()
    row.tab_session_id = None
    tab.session.flush()


@pytest.mark.parametrize("does", [add_without_tab, take_away])
def test_a_row_that_goes_with_a_tab_and_has_none_is_told_to_be_given_to_one(make_host, does):
    host, tab = host_that(make_host, does)
    with pytest.raises(TabSessionError, match=r"Write Line\(…\)\.give_to\(tab\)"):
        tab.post("/does")
    assert host.stored() == []
