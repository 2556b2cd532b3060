"""What is asked of a deferred constraint before the commit changes nothing for who writes later."""

import pytest
from sqlalchemy import Column, ForeignKey, Integer, Table, select

from tests.storage.conftest import counted
from tests.tab_sessions.own_rows.conftest import a_base, line_of
from tests.tab_sessions.own_rows.test_rows_that_point import LAST, duplicate

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("looks_at_keys")]


def test_whoever_writes_after_a_duplicates_rows_may_count_on_the_commit_as_before(make_host):
    base = a_base()
    known = Table("known", base.metadata, Column("id", Integer, primary_key=True))
    leads = Table("leads", base.metadata, Column("to", ForeignKey("known.id", **LAST)))

    def forked(session, _source, _copy):
        session.execute(leads.insert(), {"to": 7})  # leads nowhere as yet
        session.execute(known.insert(), {"id": 7})

    host = make_host(
        base=base, lines={"line": line_of(base, __copied_with_tab__=True)}, on_fork=forked
    )
    tab = host.tab()
    tab.post("/rows", line="milk")
    assert duplicate(host, tab).get("/rows").text == "milk"
    with host.app.app_context():
        assert host.session().scalars(select(leads.c.to)).all() == [7]


def test_a_duplicate_without_rows_has_nothing_looked_at(make_host):
    base = a_base()
    host = make_host(base=base, lines={"line": line_of(base, __copied_with_tab__=True)})
    tab = host.tab()
    tab.post(text="typed")
    with host.app.app_context():
        engine = host.session().get_bind()
    with counted(engine) as statements:
        assert duplicate(host, tab).get().text == "typed"
    assert statements
    assert not [each for each in statements if "CONSTRAINTS" in each or "PRAGMA" in each]
