"""The machine with the database dies under load: a standby takes over, and nothing is lost.

Three servers on loopback: one that is written to, two that follow it. A commit is acknowledged
once one of the two has it, so whichever of them is further knows every booking that a customer
was told of. docs/scaling.md says how production is set up; this is the same by hand.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from booking.migrate import upgrade
from tests.attacks.conftest import SHOP
from tests.attacks.field import Field
from tests.conftest import app_over
from tests.fixtures.clusters import Node, nodes, wait_until
from tests.fixtures.gunicorns import gunicorn_over
from tests.fixtures.load import Load
from tests.fixtures.small_shop import open_engine

pytestmark = [
    pytest.mark.extra,
    pytest.mark.failover,
    pytest.mark.postgresql,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("load"),
]

QUORUM = "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (one, two, three)'"
FOLLOWING = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'"
RECEIVED = "SELECT pg_last_wal_receive_lsn() - '0/0'::pg_lsn"


@pytest.fixture
def cluster() -> Iterator[list[Node]]:
    """A server with two synchronous standbys, of which one is enough."""
    with nodes("one", "two", "three") as (leader, *standbys):
        leader.create()
        leader.start()
        leader.sql(QUORUM)
        for standby in standbys:
            standby.follow(leader)
            standby.start()
        leader.sql("SELECT pg_reload_conf()")
        wait_until(lambda: leader.sql(FOLLOWING) == 2)
        yield [leader, *standbys]


def url_of(*cluster: Node) -> str:
    """All of them: the driver looks for the one that takes writes."""
    hosts = "&".join(f"host=127.0.0.1:{node.port}" for node in cluster)
    asked = "target_session_attrs=read-write&connect_timeout=2"
    return f"postgresql+psycopg://postgres@/postgres?{hosts}&{asked}"


def fail_over(leader: Node, standbys: list[Node]) -> Node:
    """What Patroni does: kill is for good; the one that knows more leads, the other follows it."""
    leader.kill()
    new, other = sorted(standbys, key=lambda node: int(node.sql(RECEIVED)), reverse=True)
    new.promote()
    new.sql(f"SELECT pg_create_physical_replication_slot('{other.name}')")
    where = f"host=127.0.0.1 port={new.port} user=postgres application_name={other.name}"
    other.sql(f"ALTER SYSTEM SET primary_conninfo = '{where}'")
    other.sql("SELECT pg_reload_conf()")
    return new


def test_a_dead_primary_costs_no_acknowledged_booking(cluster, figures):
    book_through_a_failover(cluster, figures, bookings=60)


@pytest.mark.long
@pytest.mark.parametrize("again", range(10))
def test_ten_dead_primaries_cost_no_acknowledged_booking(cluster, figures, again):
    book_through_a_failover(cluster, figures, bookings=400)


def book_through_a_failover(cluster: list[Node], figures, *, bookings: int) -> None:
    leader, *standbys = cluster
    url = url_of(*cluster)
    with open_engine(url) as engine:
        upgrade(engine)
    with (
        app_over(url, SHOP),
        gunicorn_over(url, workers=3) as server,
        Load(server.url, customers=8) as load,
    ):
        load.wait_for(bookings)
        new = fail_over(leader, standbys)
        load.wait_for(bookings)
    assert load.unexpected == []
    assert server.tracebacks() == []
    with open_engine(url_of(new)) as engine:
        Field(server, engine, guarded=True).audit()
        with engine.connect() as connection:
            booked = set(connection.scalars(text("SELECT reference FROM booking_booking")))
    lost = set(load.acknowledged) - booked
    assert lost == set()
    figures(
        f"failover: {len(load.acknowledged)} bookings acknowledged, {len(lost)} lost, 0 minutes "
        f"sold twice; the longest pause was {load.longest_silence:.1f} s ({dict(load.told)})"
    )


def test_without_waiting_for_a_standby_bookings_would_be_lost(cluster):
    """The negative control: the same, but a commit is acknowledged before a standby has it."""
    leader, *standbys = cluster
    leader.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
    leader.sql("SELECT pg_reload_conf()")
    leader.sql("CREATE TABLE note (text text)")
    for standby in standbys:
        wait_until(lambda standby=standby: standby.sql("SELECT to_regclass('note')"))
        standby.stop()
    leader.sql("INSERT INTO note VALUES ('acknowledged')")
    leader.kill()
    for standby in standbys:
        standby.start()
    new, _ = standbys
    new.promote()
    assert new.sql("SELECT count(*) FROM note") == 0
