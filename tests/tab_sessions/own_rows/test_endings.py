"""What on_end is told, and which rows go: once for each end, in the transaction that ends a tab."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from booking.tab_sessions import TabOwned, purge, revoke, revoke_all, session_route, tab_session
from tests.tab_sessions.own_rows.conftest import LATER, a_base, key_of_only, put, run

pytestmark = pytest.mark.both_databases
CHOICES = ("never", "completed", "always")


def end(host, tab, _clock):
    tab.post("/end")


def expire(_host, tab, clock):
    clock.shift(LATER["expired"])
    assert tab.get("/rows").status_code == 410


def expire_by_the_way(host, _tab, clock):
    clock.shift(LATER["expired"])
    host.tab().post(text="another tab begins")


def expire_by_a_purge(host, _tab, clock):
    clock.shift(LATER["expired"])
    assert host.purge() == (1, 0)


def take_back(host, _tab, _clock):
    with host.app.app_context():
        assert revoke_all() == 1


def complete(_host, tab, _clock):
    assert tab.post("/finish").status_code == 200


def forget(host, _tab, clock):
    clock.shift(LATER["forgotten"])
    host.purge()


# What happens, one after the other: what on_end is told, and of which choices the rows are left.
STORIES = {
    "ended": ([end], ["ended"], {"always"}),
    "expired": ([expire], ["expired"], {"always"}),
    "expired, noticed by another": ([expire_by_the_way], ["expired"], {"always"}),
    "expired, noticed by a purge": ([expire_by_a_purge], ["expired"], {"always"}),
    "revoked": ([take_back], ["revoked"], {"always"}),
    "completed": ([complete], ["completed"], {"completed", "always"}),
    "completed, then ended": ([complete, end], ["completed", "ended"], {"completed", "always"}),
    "completed, then revoked": (
        [complete, take_back], ["completed", "revoked"], {"completed", "always"},
    ),
    "completed, then forgotten": (
        [complete, forget], ["completed", "forgotten"], {"completed", "always"},
    ),
    "ended, then forgotten": ([end, forget], ["ended", "forgotten"], {"always"}),
    "revoked, asked for again, then forgotten": (
        [take_back, lambda _host, tab, _clock: tab.get("/rows"), forget],
        ["revoked", "forgotten"],
        {"always"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_an_app_is_told_each_end_once_and_rows_go_or_stay_as_their_models_say(
    make_host, clock, story
):
    steps, reasons, left = STORIES[story]
    host = make_host(
        models=("line", *CHOICES), **{f"{choice}_choice": choice for choice in CHOICES}
    )
    tab = host.tab()
    tab.post("/rows", **dict.fromkeys(CHOICES, "milk"))
    key = key_of_only(host)
    for step in steps:
        step(host, tab, clock)
    assert [each for each in host.told if each[0] == key] == [(key, reason) for reason in reasons]
    owner = None if "forgotten" in reasons else key
    assert {choice for choice in CHOICES if host.stored(host.models[choice])} == left
    assert {row[1] for choice in left for row in host.stored(host.models[choice])} == {owner}


def test_what_is_told_and_what_goes_is_undone_where_the_transaction_is(make_host, clock):
    def refuse(session, key, reason):
        raise ZeroDivisionError

    host = make_host(on_end=refuse)
    tab = host.tab()
    tab.post("/rows", line="milk")
    with pytest.raises(ZeroDivisionError):
        tab.post("/end")
    assert tab.get("/rows").text == "milk"


def test_of_many_who_notice_at_once_that_a_tab_expired_one_tells(make_host, clock):
    host = make_host()
    tab = host.tab()
    tab.post("/rows", line="milk")
    clock.shift(LATER["expired"])

    def ask(_number):
        return host.tab(id=tab.id).get("/rows").status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(16))) == {410}
    assert host.told == [(key_of_only(host), "expired")]


def test_what_is_given_in_the_very_request_that_ends_the_tab_goes_too(make_host):
    host = make_host()

    @session_route(host.app, "/hasty", methods=["POST"])
    def hasty(tab):
        with tab.session.no_autoflush:
            host.Line(text="milk").give_to(tab)
            tab.end()
        return "over"

    host.tab().post("/hasty")
    assert host.stored() == []


# -- what the rows of other tables have to do with it ----------------------------------------------


def with_items():
    """A basket by tab, and its items, which point to it with a plain key."""

    class Base(DeclarativeBase):
        pass

    class Line(TabOwned, Base):
        __tablename__ = "line"
        __outlives_tab__ = "never"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]

    class Item(Base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)
        line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))

    Line.items = relationship(Item, cascade="all, delete-orphan")
    return Base, Line, Item


@pytest.mark.usefixtures("looks_at_keys")
def test_a_relationships_cascade_has_its_say(make_host):
    base, line, item = with_items()
    host = make_host(base=base, lines={"line": line})
    tab = host.tab()
    tab.post("/rows", line="milk")
    put(host, item(line_id=1))
    assert tab.post("/end").status_code == 200
    assert host.stored() == []


KINDS_OF_KEYS = {
    "restrict": {"ondelete": "RESTRICT"},
    "plain": {},
    "deferred": {"deferrable": True, "initially": "DEFERRED"},
}


@pytest.mark.parametrize("kind", KINDS_OF_KEYS)
@pytest.mark.usefixtures("looks_at_keys")
def test_a_purge_keeps_the_tabs_that_others_hold_on_to_names_them_and_lets_all_others_go(
    make_host, clock, rows, caplog, kind
):
    base = a_base()
    order = order_by_tab(base, **KINDS_OF_KEYS[kind])
    host = make_host(base=base)
    for _ in range(4):
        host.tab().post(text="milk")
    held = [row["id"] for row in rows()][1:3]
    put(host, *(order(tab=key) for key in held))
    clock.shift(LATER["forgotten"])
    host.purge()
    assert [row["id"] for row in rows()] == held
    for key in held:
        assert f"tab session {key} of long ago is kept for another day" in caplog.text
    assert "Tables whose keys can keep one: order_by_tab." in caplog.text
    assert sorted(key for key, reason in host.told if reason == "forgotten") == [
        row for row in range(held[0] - 1, held[0] + 3) if row not in held
    ]

    caplog.clear()
    clock.shift(timedelta(hours=23))
    assert host.purge() == (0, 0)
    assert not caplog.text
    run(host, order.__table__.delete())
    clock.shift(timedelta(hours=2))
    assert host.purge() == (0, 2)
    assert rows() == []


def order_by_tab(base, **key):
    class Order(base):
        __tablename__ = "order_by_tab"
        id: Mapped[int] = mapped_column(primary_key=True)
        tab: Mapped[int] = mapped_column(ForeignKey(tab_session.c.id, **key), index=True)

    return Order


def test_more_tabs_that_others_hold_on_to_than_a_purge_takes_keep_none_from_going(
    make_host, clock, rows, looks_at_keys
):
    base = a_base()
    order = order_by_tab(base)
    host = make_host(base=base)
    for _ in range(5):
        host.tab().post(text="milk")
    held = [row["id"] for row in rows()][:4]
    put(host, *(order(tab=key) for key in held))
    with host.app.app_context():
        for key in held:
            revoke(key)
        clock.shift(LATER["forgotten"])
        done = [purge(most=2) for _ in range(3)]
    assert sum(deleted for _, deleted in done) == 1
    assert [row["id"] for row in rows()] == held
