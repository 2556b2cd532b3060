"""Where an attack takes place: a server, its database, and tabs that stand ready."""

from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property

from flask import Blueprint, Flask, request
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from booking.customer.wizard.state import BookingDraft, slot_start, slot_value
from booking.operations.bookings import book
from booking.operations.holds import hold
from booking.storage import reads
from booking.tab_sessions import TabSessions, session_route, write_transaction
from tests.fixtures.customers import Customer
from tests.fixtures.gunicorns import Gunicorn
from tests.fixtures.small_shop import CUSTOMER
from tests.operations.audit import assert_sold_once

STAFF = ("ana", "ben", "cyd", "dee", "eve")
ADA = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "", "note": ""}
DAY = datetime.now(UTC).date() + timedelta(days=2)  # the same to the end of the run


def at(hour: int, minute: int = 0) -> datetime:
    """That time tomorrow or the day after: later than any hold made while the attack lasts."""
    return datetime.combine(DAY, time(hour, minute), UTC)


@dataclass
class Field:
    server: Gunicorn
    engine: Engine
    guarded: bool

    def writing(self) -> AbstractContextManager[Session]:
        return write_transaction(Session(self.engine))

    def tabs(self, count: int, *, held_until: datetime | None = None, **draft) -> list[Customer]:
        """So many tabs with that draft; `held_until` is when each one's hold ran or runs out."""
        made = [Customer(self.server.url) for _ in range(count)]
        for tab in made:
            self.seed(tab, held_until, **draft)
        return made

    def at_time(self, count: int, staff: str, service: str = "short") -> list[Customer]:
        return self.tabs(count, service=service, staff=staff)

    def at_review(self, count: int, staff: str, start: datetime, **more) -> list[Customer]:
        """Tabs with nothing left to do but to confirm; their holds ran out an hour ago."""
        answered = {"service": "short", "staff": staff, "staff_member": staff, "contact": ADA}
        hour_ago = datetime.now(UTC) - timedelta(hours=1)
        more = {"held_until": hour_ago} | more
        return self.tabs(count, **answered, slot=slot_value(start), **more)

    def seed(self, tab: Customer, held_until: datetime | None, **draft) -> None:
        held = held_until.isoformat() if held_until else None
        asked = {"draft": asdict(BookingDraft(**draft)), "held_until": held}
        headers = {"Tab-Session": tab.id}
        answer = self.seeder.test_client().post("/seed", json=asked, headers=headers)
        assert answer.status_code == 200, answer.text

    @cached_property
    def seeder(self) -> Flask:
        """An app of the library alone over the same database: it writes the drafts."""
        app, flow = Flask("seeds"), Blueprint("booking", __name__)
        session = scoped_session(sessionmaker(self.engine))
        TabSessions(app, session)
        app.teardown_appcontext(lambda _error: session.remove())
        session_route(flow, "/seed", methods=["POST"])(seed)
        app.register_blueprint(flow)
        return app

    def book(self, staff: str, start: datetime, service: str = "short") -> str:
        """Somebody else's booking, made beside the server by the owner's own operation."""
        with self.writing() as session:
            return book(
                session,
                tab_key=None,
                idempotency_key=f"{staff} {start}",
                fingerprint="",
                service=reads.service_by_slug(session, service),
                staff=[reads.staff_by_slug(session, staff)],
                start=start,
                customer=CUSTOMER,
                answers=[],
                manage_token_hash=f"{staff} {start:%d%H%M}".encode().ljust(32),
                now=datetime.now(UTC),
                by="owner",
            ).reference

    def count(self, table: str, where: str = "1 = 1") -> int:
        with self.engine.connect() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM booking_{table} WHERE {where}"))

    def audit(self) -> None:
        assert_sold_once(self.engine, datetime.now(UTC))

    def empty(self) -> None:
        with self.writing() as session:
            for table in ("claim", "hold", "booking", "tab_session"):
                session.execute(text(f"DELETE FROM booking_{table}"))


def seed(tab):
    asked = request.get_json()
    draft, until = BookingDraft(**asked["draft"]), asked["held_until"]
    draft.store(tab.data)
    if until:
        held_until(tab, draft, datetime.fromisoformat(until))
    return ""


def held_until(tab, draft: BookingDraft, until: datetime) -> None:
    """Hold the draft's time as if it had been chosen ten minutes before it runs, or ran, out."""
    made = hold(
        tab.session,
        tab_key=tab.key,
        service=reads.service_by_slug(tab.session, draft.service),
        staff=[reads.staff_by_slug(tab.session, draft.staff)],
        start=slot_start(draft.slot),
        now=tab.now,
        minutes=10,
        extensions=3,
    )
    seconds = {"hold": made.id, "until": int(until.timestamp())}
    for table, key in (("hold", "id"), ("claim", "hold_id")):
        tab.session.execute(
            text(f"UPDATE booking_{table} SET expires_at = :until WHERE {key} = :hold"), seconds
        )
