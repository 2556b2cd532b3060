"""Free times that are looked at: what makes the page ask for them anew, and what does not."""

import pytest
from sqlalchemy import text as sql

from booking.customer.wizard.steps import live_times
from booking.testing import TabClient
from tests.customer.walks import at_details, at_review, at_time, days, slots
from tests.storage.conftest import counted

SHOWN, IN_APRIL = "2026-03-03T10:00Z", "2026-04-02T10:00Z"


def look_at(app, day="2026-03-03", staff="ana") -> TabClient:
    tab = at_time(app, staff=staff).open(f"time?day={day}")
    assert tab.ask().status == 204
    return tab


@pytest.fixture
def looking(app) -> TabClient:
    """A tab that looks at Ana's Tuesday, the third of March."""
    return look_at(app)


@pytest.fixture
def shell(app):
    """`shell("holds")`: `flask booking holds`; what it says."""

    def run(*words: str) -> str:
        answer = app.test_cli_runner().invoke(args=["booking", *words])
        assert answer.exit_code == 0, answer.output
        return answer.output

    return run


@pytest.fixture
def change(app):
    """Writes to the business as somebody with an SQL prompt does."""

    def write(statement: str) -> None:
        with app.app_context(), app.extensions["booking"].engine.begin() as connection:
            connection.execute(sql(statement))

    return write


CHANGES = {
    "hours": "UPDATE booking_weekly_hours SET starts = 600 WHERE starts = 540",
    "a closure": "INSERT INTO booking_closure (first_day, last_day, reason)"
    " VALUES ('2026-03-05', '2026-03-05', '')",
    "time off": "INSERT INTO booking_time_off (staff_member_id, starts_at, ends_at, reason)"
    " SELECT id, '2026-03-05 00:00:00', '2026-03-06 00:00:00', '' FROM booking_staff_member"
    " WHERE slug = 'ana'",
    "another length": "UPDATE booking_service SET duration = 45 WHERE slug = 'short'",
    "a price, which is told beside the times": "UPDATE booking_service SET price = '€ 25'",
    "more notice": "UPDATE booking_service SET minimum_notice = 2880 WHERE slug = 'short'",
}


@pytest.mark.both_databases
def test_a_time_that_is_taken_and_let_go_of_again_is_a_change(app, looking):
    other = at_details(app, SHOWN, staff="ana")
    assert looking.ask().status == 200
    assert SHOWN not in slots(looking)
    other.post("clear")
    assert looking.ask().status == 200
    assert SHOWN in slots(looking)
    assert looking.ask().status == 204


@pytest.mark.both_databases
def test_a_hold_that_runs_out_is_a_change_although_nobody_wrote_anything(app, looking, later, rows):
    at_details(app, SHOWN, staff="ana")
    looking.ask()
    before = rows()
    later(seconds=178)
    assert looking.ask().status == 204
    later(seconds=3)
    assert looking.ask().status == 200
    assert SHOWN in slots(looking)
    assert rows() == before


def test_so_is_a_booking_that_waited_in_vain(app, later, change):
    change("UPDATE booking_service SET approval = true")
    assert at_review(app, SHOWN, staff="ana").submit().booking_state == "pending"
    later(hours=23, minutes=50)
    tab = look_at(app)
    assert SHOWN not in slots(tab)
    later(minutes=20)
    assert tab.ask().status == 200
    assert SHOWN in slots(tab)


def test_so_is_a_time_that_is_too_soon_by_now(app, later):
    later(minutes=58)
    tab = look_at(app, "2026-03-02")
    assert slots(tab)[0] == "2026-03-02T09:00Z"
    later(minutes=1)
    assert tab.ask().status == 204
    later(minutes=2)
    assert tab.ask().status == 200
    assert slots(tab)[0] == "2026-03-02T09:15Z"


def test_so_is_midnight(app, later):
    later(hours=15, minutes=59)
    tab = look_at(app)
    later(minutes=2)
    assert tab.ask().status == 200
    assert days(tab, "past") == ["2 Monday 2 March 2026: past"]


def test_so_is_a_day_that_is_not_opened_and_has_one_time_less(app, looking):
    at_details(app, "2026-03-05T10:00Z", staff="ana")
    assert looking.ask().status == 200


@pytest.mark.parametrize("written", CHANGES.values(), ids=CHANGES)
def test_so_is_the_business(looking, change, written):
    change(written)
    assert looking.ask().status == 200
    assert looking.ask().status == 204


def test_so_is_what_the_tab_held_when_the_shop_lets_go_of_it(app, shell):
    tab = at_details(app, SHOWN, staff="ana").open("time?day=2026-03-03")
    assert tab.page.select_one("#hold")
    shell("release", "--all", "--yes")
    assert tab.ask().status == 200
    assert tab.page.select_one("#hold:not(.sb-hold-over)") is None


@pytest.mark.both_databases
def test_a_hold_made_longer_is_none_for_anybody(app, looking):
    holding = at_details(app, SHOWN, staff="ana")
    looking.ask()
    holding.post("hold/extension")
    assert holding.status == 200
    assert looking.ask().status == 204


def test_nor_for_the_tab_that_has_it(app):
    tab = at_details(app, SHOWN, staff="ana").open("time?day=2026-03-03")
    tab.click("More time")
    assert tab.status == 200
    assert tab.ask().status == 204


def test_nor_is_what_nobody_can_see(app, looking):
    """The same time with somebody else, a time of another month, a booking of what was held."""
    held = at_review(app, SHOWN, staff="ana")
    looking.ask()
    at_details(app, SHOWN, staff="ben")
    at_details(app, IN_APRIL, staff="ana")
    assert held.submit().step == "done"
    assert looking.ask().status == 204


def test_nor_is_one_of_two_people_who_are_free(app):
    tab = look_at(app, staff="any")
    both = "2026-03-03T15:00Z"
    at_details(app, both, staff="ana")
    assert tab.ask().status == 204
    at_details(app, both, staff="ben")
    assert tab.ask().status == 200


def test_a_tab_is_told_the_same_whoever_rendered_the_page(app):
    """The answer to a form, a page that was loaded, a day that was turned to, a refused time."""
    tab = at_time(app, staff="ana")
    shown = tab.fields["day"]
    for each in (
        tab,
        tab.refresh(),
        tab.open("time"),
        tab.open(f"time?day={shown}"),
        tab.open("time?month=2026-04"),
        tab.open("time?day=2026-03-28"),
        tab.submit(slot="2026-03-03T12:15Z", force=True),
        tab.submit(slot=SHOWN).open("time"),
    ):
        assert each.ask().status == 204, each


@pytest.mark.parametrize("limit", ["NULL", "2"])
def test_it_is_one_statement_beside_the_tabs_own(app, change, limit):
    change(f"UPDATE booking_service SET daily_limit = {limit}")
    tab = at_details(app, SHOWN, staff="ana").open("time?day=2026-03-03")
    with app.app_context():
        engine = app.extensions["booking"].engine
    with counted(engine) as statements:
        assert tab.ask().status == 204
    assert len(statements) == 2, statements


def test_what_is_kept_for_those_who_look_is_small_tells_nothing_and_is_of_this_minute(app, later):
    live_times._known.clear()
    first, second = look_at(app), at_details(app, SHOWN, staff="ana").open("time?day=2026-03-03")
    for tab in (first, second):
        tab.ask()
    assert kept()
    assert all(len(digest) == 16 and len(seen) == 32 for (_, digest), seen in kept())
    minutes = {minute for (minute, _), _ in kept()}
    later(minutes=1)
    first.ask()
    assert {minute for (minute, _), _ in kept()}.isdisjoint(minutes)


def kept():
    return live_times._known.items()


def test_where_nothing_is_left_in_a_month_what_comes_after_counts(app, change):
    """The page then leads to the next free day, wherever that is."""
    change("UPDATE booking_weekly_hours SET starts = 540, ends = 570 WHERE weekday = 1")
    change("DELETE FROM booking_weekly_hours WHERE weekday <> 1 OR kind = 'break'")
    for morning in ("03T09", "10T09", "17T09", "24T09", "31T08"):  # by summer time
        at_details(app, f"2026-03-{morning}:00Z", staff="ana")
    tab = look_at(app)
    assert slots(tab) == []
    assert "7 April" in tab.page.select_one(".sb-next-free").get_text()
    at_details(app, "2026-04-07T08:00Z", staff="ana")
    assert tab.ask().status == 200
    assert "14 April" in tab.page.select_one(".sb-next-free").get_text()
