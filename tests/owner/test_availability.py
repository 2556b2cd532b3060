"""“Why is nothing free?”: a day and a service, and for each person every reason, in sentences."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, update

from booking.operations.plan_edits import without_service
from booking.operations.shop_changes import change_business
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Closure, DateOverride, Service, TimeOff, WeeklyHours
from booking.storage.reads import Diary, service_by_slug, staff_by_slug
from tests.commands import shell
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import text_of
from tests.owner.days import TODAY, TUESDAY, asked_to_move, at, booked, cancelled, held, words
from tests.storage.conftest import counted

DAY = f"/desk/availability?day={TUESDAY}&service=short"


def of(page, slug="ana"):
    (found,) = page.select(f'[data-staff="{slug}"]')
    return found


def sentences(page, slug="ana"):
    return [words(each) for each in of(page, slug).select(".sb-why-sentences li")]


def lines(page, slug="ana"):
    """What the table says of each time: {'09:00 to 10:00': 'Free'}."""
    rows = of(page, slug).select("tbody tr")
    return {words(row.th): words(row.td) for row in rows}


def change(shop, **values):
    shell.execute(shop.app, update(Service).where(Service.slug == "short").values(**values))


def add(shop, row, slug="ana"):
    with shop.writing() as session:
        if slug:
            row.staff_member_id = staff_by_slug(session, slug).id
        session.add(row)


def offered(shop, slug="ana", service="short", day=TUESDAY):
    """The times that the wizard offers, as the clock shows them."""
    with shop.reading() as session:
        staff = [staff_by_slug(session, slug)]
        catalogue, found = read_catalogue(session), service_by_slug(session, service)
        diary = Diary(session, catalogue, found, staff, MONDAY_MORNING)
        slots = diary.days(day, day, catalogue.zone)[day].slots
        return [f"{each.start.astimezone(catalogue.zone):%H:%M}" for each in slots]


def free_times(page, slug="ana"):
    """Every time that the page calls free, a step of 15 minutes apart."""
    times = []
    for time, said in lines(page, slug).items():
        first, _, last = time.partition(" to ")
        if said == "Free":
            moment = datetime.fromisoformat(f"2026-03-03 {first}")
            until = datetime.fromisoformat(f"2026-03-03 {last or first}")
            while moment <= until:
                times.append(f"{moment:%H:%M}")
                moment += timedelta(minutes=STEP)
    return times


STEP = 15


@pytest.mark.both_databases
def test_a_time_is_free_there_exactly_if_the_wizard_offers_it(desk, shop):
    change(shop, slot_step=STEP, buffer_after=10)
    add(shop, WeeklyHours(weekday=1, starts=12 * 60, ends=13 * 60, kind="break"))
    add(shop, TimeOff(starts_at=at("15:00", 1), ends_at=at("16:00", 1)))
    moved = booked(shop.app, "09:30", days=1)
    held(shop.app, "11:00", days=1)
    cancelled(shop.app, booked(shop.app, "14:00", days=1))
    asked_to_move(shop.app, moved, "14:00", days=1)
    page = desk.page(DAY)
    assert free_times(page) == offered(shop) != []
    assert free_times(page, "ben") == offered(shop, "ben")
    said = " ".join(lines(page).values())
    for reason in ("It is booked", "Somebody is booking it", "It runs into a break",
                   "It runs into time off", "It runs into a buffer"):  # fmt: skip
        assert reason in said
    assert "It is taken" not in said


def test_the_day_is_told_in_whole_sentences(desk, shop):
    change(shop, slot_step=STEP, buffer_before=10, buffer_after=5)
    add(shop, WeeklyHours(weekday=1, starts=12 * 60, ends=13 * 60, kind="break"))
    add(shop, TimeOff(starts_at=at("15:00", 1), ends_at=at("16:00", 1)))
    booked(shop.app, "10:00", days=1)
    held(shop.app, "11:00", days=1)
    said = sentences(desk.page(DAY))
    assert said[:6] == [
        "Ana works 09:00 to 17:00.",
        "12:00 to 13:00 is a break.",
        "Ana is away 15:00 to 16:00.",
        "10:00 to 10:30 is booked.",
        "Somebody is booking 11:00 to 11:30 just now.",
        "Short visit takes 30 minutes and can begin every 15 minutes.",
    ]
    assert said[6:] == [
        "Before it 10 minutes are kept free.",
        "After it 5 minutes are kept free.",
    ]


def test_each_reason_of_a_whole_day_is_told(desk, shop):
    change(shop, slot_step=STEP)
    add(shop, Closure(first_day=TUESDAY, last_day=TUESDAY), slug="")
    page = desk.page(DAY)
    assert words(of(page).h2) == "With Ana nothing is free."
    assert "The shop is closed all day." in sentences(page)
    assert all("The shop is closed" in said for said in lines(page).values())
    assert lines(page)["11:45 to 12:45"] == "It runs into a break. The shop is closed"


def test_a_day_with_hours_of_its_own_says_so(desk, shop):
    add(shop, DateOverride(day=TUESDAY, starts=600, ends=660))
    add(shop, DateOverride(day=TUESDAY), slug="ben")
    page = desk.page(DAY)
    assert "On this day Ana works other hours: 10:00 to 11:00." in sentences(page)
    assert sentences(page, "ben")[0] == ("Ben does not work on this day: it has hours of its own.")
    assert lines(page, "ben") == {}


def test_a_day_off_in_every_week_says_so(desk, shop):
    sunday = TODAY + timedelta(days=6)
    shell.execute(shop.app, delete(WeeklyHours).where(WeeklyHours.weekday == 6))
    page = desk.page(f"/desk/availability?day={sunday}&service=short&staff=ana")
    assert sentences(page)[0] == "Ana does not work on this weekday."
    assert not page.select('[data-staff="ben"]')
    assert not of(page).select("svg")


@pytest.mark.both_databases
def test_notice_window_and_limit_are_told_with_their_figures(desk, shop):
    change(shop, minimum_notice=26 * 60, booking_window=20, daily_limit=1)
    page = desk.page(DAY)
    assert lines(page)["09:00 to 09:45"] == "It is too soon: notice is asked for"
    assert "the first time can be Tuesday 3 March 2026, 10:00." in " ".join(sentences(page))
    booked(shop.app, "15:00", days=1, staff="ben")
    said = " ".join(sentences(desk.page(DAY)))
    assert "It can be booked once on a day, and that is reached." in said
    far = TODAY + timedelta(days=25)
    said = " ".join(sentences(desk.page(f"/desk/availability?day={far}&service=short")))
    assert "It can be booked 20 days ahead, so until Sunday 22 March 2026." in said
    past = TODAY - timedelta(days=7)
    page = desk.page(f"/desk/availability?day={past}&service=short")
    assert "What has passed cannot be booked." in sentences(page)


def test_nobody_who_comes_is_named_to_anybody(desk, desk_as, shop):
    booked(shop.app, "10:00", "Ada Lovelace", days=1)
    for client in (desk, desk_as("staff", "ana"), desk_as("staff", "ben")):
        assert "Lovelace" not in client.get(DAY).text


def test_staff_see_their_own_day_alone(desk_as, shop):
    page = desk_as("staff", "ben").page(DAY)
    assert [each["data-staff"] for each in page.select("[data-staff]")] == ["ben"]
    page = desk_as("staff", "ben").page(f"{DAY}&staff=ana")
    assert page.select("[data-staff]") == []
    assert "There is nobody of that name whose days you see." in words(page)


def test_what_cannot_be_booked_at_all_says_why(desk, shop):
    said = text_of(desk.get("/desk/availability?day=31 February&service=nothing"))
    assert "“31 February” is not a date here, so this is today." in said
    with shop.writing() as session:
        for each in session.query(Service):
            each.retired = True
    assert "There is no service that can be booked." in text_of(desk.get(DAY))


def test_it_is_a_table_with_heads_and_has_no_style_of_its_own(desk, shop):
    page = desk.page(DAY)
    table = of(page).table
    assert words(table.caption) == "Times at which it could begin, with Ana"
    assert [each["scope"] for each in table.select("thead th")] == ["col", "col"]
    assert {each["scope"] for each in table.select("tbody th")} == {"row"}
    assert not page.select("[style], style, script:not([src])")
    assert of(page).select_one(".sb-bar")["aria-hidden"] == "true"


def test_the_agenda_of_a_day_leads_there(desk, shop):
    page = desk.page(f"/desk/agenda?day={TUESDAY}&service=short&staff=ana")
    (link,) = page.select('a[href*="/desk/availability"]')
    assert link["href"] == f"{DAY}&staff=ana"
    assert desk.get(link["href"]).status_code == 200
    assert desk.page("/desk/agenda?view=week").select('a[href*="/desk/availability"]')


@pytest.mark.both_databases
def test_it_is_read_in_as_many_statements_whoever_comes(desk, shop):
    def statements():
        with shop.app.app_context():
            engine = shop.app.extensions["sqlalchemy"].engine
        with counted(engine) as found:
            assert desk.get(DAY).status_code == 200
        return len(found)

    before = statements()
    for hour in (9, 10, 11, 13, 14):
        booked(shop.app, f"{hour:02}:00", days=1)
    assert statements() <= before + 1


def test_of_a_service_that_nobody_offers_any_more_that_is_said_and_of_no_other(desk, shop):
    shop.appointment(MONDAY_MORNING.replace(day=3, hour=10))
    with shop.writing() as session:
        change_business(session, lambda plan: without_service(plan, "short"))
    page = desk.page(DAY)
    assert "Nobody offers Short visit, so it cannot be booked on any day." in page.get_text()
    assert page.select_one("[name=service] [selected]")["value"] == "short"
    assert "Long visit on" not in page.get_text()
    others = desk.page(f"/desk/availability?day={TUESDAY}&service=long")
    assert [each["value"] for each in others.select("[name=service] option")] == ["long"]
