"""Times that are only held: seen, let go of, and taken by the owner."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from booking.operations.holds import hold as hold_time
from booking.storage.models import Booking, hold
from booking.storage.reads import service_by_slug, staff_by_slug
from tests.commands.shell import (
    MORNING,
    appointment,
    done,
    execute,
    in_database,
    live_tab,
    refused,
    run,
)
from tests.customer.walks import at_details, at_review, text
from tests.fixtures.clocks import MONDAY_MORNING

DAY = (MONDAY_MORNING + timedelta(days=10)).date()  # Lisbon's clock still shows UTC

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def rows(app, *words):
    """Tab and visitor of each hold that is listed, below the heading."""
    head, *lines = run(app, *(words or ("holds",))).stdout.splitlines()
    assert head.endswith("  visitor  network  wide network")
    return [(cells[0], cells[6]) for cells in (re.split("  +", line) for line in lines)]


@pytest.fixture
def besieged(app):
    """Two tabs of one visitor hold two people's first times of a day, and somebody else a third."""
    for clock, staff in (("09:00", "ana"), ("10:00", "ana"), ("15:00", "ben")):
        at_details(app, f"{DAY}T{clock}Z", staff=staff)
    execute(app, update(hold).values(visitor=b"x" * 32))
    last = in_database(
        app, lambda s: s.scalars(select(hold.c.id).order_by(hold.c.id.desc())).first()
    )
    execute(app, update(hold).where(hold.c.id == last).values(visitor=b"y" * 32))
    return app


def test_holds_tells_who_holds_what_and_how_much_the_same_visitor_holds(besieged):
    app = besieged
    assert [visitor for _, visitor in rows(app)] == ["A (2)", "A (2)", "B (1)"]
    shown = run(app, "holds", "--staff", "ben").stdout
    assert f"{DAY} 15:00-15:30  Ben    Short visit" in shown
    assert len(rows(app, "holds", "--day", DAY)) == 3
    assert run(app, "holds", "--day", "2027-07-01").stdout == "No such time is held.\n"
    everything = run(app, "holds").stdout
    assert everything.count("A (3)") == 3, "the network around both visitors"
    assert "127.0.0.1" not in everything
    assert (b"x" * 32).hex()[:8] not in everything


def test_one_time_is_let_go_of_at_once_and_several_only_when_that_is_meant(besieged):
    app = besieged
    (first, _), (second, _), (third, _) = rows(app)
    assert "were let go of" in run(app, "release", third).stdout
    answer = run(app, "release", first, "--like")
    assert answer.exit_code == 1
    assert answer.stderr == "Error: Nothing was changed: letting go of them needs --yes.\n"
    assert f"\n{second}  " in answer.stdout
    assert len(rows(app)) == 2
    assert f"\n{second}  " in run(app, "release", first, "--like", "--yes").stdout
    assert run(app, "holds").stdout == "No time is held.\n"
    assert refused(app, "release", first, "--like", "network") == (
        f"Tab {first} holds no time. Nothing was changed."
    )
    assert run(app, "release", first).stdout == "No such time is held: nothing was changed.\n"


def test_a_whole_day_a_persons_times_or_all_are_let_go_of(besieged):
    steps = [(["--day", "tomorrow"], 3), (["--staff", "ben"], 2), (["--day", DAY], 0)]
    for words, left in steps:
        done(besieged, "release", *words, "--yes")
        assert in_database(besieged, lambda s: len(s.execute(LIVE).all())) == left, words
    at_details(besieged, f"{DAY}T10:00Z", staff="ana")
    assert "were let go of" in run(besieged, "release", "--all", "--yes").stdout


LIVE = select(hold.c.id).where(hold.c.expires_at > hold.c.held_since + 60)


def test_all_that_a_network_holds_is_let_go_of(besieged):
    app, (tab, _) = besieged, rows(besieged)[0]
    done(app, "release", tab, "--like", "network", "--yes")
    assert run(app, "holds").stdout == "No time is held.\n"


def test_release_asks_what_is_meant(app):
    for words in ([], ["--like"], ["--yes"]):
        answer = run(app, "release", *words)
        assert answer.exit_code == 2
        assert "Name the tab whose time is to be let go of" in answer.stderr


def test_a_held_time_is_booked_over_openly_and_its_tab_is_told_in_the_usual_words(app):
    tab = at_review(app, f"{DAY}T10:00Z", staff="ana")
    words = ("book", "short", f"{DAY} 10:00", "--name", "Al", "--staff", "ana")
    assert refused(app, *words).endswith(
        "Some of it is only held by somebody who has not booked yet (flask booking holds): "
        "--over-holds takes it from them. Nothing was changed."
    )
    booked, gone = run(app, *words, "--over-holds").stdout.splitlines()
    assert booked.startswith("Booked: ")
    assert re.fullmatch(
        rf"Let go of for it: Short visit on {DAY} 10:00-10:30, which tab \d+ held since "
        r"\d\d:\d\d\.",
        gone,
    )
    assert tab.submit().status == 409
    assert "is no longer free. Please choose another time" in text(tab)
    assert refused(app, *words, "--over-holds") == "That time is taken. Nothing was changed."


def test_a_booked_time_is_taken_even_where_the_rest_is_held_or_another_does_not_work_then(app):
    at_details(app, f"{DAY}T10:30Z", service="long", staff="ana")
    start = f"{DAY} 09:00"
    assert not run(app, "book", "short", start, "--name", "Al", "--staff", "ana").exit_code
    for service in ("short", "long"):  # Ben's day begins later
        answer = refused(app, "book", service, start, "--name", "Bo", "--over-holds")
        assert answer == "That time is taken. Nothing was changed."


def test_an_appointment_is_moved_over_a_hold_too(app):
    at_details(app, f"{DAY}T14:00Z", staff="ana")
    booked = run(app, "book", "short", f"{DAY} 10:00", "--name", "Al", "--staff", "ana")
    reference = booked.stdout.split()[1]
    words = ("reschedule", reference, f"{DAY} 14:00")
    assert "only held" in refused(app, *words)
    assert "Let go of for it: Short visit" in run(app, *words, "--over-holds").stdout


def test_all_that_the_visitor_of_one_appointment_booked_is_cancelled_when_that_is_meant(app):
    one, two, other = (
        appointment(app, MORNING.replace(hour=hour), visitor=mark)
        for hour, mark in ((9, b"x"), (10, b"x"), (11, b"y"))
    )
    answer = run(app, "cancel", one, "--like")
    assert answer.exit_code == 1
    assert (
        answer.stderr == "Error: Nothing was changed: cancelling these appointments needs --yes.\n"
    )
    listed = [reference for reference in (one, two, other) if reference in answer.stdout]
    assert listed == [one, two]
    assert "These appointments are cancelled" in run(app, "cancel", one, "--like", "--yes").stdout
    states = select(Booking.state).order_by(Booking.starts_at)
    found = in_database(app, lambda s: s.scalars(states).all())
    assert found == ["cancelled", "cancelled", "confirmed"]
    by_hand = appointment(app, MORNING.replace(hour=14))
    assert refused(app, "cancel", by_hand, "--like").startswith("Nothing tells who booked ")


def test_doctor_warns_of_a_day_that_is_mostly_held_and_not_booked(app):
    def fill(session):
        service, member = service_by_slug(session, "short"), staff_by_slug(session, "ana")
        for clock in ("10:00", "13:00", "13:45", "14:30", "15:15"):
            start = datetime.combine(DAY, time.fromisoformat(clock), UTC)
            place = {"service": service, "staff": [member], "start": start}
            lasting = {"now": datetime.now(UTC), "minutes": 10, "extensions": 3}
            hold_time(session, tab_key=live_tab(session), **place, **lasting)

    assert "ok     no day is mostly held and not booked" in run(app, "doctor").stdout
    in_database(app, fill)
    told = run(app, "doctor")
    assert told.exit_code == 0
    assert f"warn   much of somebody's day is held and not booked ({DAY} ana 47 %): " in told.stdout
    run(app, "release", "--staff", "ana", "--yes")
    assert "ok     no day is mostly held and not booked" in run(app, "doctor").stdout


def test_a_tab_or_all_of_them_are_ended_and_their_pages_say_so(app):
    tab, other = (at_details(app, f"{DAY}T{clock}Z", staff="ana") for clock in ("10:00", "14:00"))
    (first, _), (second, _) = rows(app)
    assert run(app, "revoke", first).stdout == "1 ended.\n"
    assert [number for number, _ in rows(app)] == [second]
    assert tab.submit(name="Al", email="al@example.com").status == 410
    assert refused(app, "revoke", "--all").endswith("ending several at once needs --yes.")
    early = f"{DAY - timedelta(days=30)} 10:00"
    for words in (["--all", "--before", early], ["--user", "nobody"]):
        assert run(app, "revoke", *words, "--yes").stdout == "Nothing to end was found.\n"
    assert run(app, "revoke", "--all", "--yes").stdout == "1 ended.\n"
    assert other.submit(name="Al", email="al@example.com").status == 410
    for words in ([], [first, "--all"], [first, "--before", early]):
        assert run(app, "revoke", *words).exit_code == 2
