"""The agenda: a day, a week, a list: who comes, what waits, what is held, what is closed."""

import re
from datetime import timedelta

import pytest

from booking.files import STATIC
from booking.owner.agenda import day
from booking.owner.door import ROLES
from booking.storage.models import Closure, DateOverride, TimeOff
from booking.storage.reads import staff_by_slug
from tests.commands import shell
from tests.owner.conftest import text_of
from tests.owner.days import (
    TODAY,
    TUESDAY,
    asked_to_move,
    at,
    booked,
    cancelled,
    cell_of,
    held,
    lasting,
    words,
)

FRIDAY = TODAY + timedelta(days=4)
EVERY_VIEW = ["/desk/", "/desk/agenda", "/desk/agenda?view=week", "/desk/agenda?view=list"]


def one(page, reference):
    (found,) = page.select(f'[data-booking-reference="{reference}"]')
    return found


def spans(page, kind):
    """What the day says of that kind: in whose column, and what."""
    return [(cell_of(each)[1], words(each)) for each in page.select(f".sb-span-{kind}")]


def test_an_appointment_stands_in_the_column_of_its_person_and_the_row_of_its_hour(desk, desk_app):
    reference = booked(desk_app, "10:45", "Ada Lovelace", "ana")
    shown = one(desk.page("/desk/"), reference)
    assert cell_of(shown) == ("10:00", "Ana")
    assert words(shown) == "10:45 to 11:15 Ada Lovelace Short visit Ana"
    assert shown["href"] == f"/desk/bookings/{reference}"
    assert {"sb-at-9", "sb-for-6", "sb-lane-0", "sb-of-1"} <= {*shown["class"]}


@pytest.mark.parametrize("path", EVERY_VIEW)
def test_each_view_has_it_once_and_leads_to_it(path, desk, desk_app):
    reference = booked(desk_app, "10:45")
    shown = one(desk.page(path), reference)
    link = shown if shown.name == "a" else shown.a
    assert link["href"] == f"/desk/bookings/{reference}"
    assert "Ada Lovelace" in words(shown)


@pytest.mark.parametrize("path", EVERY_VIEW)
def test_no_page_has_a_style_or_a_script_of_its_own(path, desk, desk_app):
    booked(desk_app, "10:45")
    page = desk.page(path)
    assert not page.select("[style], style, script:not([src])")
    assert not page.select("[onclick], [onkeydown], [onload]")


SAID = {
    "confirmed": ({}, ""),
    "waits for the shop": ({"waits": "approval"}, "Waits for your decision"),
    "waits for mail": ({"waits": "mail"}, "Waits for the customer's confirmation"),
    "came": ({"state": "completed"}, "Came"),
    "did not come": ({"state": "no_show"}, "Did not come"),
}


@pytest.mark.parametrize(("more", "said"), SAID.values(), ids=SAID)
def test_what_has_become_of_it_is_said_in_words(more, said, desk, desk_app):
    reference = booked(desk_app, "10:00", **more)
    for path in EVERY_VIEW:
        state = one(desk.page(path), reference).em
        assert (words(state) if state else "") == said


def test_cancelled_ones_are_shown_to_who_asks_for_them(desk, desk_app):
    reference = booked(desk_app, "10:00")
    cancelled(desk_app, reference)
    for view in ("day", "week", "list"):
        assert reference not in desk.get(f"/desk/agenda?view={view}").text
        for state in ("every", "cancelled"):
            shown = one(desk.page(f"/desk/agenda?view={view}&state={state}"), reference)
            assert words(shown.em) == "Cancelled"


def test_who_is_booking_is_shown_and_not_named_and_leads_to_where_that_ends(
    desk, desk_as, desk_app
):
    number = held(desk_app, "14:00", "ben")
    for path in EVERY_VIEW:
        (shown,) = desk.page(path).select(f'[data-hold="{number}"]')
        assert "Somebody is booking" in words(shown)
        link = shown if shown.name == "a" else shown.find("a")
        assert link["href"] == "/desk/holds"
        (of_staff,) = desk_as("staff", "ben").page(path).select(f'[data-hold="{number}"]')
        assert of_staff.name != "a"
        assert not of_staff.find("a"), "they let go of none"


def test_another_time_that_a_customer_asks_for_is_shown_beside_the_booking(desk, desk_app):
    reference = booked(desk_app, "10:00")
    asked_to_move(desk_app, reference, "15:00")
    page = desk.page("/desk/")
    (wish,) = page.select(f'[data-asked-for="{reference}"]')
    assert cell_of(wish) == ("15:00", "Ana")
    assert "Asks for this time instead" in words(wish)
    assert cell_of(one(page, reference)) == ("10:00", "Ana")


def test_a_day_says_what_is_free_a_buffer_a_break_and_no_work(desk, desk_app):
    booked(desk_app, "10:00", service="long")
    page = desk.page("/desk/agenda?staff=ana")
    assert spans(page, "buffer") == [
        ("Ana", "Buffer 09:55 to 10:00"),
        ("Ana", "Buffer 11:00 to 11:15"),
    ]
    assert spans(page, "break") == [("Ana", "Break 12:00 to 13:00")]
    assert spans(page, "free") == [
        ("Ana", "Free 09:00 to 09:55"),
        ("Ana", "Free 11:15 to 12:00"),
        ("Ana", "Free 13:00 to 17:00"),
    ]


def test_who_works_elsewhere_is_shown_by_the_shops_clock(desk):
    page = desk.page("/desk/")
    assert ("Ben", "Not working 09:00 to 14:00") in spans(page, "off")
    assert ("Ben", "Break 17:00 to 18:00") in spans(page, "break")
    assert [words(each) for each in page.select("tbody th")] == [
        f"{hour:02}:00" for hour in range(9, 22)
    ]


def test_time_off_and_a_closed_shop_are_told_apart(desk, desk_app):
    def work(session):
        ana = staff_by_slug(session, "ana")
        away = {"starts_at": at("10:00"), "ends_at": at("11:00"), "reason": "Dentist"}
        session.add(TimeOff(staff_member_id=ana.id, **away))
        session.add(Closure(first_day=TUESDAY, last_day=TUESDAY))

    shell.in_database(desk_app, work)
    assert spans(desk.page("/desk/"), "away") == [("Ana", "Time off 10:00 to 11:00")]
    week = desk.page("/desk/agenda?view=week&day=tomorrow")
    closed = [cell_of(each) for each in week.select(".sb-week-none")]
    assert closed == [("Ana", "Tuesday"), ("Ben", "Tuesday")]
    assert {words(each) for each in week.select(".sb-week-none")} == {"Shop closed"}


@pytest.mark.parametrize(
    ("reason", "said"),
    [("The floor is new", "Shop closed: The floor is new"), ("", "Shop closed")],
)
def test_a_closed_day_says_in_each_view_that_it_is_and_why(reason, said, desk, desk_app):
    reference = booked(desk_app, "10:00", days=1)
    closed = {"first_day": TUESDAY, "last_day": TUESDAY, "reason": reason}
    shell.in_database(desk_app, lambda session: session.add(Closure(**closed)))
    page = desk.page("/desk/agenda?day=tomorrow")
    assert words(page.select_one(".sb-agenda-closed")) == said, "whoever comes, it is closed"
    cancelled(desk_app, reference)
    page = desk.page("/desk/agenda?day=tomorrow")
    assert words(page.select_one(".sb-agenda-closed")) == said
    assert not page.select(".sb-day-none")
    week = desk.page("/desk/agenda?view=week")
    assert {words(each) for each in week.select(".sb-week-closed .sb-week-none")} >= {said}
    for days in ("", "&days=1"):
        listed = desk.page(f"/desk/agenda?view=list&day=tomorrow{days}")
        assert words(listed.select_one("[scope=rowgroup]")) == f"Tuesday 3 March 2026 {said}"
        assert not listed.select("p.sb-intro")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("day=tomorrow", "No appointments on that day."),
        ("day=tomorrow&service=long", "No appointment of that day is one of those that you chose"),
        ("day=2026-03-06", "Nobody works on that day."),
        ("day=2026-03-06&staff=ana", "Ana has time off on that day."),
        ("day=2026-03-06&staff=ben", "Ben does not work on that day."),
        ("day=tomorrow&view=list", "No appointments on these days."),
        ("day=2026-03-06&view=list&days=1", "Nobody works on that day."),
        ("day=tomorrow&view=list&state=pending", "No appointment of these days is one of those"),
    ],
)
def test_a_day_on_which_nobody_comes_says_why(asked, said, desk, desk_app):
    def work(session):
        away = {"starts_at": at("00:00", 4), "ends_at": at("00:00", 5)}
        session.add(TimeOff(staff_member_id=staff_by_slug(session, "ana").id, **away))
        session.add(DateOverride(staff_member_id=staff_by_slug(session, "ben").id, day=FRIDAY))

    shell.in_database(desk_app, work)
    (shown,) = desk.page(f"/desk/agenda?{asked}").select("p.sb-intro")
    assert said in words(shown)


def test_a_line_shows_where_it_is_now_today_and_on_no_other_day(desk, desk_app):
    booked(desk_app, "10:00", state="confirmed")
    lasting(desk_app, booked(desk_app, "11:00"), at("08:00"), at("09:00"))
    (now,) = desk.page("/desk/").select(".sb-now-time")
    assert words(now) == "Now: 08:00"
    assert words(now.find_parent("th")).startswith("08:00")
    assert not desk.page("/desk/agenda?day=tomorrow").select(".sb-now, .sb-now-time")


def test_an_appointment_over_midnight_is_on_both_days(desk, desk_app):
    reference = booked(desk_app, "16:00")
    lasting(desk_app, reference, at("23:30"), at("00:45", 1))
    today, tomorrow = desk.page("/desk/"), desk.page("/desk/agenda?day=tomorrow")
    assert cell_of(one(today, reference)) == ("23:00", "Ana")
    assert "sb-for-6" in one(today, reference)["class"]
    shown = one(tomorrow, reference)
    assert cell_of(shown) == ("00:00", "Ana")
    assert {"sb-at-0", "sb-for-9"} <= {*shown["class"]}
    assert "23:30 to 00:45" in words(shown)


@pytest.mark.parametrize(
    ("date", "rows"),
    [("2026-03-29", ["00:00", "02:00"]), ("2026-10-25", ["00:00", "01:00", "01:00"])],
)
def test_a_day_on_which_the_clock_changes_has_the_hours_that_it_has(date, rows, desk, desk_app):
    reference = booked(desk_app, "16:00")
    midnight = at("00:00").replace(month=int(date[5:7]), day=int(date[8:]))
    if midnight.month == 10:
        midnight -= timedelta(hours=1)
    lasting(desk_app, reference, midnight, midnight + timedelta(hours=3))
    page = desk.page(f"/desk/agenda?day={date}&staff=ana")
    shown = [each.find(string=True).strip()[:5] for each in page.select("tbody th")]
    assert shown[: len(rows)] == rows
    assert "sb-for-36" in one(page, reference)["class"]


def test_what_overlaps_stands_side_by_side(desk, desk_app):
    first, second = booked(desk_app, "10:00"), booked(desk_app, "11:00")
    lasting(desk_app, second, at("10:15"), at("10:45"))
    page = desk.page("/desk/")
    places = [{*one(page, each)["class"]} & {"sb-lane-0", "sb-lane-1"} for each in (first, second)]
    assert places == [{"sb-lane-0"}, {"sb-lane-1"}]
    assert "sb-of-2" in one(page, first)["class"]


def test_every_place_in_a_day_has_a_class_in_the_style_sheet():
    """As a page has no style of its own, what has no class would lie on top of all else."""
    sheet = (STATIC / "css" / "desk-agenda-grid.css").read_text()
    known = set(re.findall(r"\.(sb-\w+-\d+) ", sheet))
    wanted = {f"sb-at-{step}" for step in range(12)}
    wanted |= {f"sb-for-{steps}" for steps in range(1, day.MOST_TICKS + 1)}
    wanted |= {f"sb-lane-{lane}" for lane in range(day.MOST_LANES)}
    wanted |= {f"sb-of-{of}" for of in range(1, day.MOST_LANES + 1)}
    assert known == wanted
    assert day.MOST_TICKS * 5 >= 25 * 60, "the longest day there is"


def test_a_week_has_a_row_for_each_person_and_a_column_for_each_day(desk, desk_app):
    monday = booked(desk_app, "10:00", "Ada", "ana")
    friday = booked(desk_app, "15:00", "Grace", "ben", days=4)
    booked(desk_app, "10:00", "Next Monday", "ana", days=7)
    page = desk.page("/desk/agenda?view=week&day=2026-03-05")
    assert cell_of(one(page, monday)) == ("Ana", "Monday")
    assert cell_of(one(page, friday)) == ("Ben", "Friday")
    assert "Next Monday" not in words(page)
    assert [each["href"] for each in page.select("thead a")][
        4
    ] == "/desk/agenda?day=2026-03-06&view=day"


def test_what_reaches_into_a_week_from_the_night_before_is_shown_in_it(desk, desk_app):
    reference = booked(desk_app, "16:00")
    lasting(desk_app, reference, at("23:30", -1), at("00:45"))
    assert cell_of(one(desk.page("/desk/agenda?view=week"), reference)) == ("Ana", "Monday")
    assert one(desk.page("/desk/agenda?view=list"), reference)


def test_a_list_has_the_days_with_phone_and_note(desk, desk_app):
    booked(desk_app, "10:00", "Ada", phone="+351 1", customer_note="Second floor")
    booked(desk_app, "15:00", "Grace", "ben", days=4)
    page = desk.page("/desk/agenda?view=list")
    assert [words(each) for each in page.select("[scope=rowgroup]")] == [
        "Monday 2 March 2026 1 appointment",
        "Friday 6 March 2026 1 appointment",
    ]
    assert (
        words(page.select("tbody tr")[1])
        == "10:00 to 10:30 Ada Second floor Short visit Ana +351 1"
    )
    assert page.select_one('a[href="tel:+3511"]')


def test_tomorrows_list_is_one_link_away_and_of_tomorrow_alone(desk, desk_app):
    booked(desk_app, "10:00", "Today Body")
    booked(desk_app, "10:00", "Tomorrow Body", days=1)
    (link,) = [each for each in desk.page("/desk/").select("a") if "to print" in words(each)]
    shown = text_of(desk.get(link["href"]))
    assert "Tomorrow Body" in shown
    assert "Today Body" not in shown
    assert "No appointments on that day." in text_of(
        desk.get("/desk/agenda?view=list&day=2026-05-01&days=1")
    )


@pytest.mark.parametrize("view", ["day", "week", "list"])
def test_filters_leave_out_what_is_not_asked_for(view, desk, desk_app):
    short = booked(desk_app, "10:00", "Short Body", "ana")
    long = booked(desk_app, "15:00", "Long Body", "ben", service="long", state="no_show")
    for query, kept, left_out in [
        ("staff=ana", short, long),
        ("staff=ben", long, short),
        ("service=long", long, short),
        ("state=no_show", long, short),
        ("state=confirmed", short, long),
    ]:
        page = desk.page(f"/desk/agenda?view={view}&{query}")
        assert one(page, kept)
        assert not page.select(f'[data-booking-reference="{left_out}"]'), query
        chosen = page.select(".sb-agenda-filter option[selected]")
        assert query.partition("=")[2] in [each["value"] for each in chosen]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Choose what is shown"),
        ("staff=ana", "Shown: Ana"),
        ("staff=ana&service=long&state=no_show", "Shown: Ana, Long visit, Did not come"),
        ("staff=nobody", "Choose what is shown"),
    ],
)
def test_what_is_chosen_is_named_where_the_choice_is_folded(query, said, desk):
    page = desk.page(f"/desk/agenda?{query}")
    assert words(page.select_one(".sb-agenda-fold summary")) == said
    assert bool(page.find("a", string="Show all")) is said.startswith("Shown")


def test_what_is_left_out_of_a_day_is_not_free(desk, desk_app):
    booked(desk_app, "10:00", "Left Out")
    page = desk.page("/desk/agenda?service=long&staff=ana")
    assert spans(page, "other") == [("Ana", "Taken 10:00 to 10:30")]
    assert ("Ana", "Free 09:00 to 10:00") in spans(page, "free")
    assert "Left Out" not in words(page)


WRONG = ["nonsense", "2026-02-30", "0001-01-01", "9999-12-31", "'", "2026-13-01", "x" * 5000]


@pytest.mark.parametrize("view", ["day", "week", "list", "nonsense"])
def test_a_day_that_there_is_not_shows_today_and_says_so(view, desk):
    for written in WRONG:
        answer = desk.get("/desk/agenda", query_string={"day": written, "view": view})
        assert answer.status_code == 200
        assert "is not a date here" in text_of(answer)
        assert str(TODAY.day) in text_of(answer)
    assert "is not a date" not in text_of(desk.get("/desk/agenda?staff=nobody&service=x&state=y"))


def test_where_an_appointment_can_be_made_what_is_free_leads_there(desk_app, desk):
    """As soon as the desk has a page for it, and to whom it is open."""
    name = desk_app.extensions["booking"].desk_name
    desk_app.add_url_rule("/desk/bookings/new", f"{name}.another_new", lambda: "")
    desk_app.extensions[ROLES]["another_new"] = ("owner",)
    page = desk.page("/desk/agenda?staff=ana")
    free = page.select("a.sb-span-free")
    assert free[0]["href"] == "/desk/bookings/new?day=2026-03-02&time=09%3A00&staff=ana"
    assert page.select_one('[data-key="n"]')["href"] == "/desk/bookings/new?day=2026-03-02"
    yesterday = desk.page("/desk/agenda?staff=ana&day=2026-03-01")
    assert not yesterday.select("a.sb-span-free")


def test_whoever_works_there_sees_their_own_day_and_nobody_elses_customers(desk_as, desk_app):
    booked(desk_app, "10:00", "Of Ana", "ana")
    booked(desk_app, "15:00", "Of Ben", "ben")
    number = held(desk_app, "16:00", "ben")
    ana = desk_as("staff", "ana")
    for path in [*EVERY_VIEW, "/desk/agenda?staff=ben", "/desk/agenda?view=list&state=every"]:
        shown = ana.get(path).text
        assert "Of Ben" not in shown, path
        assert f'data-hold="{number}"' not in shown
        assert ("Of Ana" in shown) == ("staff=ben" not in path)
        assert ">Ben" not in shown, "nor is anybody else named"
    for role in ("reception", "owner"):
        shown = desk_as(role).get("/desk/").text
        assert "Of Ana" in shown
        assert "Of Ben" in shown


def test_who_works_there_no_more_is_shown_where_somebody_comes_to_them(desk, desk_app):
    reference = booked(desk_app, "15:00", "Late Guest", "ben")

    def retire(session):
        staff_by_slug(session, "ben").retired = True

    shell.in_database(desk_app, retire)
    assert cell_of(one(desk.page("/desk/"), reference)) == ("15:00", "Ben")
    heads = [words(each) for each in desk.page("/desk/agenda?day=tomorrow").select("thead th")]
    assert heads == ["Hour", "Ana 0 appointments"]


def test_before_there_is_anybody_the_day_says_what_is_missing(desk, desk_app):
    def retire(session):
        for slug in ("ana", "ben"):
            staff_by_slug(session, slug).retired = True

    shell.in_database(desk_app, retire)
    assert "Nobody works here yet" in text_of(desk.get("/desk/"))
    assert desk.get("/desk/agenda?view=week").status_code == 200


def undecided(page):
    """What waits above today: the booking, and what is said of it."""
    return [(each.a["data-undecided"], words(each)) for each in page.select(".sb-undecided li")]


def test_above_today_stands_what_waits_for_a_decision_on_whatever_day(desk, desk_app):
    later = booked(desk_app, "10:00", "Later", "ana", days=5, waits="approval")
    sooner = booked(desk_app, "15:00", "Sooner", "ben", days=1, waits="approval")
    booked(desk_app, "11:00", "By Mail", days=1, waits="mail")
    moved = booked(desk_app, "11:00", "Moved", days=2)
    asked_to_move(desk_app, moved, "14:00", days=3)
    page = desk.page("/desk/")
    assert undecided(page) == [
        (sooner, "Tuesday 3 March 2026, 15:00 Sooner Short visit Ben"),
        (moved, "Thursday 5 March 2026, 14:00 Moved Short visit Ana Asks for this time instead"),
        (later, "Saturday 7 March 2026, 10:00 Later Short visit Ana"),
    ]
    assert words(page.select_one("#undecided-heading")) == "3 wait for your decision"
    assert not undecided(desk.page("/desk/agenda"))


def test_of_what_waits_staff_see_their_own_alone(desk_as, desk_app):
    made = {
        who: booked(desk_app, "15:00", f"Of {who}", who, days=5, waits="approval")
        for who in ("ana", "ben")
    }
    for who, other in (("ana", "ben"), ("ben", "ana")):
        page = desk_as("staff", who).page("/desk/")
        assert [reference for reference, _ in undecided(page)] == [made[who]]
        assert f"Of {other}" not in words(page)


def test_another_time_with_a_colleague_waits_where_the_appointment_is(desk, desk_as, desk_app):
    reference = booked(desk_app, "14:00", "Zoë", "ana")
    asked_to_move(desk_app, reference, "15:00", "ben")
    line = "Monday 2 March 2026, 15:00 Zoë Short visit Ben Asks for this time instead"
    ana, ben = (desk_as("staff", who) for who in ("ana", "ben"))
    for who in (desk, ana):
        page = who.page("/desk/")
        assert undecided(page) == [(reference, line)]
        assert words(page.select_one("#undecided-heading")) == "1 waits for your decision"
        assert who.get(page.select_one("a[data-undecided]")["href"]).status_code == 200
    page = ben.page("/desk/")
    assert not page.select("a[data-undecided]")
    assert words(page.select_one("#undecided-heading")) == "Waits for the decision of others"
    assert words(page.select_one(".sb-undecided li")).startswith(line)
    assert "It is with a colleague, so an owner or the reception decides." in words(page)


@pytest.mark.parametrize("path", EVERY_VIEW)
def test_a_colleagues_appointment_takes_up_its_wished_time_and_leads_nowhere(
    path, desk, desk_as, desk_app
):
    reference = booked(desk_app, "14:00", "Zoë", "ana")
    asked_to_move(desk_app, reference, "15:00", "ben")
    (shown,) = desk_as("staff", "ben").page(path).select(f'[data-asked-for="{reference}"]')
    assert "Asks for this time instead" in words(shown)
    assert not [each for each in (shown, *shown.select("a")) if each.name == "a"]
    (of_owner,) = desk.page(path).select(f'[data-asked-for="{reference}"]')
    link = of_owner if of_owner.name == "a" else of_owner.a
    assert desk.get(link["href"]).status_code == 200


def test_where_nothing_waits_nothing_is_said(desk, desk_app):
    booked(desk_app, "10:00")
    assert not desk.page("/desk/").select(".sb-undecided")
