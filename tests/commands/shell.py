"""At the shell: run a command, and make what it is to find."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes

from sqlalchemy import func, insert, select

from booking.operations.bookings import Customer, book
from booking.storage.reads import service_by_slug, staff_by_slug
from booking.tab_sessions import tab_session, write_transaction
from tests.fixtures.clocks import MONDAY_MORNING

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "tests" / "shop.toml"
LAST_WEEK = MONDAY_MORNING.replace(hour=10) - timedelta(days=9)
MORNING = datetime(2027, 2, 3, 10, tzinfo=UTC)  # Ana works in Lisbon, where it is 10:00 too


def run(app, *words):
    return app.test_cli_runner().invoke(args=["booking", *map(str, words)])


def done(app, *words):
    """What a command says when it does what it was asked for."""
    answer = run(app, *words)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def refused(app, *words):
    """What a command says on stderr when it refuses; it says nothing else and shows no trace."""
    answer = run(app, *words)
    assert answer.exit_code == 1, answer.output
    assert isinstance(answer.exception, SystemExit)
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    return answer.stderr.removeprefix("Error: ").rstrip("\n")


def in_database(app, change):
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        return change(session)


def execute(app, statement):
    in_database(app, lambda session: session.execute(statement))


ZOE = Customer(
    name="Zoë Ω",
    email="zoe@example.com",
    phone="+351 912 345 678",
    note="second floor\nring twice",
    zone="Asia/Tokyo",
)


def appointment(app, start=MORNING, name=ZOE.name, customer=ZOE, *, made_at=None, **more):
    """The reference of a real booking, made by the operation the wizard uses.

    None: two days before it starts.
    """

    def make(session):
        booking = book(
            session,
            tab_key=None,
            idempotency_key=f"draft at {start}",
            fingerprint="x",
            service=service_by_slug(session, "short"),
            staff=[staff_by_slug(session, "ana")],
            start=start,
            customer=replace(customer, name=name),
            answers=[{"key": "wishes", "label": "Anything we should prepare?", "value": "Tea"}],
            manage_token_hash=str(start).encode().ljust(32)[:32],
            now=made_at or start - timedelta(days=2),
        )
        for key, value in more.items():
            setattr(booking, key, value)
        return booking.reference

    return in_database(app, make)


def live_tab(session):
    """The number of a tab that is still at work."""
    live = {"idle_expires_at": 2**33, "absolute_expires_at": 2**33, "created_at": 0, "seen_at": 0}
    named = {"flow": "booking", "token_hash": token_bytes(32), "state": "active", "version": 1}
    return session.execute(insert(tab_session).values(live | named)).inserted_primary_key[0]


def count(app, table):
    return in_database(app, lambda s: s.scalar(select(func.count()).select_from(table)))


def shop_file(folder, *replacements):
    """The file of the shop, with something in it written otherwise."""
    text = SHOP.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    file = folder / "shop.toml"
    file.write_text(text, encoding="utf-8")
    return file
