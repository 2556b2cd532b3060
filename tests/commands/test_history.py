"""Whatever is done at the shell stands in the history, and that it was done there."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from booking.operations.holds import hold as hold_time
from booking.storage.models import history
from booking.storage.reads import service_by_slug, staff_by_slug
from tests.commands.shell import MORNING, appointment, done, in_database, live_tab
from tests.fixtures.clocks import MONDAY_MORNING

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("monday_morning"),
]


def entries(app) -> list[str]:
    rows = select(history.c.what, history.c.door, history.c.actor).order_by(history.c.id)
    found = in_database(app, lambda session: session.execute(rows).all())
    assert {(row.door, row.actor) for row in found} == {("shell", "")}
    return [row.what for row in found]


def test_booked_moved_and_cancelled_at_the_shell_it_says_so(app):
    done(app, "book", "short", "2026-03-03 10:00", "--name", "Ada", "--staff", "ana")
    reference = done(app, "list", "--all").split()[-2]
    done(app, "reschedule", reference, "2026-03-03 11:00")
    done(app, "cancel", reference)
    assert entries(app) == ["booked", "moved", "cancelled"]


def test_decided_at_the_shell_it_says_so(app):
    waits = {"state": "pending", "pending_for": "approval"}
    for verb, start in (("confirm", MORNING), ("decline", MORNING + timedelta(days=1))):
        until = int((MONDAY_MORNING + timedelta(hours=1)).timestamp())
        done(app, verb, appointment(app, start, pending_until=until, **waits))
    assert entries(app) == ["confirmed", "declined"]


def test_held_times_that_are_let_go_of_or_taken_at_the_shell_are_told(app):
    for hour in (10, 11):
        in_database(app, lambda session, at=hour: held(session, MONDAY_MORNING.replace(hour=at)))
    done(
        app,
        *("book", "short", "2026-03-02 10:00", "--name", "Ada", "--staff", "ana", "--over-holds"),
    )
    done(app, "release", "--all", "--yes")
    assert entries(app) == ["booked", "holds_let_go", "holds_let_go"]


def held(session, start: datetime) -> None:
    given = {"service": service_by_slug(session, "short"), "now": MONDAY_MORNING}
    given |= {"staff": [staff_by_slug(session, "ana")], "tab_key": live_tab(session)}
    hold_time(session, start=start, minutes=10, extensions=3, **given)
