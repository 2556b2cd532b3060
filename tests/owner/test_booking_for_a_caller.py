"""Booking for a caller: three screens, a tab for each caller, and the wizard's own times."""

import pytest
from sqlalchemy import delete, select

from booking.operations.plan_edits import without_service
from booking.operations.shop_changes import change_business
from booking.storage.history import history_of
from booking.storage.models import Booking, hold, letter
from booking.storage.reads import staff_by_slug
from booking.testing import every_order
from booking.testing.forms import sent
from booking.testing.tab import TabClient
from tests.commands import shell
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import cookie_name
from tests.owner.test_a_booking import MAIL

TUESDAY = "2026-03-03"
TEN = MONDAY_MORNING.replace(day=3, hour=10)
NEW = "/desk/bookings/new"


@pytest.fixture
def calls(desk):
    """Opens a tab of the desk's browser for one more caller: `calls("?day=…")`."""
    return lambda query="", client=desk: TabClient(client, f"{NEW}{query}")


def at_time(tab, *, service="short", staff="ana", day=TUESDAY) -> TabClient:
    """The tab, on the screen that asks when."""
    tab.submit("#service-form", service=service, staff=staff)
    return tab.submit("#day-form", day=day)


def held(tab, slot="2026-03-03T10:00:00Z", **more) -> TabClient:
    """The tab, on the screen that asks who comes, with that time held."""
    return at_time(tab, **more).submit("#time-form", slot=slot)


def book(tab, **typed) -> TabClient:
    return tab.submit("#who", **{"name": "Zoë Ω", **typed})


def said(tab) -> str:
    return " ".join(tab.page.get_text(" ").split())


def bookings(shop) -> list[Booking]:
    with shop.reading() as session:
        found = session.query(Booking).order_by(Booking.id).all()
        for each in found:
            _ = each.staff_member.slug, each.service.slug
        session.expunge_all()
        return found


def holds(shop) -> int:
    return len(shell.in_database(shop.app, lambda session: session.execute(select(hold)).all()))


def test_a_caller_is_booked_in_three_screens_with_a_name_alone(calls, shop) -> None:
    tab = calls()
    assert tab.step == "service"
    assert at_time(tab).step == "time"
    tab.submit("#time-form", slot="2026-03-03T10:00:00Z")
    assert tab.step == "customer"
    assert "Short visit with Ana" in said(tab)
    assert holds(shop) == 1
    book(tab)
    [made] = bookings(shop)
    assert tab.url.endswith(f"/desk/bookings/{made.reference}")
    assert (made.starts_at, made.staff_member.slug, made.customer_name) == (TEN, "ana", "Zoë Ω")
    with shop.reading() as session:
        [entry] = history_of(session, made.id)
        assert (entry.what, entry.door, entry.actor) == ("booked", "desk", "Owner")
    assert holds(shop) == 0


def test_the_agendas_place_is_filled_in_and_chosen(calls, shop) -> None:
    tab = calls("?day=2026-03-03&time=14:15&staff=ben")
    tab.submit("#service-form", service="short")
    assert tab.step == "time"
    assert "Tuesday 3 March 2026" in said(tab)
    held = tab.submit("#time-form", slot="2026-03-03T14:15:00Z")
    assert "with Ben" in said(held)


def test_the_agenda_leads_here_and_shows_what_is_held_for_a_call(calls, desk) -> None:
    links = desk.page(f"/desk/agenda?day={TUESDAY}").select(f'a[href^="{NEW}?"]')
    assert f"{NEW}?day={TUESDAY}&time=09:00&staff=ana".replace(":", "%3A") in {
        each["href"] for each in links
    }
    held(calls())
    [shown] = desk.page(f"/desk/agenda?day={TUESDAY}").select("[data-hold]")
    assert "10:00" in shown.get_text()


def test_the_times_are_those_that_customers_are_offered(calls, shop) -> None:
    shop.appointment(TEN, "Somebody Else")
    tab = at_time(calls())
    times = [each.get_text(strip=True) for each in tab.page.select(".sb-one-times label")]
    assert "09:00" in times
    assert not {"10:00", "10:15", "12:00", "17:00"} & {*times}


def test_where_nothing_is_free_the_screen_leads_to_why_and_offers_no_button(calls, desk) -> None:
    tab = at_time(calls())
    tab.submit("#day-form", day="2027-03-01")
    assert "Hold it and go on" not in said(tab)
    why = tab.page.find("a", string="Why is nothing free?")["href"]
    assert "day=2027-03-01" in why
    assert desk.get(why).status_code == 200


def test_a_time_outside_the_rules_is_had_openly_after_its_reason_was_read(calls, shop) -> None:
    tab = at_time(calls())
    assert "Book anyway" not in said(tab)
    tab.submit("#clock-form", clock="19:00")
    assert tab.status == 409
    assert "That is outside the hours." in said(tab)
    assert holds(shop) == 0
    tab.click("Book anyway")
    assert tab.step == "customer"
    book(tab)
    [made] = bookings(shop)
    with shop.reading() as session:
        [entry] = history_of(session, made.id)
        assert entry.details["anyway"] == ["closed"]
    assert "Anyway: That is outside the hours." in said(tab)


def test_a_time_that_somebody_has_is_never_had_and_no_button_offers_it(calls, shop) -> None:
    shop.appointment(TEN, "Somebody Else")
    tab = at_time(calls())
    tab.submit("#clock-form", clock="10:00")
    assert tab.status == 409
    assert "That time is taken." in said(tab)
    assert "Book anyway" not in said(tab)
    tab.post(f"{NEW}/time", clock="10:00", anyway="taken", hold_anyway="yes")
    assert tab.status == 409


def test_a_known_customer_is_found_while_typing_and_filled_in(calls, shop) -> None:
    shop.appointment(TEN.replace(hour=15), "Ada Lovelace", phone="+351 912 345 678")
    tab = held(calls())
    for typed in ("lovel", "345678"):
        tab.submit(".sb-new-find", q=typed)
        [known] = tab.page.select("#known button")
        assert "Ada Lovelace" in known.get_text()
    tab.click(known)
    assert tab.step == "customer"
    assert tab.page.select_one("#field-name")["value"] == "Ada Lovelace"
    tab.submit("#who")
    assert [each.customer_name for each in bookings(shop)] == ["Ada Lovelace"] * 2
    assert len({each.customer_id for each in bookings(shop)}) == 1


def test_what_is_typed_stays_where_something_has_to_be_mended(calls, shop) -> None:
    tab = held(calls())
    tab.submit("#who", name="", email="no address", note="By the window")
    assert tab.status == 422
    assert tab.page.select_one("#field-note").get_text(strip=True) == "By the window"
    assert tab.page.select_one("#field-email")["value"] == "no address"
    assert {each["href"] for each in tab.page.select("#problem a")} == {
        "#field-name",
        "#field-email",
    }
    assert tab.refresh().page.select_one("#field-email")["value"] == "no address"
    assert bookings(shop) == []


TYPED = {"name": "Zoë Ω", "email": "no address", "phone": "call 5", "note": "By the window"}


@pytest.mark.settings(**MAIL)
def test_another_time_is_looked_for_with_all_that_was_typed_of_the_caller(calls, shop) -> None:
    tab = held(calls(), service="long")
    said_besides = {"question_first_visit": "Yes", "weeks": "2", "times": "x", "language": "de"}
    tab.submit("#who", **TYPED, **said_besides, without_letter=True, to="time")
    assert (tab.status, tab.step) == (200, "time")
    assert not tab.page.select("#problem, .sb-field-error"), "nothing of it is judged yet"
    assert holds(shop) == 1
    tab.submit("#time-form", slot="2026-03-03T11:00:00Z")
    assert tab.step == "customer"
    assert {*typed_of_the_caller(tab)} >= {*TYPED.items(), *said_besides.items()}
    assert ("without_letter", "yes") in typed_of_the_caller(tab)
    assert bookings(shop) == []


def test_another_service_is_looked_for_with_all_that_was_typed_of_the_caller(calls) -> None:
    tab = held(calls())
    tab.submit("#who", **TYPED, to="time").click("Another service")
    held(tab, "2026-03-03T15:00:00Z", service="long", staff="ben")
    assert {*typed_of_the_caller(tab)} >= {*TYPED.items()}


def test_what_was_typed_is_kept_where_the_service_is_no_longer_there(calls, shop) -> None:
    tab = held(calls())
    with shop.writing() as session:
        change_business(session, lambda plan: without_service(plan, "short"))
    tab.submit("#who", **TYPED)
    assert (tab.status, tab.step) == (409, "service")
    assert "what you typed is kept" in said(tab)
    held(tab, "2026-03-03T15:00:00Z", service="long", staff="ben")
    assert {*typed_of_the_caller(tab)} >= {*TYPED.items()}


def typed_of_the_caller(tab) -> list[tuple[str, str]]:
    return sent(tab.page.select_one("#who"))


def test_the_next_day_is_that_of_the_person_who_was_just_chosen(calls) -> None:
    tab = at_time(calls(), staff="any")
    tomorrow = tab.page.find("button", string="Day after")["value"]
    tab.submit("#day-form", staff="ben", turn=tomorrow)
    assert "Wednesday 4 March 2026" in said(tab)
    assert tab.page.select_one("#field-staff [selected]")["value"] == "ben"


@pytest.mark.settings(**MAIL)
def test_without_a_letter_is_a_choice_and_stands_in_the_history(calls, shop) -> None:
    book(held(calls()), email="zoe@example.com", without_letter=True)
    book(held(calls(), "2026-03-03T11:00:00Z"), email="zoe@example.com")
    silent, told = bookings(shop)
    with shop.reading() as session:
        rows = session.execute(letter.select().where(letter.c.kind == "booked")).all()
        to_them = [each.booking_id for each in rows if each.role == "customer"]
        assert history_of(session, silent.id)[0].details["without_letter"]
    assert to_them == [told.id]


def test_a_lost_answer_books_once_and_the_tab_goes_on_to_the_next_caller(calls, shop) -> None:
    tab = held(calls())
    book(tab)
    [made] = bookings(shop)
    tab.open(NEW)
    assert tab.step == "service"
    assert made.reference in said(tab)
    tab.post(f"{NEW}/customer", call="0", name="Zoë Ω")
    assert len(bookings(shop)) == 1


def test_a_time_that_was_lost_meanwhile_is_told_and_what_was_typed_is_kept(calls, shop) -> None:
    tab = held(calls())
    with shop.writing() as session:
        session.execute(delete(hold))
    shop.appointment(TEN, "Somebody Else")
    book(tab, note="By the window")
    assert (tab.status, tab.step) == (409, "time")
    assert "what you typed is kept" in said(tab)
    tab.submit("#time-form", slot="2026-03-03T11:00:00Z")
    assert tab.page.select_one("#field-note").get_text(strip=True) == "By the window"


def test_who_ends_a_call_lets_go_of_its_time(calls, shop) -> None:
    tab = held(calls())
    tab.click(".sb-new-end button")
    assert tab.step == "service"
    assert holds(shop) == 0


ADA = (
    lambda tab: at_time(tab, staff="ana"),
    lambda tab: tab.submit("#time-form", slot="2026-03-03T10:00:00Z"),
    lambda tab: tab.submit("#who", name="Ada"),
)
BEN = (
    lambda tab: at_time(tab, staff="ben", service="long"),
    lambda tab: tab.submit("#time-form", slot="2026-03-03T15:00:00Z"),
    lambda tab: tab.submit("#who", name="Ben", question_first_visit="Yes"),
)


@pytest.mark.parametrize("order", every_order(ADA, BEN))
def test_two_callers_in_two_tabs_never_mix_in_any_order(order, calls, shop) -> None:
    order.walk((calls(), calls()))
    found = {
        (each.customer_name, each.service.slug, each.staff_member.slug, each.starts_at.hour)
        for each in bookings(shop)
    }
    assert found == {("Ada", "short", "ana", 10), ("Ben", "long", "ben", 15)}


def test_staff_book_for_themselves_alone_and_find_whom_they_know(desk_as, calls, shop) -> None:
    with shop.reading() as session:
        ben = staff_by_slug(session, "ben").id
    shop.appointment(TEN, "Ada of Ben", staff_member_id=ben)
    tab = calls(client=desk_as("staff", "ana"))
    assert [each["value"] for each in tab.page.select("#field-staff option")] == ["ana"]
    tab.post(f"{NEW}/service", service="short", staff="ben")
    assert tab.status == 422
    held(tab, "2026-03-03T15:00:00Z").submit(".sb-new-find", q="Ada")
    assert tab.page.select("#known button") == []
    reference = bookings(shop)[0].reference
    tab.post(f"{NEW}/customer", known=reference, call="0")
    assert "Ada of Ben" not in said(tab)


def test_who_signs_in_next_in_the_same_tab_sees_nothing_of_the_call_before(
    calls, desk, desk_as, shop
) -> None:
    tab = held(calls())
    tab.post(f"{NEW}/customer", call="0", name="", email="zoe@example.com")
    assert "zoe@example.com" in str(tab.refresh().page)
    first = desk.cookie("sidebook-desk-")
    next_one = desk_as("staff", "ana").cookie("sidebook-desk-")
    desk.set_cookie(cookie_name(shop.app), next_one)
    assert "zoe@example.com" not in str(tab.refresh().page)
    assert tab.step == "service"
    desk.set_cookie(cookie_name(shop.app), first)
    assert "zoe@example.com" in str(tab.refresh().page), "their own is still there"
    desk.set_cookie(cookie_name(shop.app), next_one)
    book(held(tab.refresh()), name="Another Caller")
    assert [each.customer_name for each in bookings(shop)] == ["Another Caller"]
    assert holds(shop) == 0


def test_a_new_appointment_has_one_name_wherever_it_is_spoken_of(desk) -> None:
    agenda = desk.page("/desk/agenda")
    leads_there = {each.get_text(strip=True) for each in agenda.select(f'a[href^="{NEW}"]')}
    free = {each for each in leads_there if each.startswith("Free")}
    assert leads_there - free == {"New appointment"}
    assert "New appointment" in [each.get_text() for each in agenda.select(".sb-agenda-keys dd")]
    page = desk.page(NEW)
    assert page.h1.get_text() == "New appointment"
    assert page.select_one("nav [aria-current]").get_text() == "New appointment"
