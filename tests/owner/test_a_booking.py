"""One appointment at the desk: what its page says, and what each of its forms does."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from booking.operations.holds import hold
from booking.operations.outbox import Outbox
from booking.operations.pending_moves import ask_to_move
from booking.operations.plan_edits import with_member, without_member, without_service
from booking.operations.shop_changes import change_business
from booking.storage.history import history_of
from booking.storage.models import Shop, letter
from booking.storage.reads import booking_by_reference, service_by_slug, staff_by_slug
from booking.tab_sessions import read_transaction
from tests.commands.shell import live_tab
from tests.customer.appointment.links import form_of
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import page_of, text_of

MAIL = {
    "mail_url": "log:",
    "mail_from": "shop@shop.example",
    "public_url": "https://shop.example",
    "delivery": "command",
}
pytestmark = pytest.mark.settings(**MAIL)
TOMORROW_TEN = MONDAY_MORNING.replace(hour=10) + timedelta(days=1)


@pytest.fixture
def reference(shop) -> str:
    return shop.appointment(TOMORROW_TEN)


def url(reference: str, noun: str = "") -> str:
    return f"/desk/bookings/{reference}" + (f"/{noun}" if noun else "")


def send(desk, reference, noun, status=303, **fields):
    """Send a form of the page as it is now, and see that it is answered so."""
    page = desk.page(url(reference, noun if noun in ("time", "details") else ""))
    marks = page.select("form :is([name=seen], [name=was])")
    given = {each["name"]: each["value"] for each in marks}
    answer = desk.post(url(reference, noun), data={**given, **fields})
    assert answer.status_code == status, text_of(answer)
    return answer


def whats(shop, reference) -> list[tuple[str, str]]:
    with shop.reading() as session:
        entries = history_of(session, booking_by_reference(session, reference).id)
        return [(each.what, each.actor) for each in reversed(entries)]


def column(shop, reference, name):
    with shop.reading() as session:
        return getattr(booking_by_reference(session, reference), name)


def to_customer(shop) -> list[tuple[str, str]]:
    with shop.reading() as session:
        theirs = select(letter.c.kind, letter.c.state).where(letter.c.role == "customer")
        return [tuple(row) for row in session.execute(theirs.order_by(letter.c.id))]


def slot(desk, reference, *, n=0, **look) -> str:
    page = page_of(desk.get(url(reference, "time"), query_string=look))
    return page.select("[name=slot]")[n]["value"]


def test_the_page_says_all_that_is_known_of_it(desk, reference):
    answer = desk.get(url(reference))
    text = text_of(answer)
    for said in (
        *("Zoë Ω", "Tuesday 3 March 2026", "10:00 to 10:30", "Ana", "Confirmed", reference),
        *("zoe@example.com", "+351 912 345 678", "second floor", "Anything we should prepare?"),
        *("Tea", "Booked", "by the customer", "None was written."),
    ):
        assert said in text, said
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_leads_to_its_day_its_customer_and_its_letters(desk, desk_as, shop, reference):
    send(desk, reference, "letters")
    day = "/desk/agenda?day=2026-03-03&view=day"
    page, of_staff = desk.page(url(reference)), desk_as("staff", "ana").page(url(reference))
    links = [each["href"] for each in page.select("#desk a[href^='/desk/']")]
    number = column(shop, reference, "customer_id")
    letters = f"/desk/letters?about={reference}"
    assert {day, f"/desk/customers/{number}", letters} <= {*links}
    for link in links:
        assert desk.get(link).status_code == 200, link
    theirs = {each["href"] for each in of_staff.select("#desk a[href^='/desk/']")}
    assert letters not in theirs, "staff read no letters"
    assert {day, f"/desk/customers/{number}"} <= theirs


def test_where_nothing_is_free_the_page_leads_to_why(desk, reference):
    page = page_of(desk.get(url(reference, "time"), query_string={"day": "2026-03-01"}))
    why = page.find("a", string="Why is nothing free?")["href"]
    assert "2026-03-01" in why
    assert desk.get(why).status_code == 200
    assert not page.find("button", string="Move it"), "there is nothing to move it to"


def test_a_reference_that_nobody_has_is_404_and_so_is_somebody_elses(desk_as, desk, reference):
    assert desk.get(url("ZZZZZZZZ")).status_code == 404
    ana, ben = desk_as("staff", "ana"), desk_as("staff", "ben")
    assert ana.get(url(reference)).status_code == 200
    for noun in ("", "time", "details"):
        assert ben.get(url(reference, noun)).status_code == 404
    for noun in (
        *("cancellation", "time", "attendance", "notes", "letters", "details", "decision", "undo"),
    ):
        fields = {"decision": "confirm", "attendance": "completed", "note": "x", "entry": "1"}
        fields |= {"slot": "2026-03-03T11:00:00Z", "name": "X"}
        answer = ben.post(url(reference, noun), data=fields)
        assert answer.status_code == 404, noun


def test_moved_it_says_from_where_to_where_and_when_its_letters_leave(desk, shop, reference):
    send(desk, reference, "time", slot=slot(desk, reference, n=6))
    text = text_of(desk.get(url(reference)))
    assert "From Tuesday 3 March 2026, 10:00 to 10:30 with Ana" in text
    assert "Its letters leave on Monday 2 March 2026, 08:01." in text
    assert whats(shop, reference) == [("moved", "Owner")]
    assert column(shop, reference, "starts_at") != TOMORROW_TEN


def test_undone_it_is_where_it_was_and_nobody_hears_of_it(desk, shop, reference):
    send(desk, reference, "time", slot=slot(desk, reference, n=6))
    entry = desk.page(url(reference)).select_one("[name=entry]")["value"]
    send(desk, reference, "undo", entry=entry)
    assert column(shop, reference, "starts_at") == TOMORROW_TEN
    assert {state for _, state in to_customer(shop)} == {"withdrawn"}
    page = desk.page(url(reference))
    assert "Undone" in page.get_text()
    assert page.select_one("[name=entry]") is None
    send(desk, reference, "undo", 409, entry="9" * 5000)
    again = send(desk, reference, "undo", 409, entry=entry)
    assert "can no longer be undone" in text_of(again)


def test_a_letter_on_its_way_keeps_it_and_the_page_says_so(desk, shop, reference):
    send(desk, reference, "cancellation")
    entry = desk.page(url(reference)).select_one("[name=entry]")["value"]
    with shop.writing() as session:
        session.execute(letter.update().values(state="sent", tries=1))
    assert "cannot be undone any more" in text_of(desk.get(url(reference)))
    answer = send(desk, reference, "undo", 409, entry=entry)
    assert "A letter is on its way already" in text_of(answer)
    assert column(shop, reference, "state") == "cancelled"


def test_cancelled_with_words_the_customer_reads_them(desk, shop, reference):
    send(desk, reference, "cancellation", words="We have the painters in.")
    assert column(shop, reference, "cancel_reason") == "We have the painters in."
    assert to_customer(shop) == [("cancelled", "waiting")]
    text = text_of(desk.get(url(reference)))
    assert "Cancelled" in text
    assert "We have the painters in." in text


def test_without_a_letter_the_customer_gets_none_and_the_history_says_so(desk, shop, reference):
    send(desk, reference, "cancellation", without_letter="yes")
    assert to_customer(shop) == []
    assert "Without a letter to the customer." in text_of(desk.get(url(reference)))


def test_words_that_are_too_long_stay_and_are_refused_beside_them(desk, shop, reference):
    words = "x" * 501
    answer = send(desk, reference, "cancellation", 422, words=words)
    page = page_of(answer)
    assert page.select_one("#field-words").get_text().strip() == words
    assert page.select_one("#error-words")
    assert page.select_one("details.sb-one-cancel").has_attr("open")
    assert page.select_one("[role=alert]")
    assert column(shop, reference, "state") == "confirmed"


def test_what_somebody_has_changed_meanwhile_is_not_changed_unseen(desk, shop, reference):
    seen = desk.page(url(reference)).select_one("form [name=seen]")["value"]
    send(desk, reference, "time", slot=slot(desk, reference, n=6))
    moved = column(shop, reference, "starts_at")
    for noun, fields in (
        ("cancellation", {}),
        ("time", {"slot": slot(desk, reference)}),
        ("details", {"name": "Other"}),
    ):
        answer = send(desk, reference, noun, 409, seen=seen, **fields)
        assert "Somebody has changed this appointment meanwhile" in text_of(answer)
    assert column(shop, reference, "starts_at") == moved
    assert column(shop, reference, "state") == "confirmed"
    assert column(shop, reference, "customer_name") == "Zoë Ω"


def test_notes_are_kept_and_an_empty_one_is_refused_beside_it(desk, reference):
    answer = send(desk, reference, "notes", 422, note=" ")
    assert page_of(answer).select_one("#error-note").get_text(strip=True) == "Write the note first."
    send(desk, reference, "notes", note="Allergic <b>to</b> henna.")
    page = desk.page(url(reference))
    assert "Allergic <b>to</b> henna." in page.get_text()
    assert page.select_one(".sb-one-lines b") is None


@pytest.mark.parametrize(
    ("is_online", "place", "said"),
    [
        (False, "", None),
        (False, "Room\n2", "Room, 2"),
        (True, "", "Online"),
        (True, "Tel.", "Tel."),
    ],
)
def test_where_it_is_stands_there_unless_it_is_at_the_shop(
    desk, shop, reference, is_online, place, said
):
    with shop.writing() as session:
        service = booking_by_reference(session, reference).service
        service.is_online, service.place = is_online, place
    terms = {
        dt.get_text(): dt.find_next("dd").get_text()
        for dt in desk.page(url(reference)).select("dt")
    }
    assert terms.get("Where") == said


def test_who_came_is_noted_once_it_can_be(desk, shop):
    at_eleven = MONDAY_MORNING.replace(hour=11)
    reference = shop.appointment(at_eleven)
    assert desk.page(url(reference)).select("[name=attendance]") == []
    early = send(desk, reference, "attendance", 409, attendance="no_show")
    assert "too early" in text_of(early)
    with time_machine.travel(at_eleven + timedelta(minutes=10)):
        buttons = desk.page(url(reference)).select("[name=attendance]")
        assert [each["value"] for each in buttons] == ["completed", "no_show"]
        send(desk, reference, "attendance", attendance="no_show")
        assert "Did not come" in text_of(desk.get(url(reference)))
        send(desk, reference, "attendance", attendance="confirmed")
        assert column(shop, reference, "state") == "confirmed"
        send(desk, reference, "attendance", 422, attendance="perhaps")


def test_details_and_answers_are_mended_and_only_a_name_has_to_be_there(desk, shop, reference):
    page = desk.page(url(reference, "details"))
    assert page.select_one("[name=phone]")["value"] == "+351 912 345 678"
    refused = send(desk, reference, "details", 422, name="", phone="12")
    page = page_of(refused)
    assert page.select_one("#error-name")
    assert page.select_one("[name=phone]")["value"] == "12"
    send(desk, reference, "details", name="Zoe", email="zoe@example.com")
    assert column(shop, reference, "customer_name") == "Zoe"
    assert column(shop, reference, "customer_phone") == ""
    text = text_of(desk.get(url(reference)))
    assert "Name: Zoë Ω, now Zoe" in text
    assert "Phone number: +351 912 345 678, now none" in text


def test_answers_to_the_services_questions_are_mended_and_undone(desk, shop, reference):
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        booking.service = service_by_slug(session, "long")
    before = column(shop, reference, "answers")
    page = desk.page(url(reference, "details"))
    assert page.select_one("[name=question_wishes]")["value"] == "Tea"
    kept = form_of(str(page), "#desk form")
    wrong = send(desk, reference, "details", 422, **{**kept, "question_first_visit": "Perhaps"})
    assert page_of(wrong).select_one("#error-question_first_visit")
    send(
        desk, reference, "details", **{**kept, "question_first_visit": "No", "question_wishes": ""}
    )
    assert [(each["key"], each["value"]) for each in column(shop, reference, "answers")] == [
        ("first_visit", "No")
    ]
    page = desk.page(url(reference))
    assert "Answers" in page.select_one(".sb-one-last").get_text()
    send(desk, reference, "undo", entry=page.select_one("[name=entry]")["value"])
    assert column(shop, reference, "answers") == before


def test_another_address_gets_a_letter_with_a_new_link(desk, shop, reference):
    send(desk, reference, "details", name="Zoe", email="new@example.com")
    assert column(shop, reference, "customer_email") == "new@example.com"
    assert next(kind for kind, _ in to_customer(shop)) == "booked"


def test_the_letter_is_written_again(desk, shop, reference):
    send(desk, reference, "letters")
    assert to_customer(shop) == [("booked", "waiting")]
    assert "Confirmation" in text_of(desk.get(url(reference)))


@pytest.mark.parametrize(("state", "is_offered"), [("cancelled", True), ("completed", False)])
def test_a_letter_is_offered_where_there_is_something_to_say(desk, shop, state, is_offered):
    reference = shop.appointment(TOMORROW_TEN, state=state)
    page = desk.page(url(reference))
    assert bool(page.select_one("form[action$='/letters']")) is is_offered
    send(desk, reference, "letters", 303 if is_offered else 409)


@pytest.mark.parametrize(
    ("decision", "state"), [("confirm", "confirmed"), ("decline", "cancelled")]
)
def test_what_waits_is_decided(desk, shop, decision, state):
    until = int((MONDAY_MORNING + timedelta(hours=3)).timestamp())
    waits = {"state": "pending", "pending_for": "approval", "pending_until": until}
    reference = shop.appointment(TOMORROW_TEN, **waits)
    assert "Decide until Monday 2 March 2026, 11:00" in text_of(desk.get(url(reference)))
    send(desk, reference, "decision", decision=decision, decision_words="Full.")
    assert column(shop, reference, "state") == state
    assert column(shop, reference, "cancel_reason") == ("Full." if decision == "decline" else "")
    send(desk, reference, "decision", 422, decision="perhaps")
    page = desk.page(url(reference))
    send(desk, reference, "undo", entry=page.select_one("[name=entry]")["value"])
    assert column(shop, reference, "state") == "pending"
    assert "Decide until Monday 2 March 2026, 11:00" in text_of(desk.get(url(reference)))


@pytest.mark.parametrize("decision", ["confirm", "decline"])
def test_what_was_decided_about_another_time_is_undone(desk, shop, reference, decision):
    with shop.writing() as session:
        booking = booking_by_reference(session, reference)
        given = {"staff": [staff_by_slug(session, "ana")], "now": MONDAY_MORNING}
        until = MONDAY_MORNING + timedelta(hours=3)
        start = TOMORROW_TEN.replace(hour=11)
        ask_to_move(session, booking, start=start, until=until, outbox=Outbox(), **given)
    asks = "The customer asks for Tuesday 3 March 2026, 11:00 to 11:30 with Ana"
    assert asks in text_of(desk.get(url(reference)))
    send(desk, reference, "decision", decision=decision)
    page = desk.page(url(reference))
    assert asks not in page.get_text()
    send(desk, reference, "undo", entry=page.select_one("[name=entry]")["value"])
    assert column(shop, reference, "starts_at") == TOMORROW_TEN
    assert asks in text_of(desk.get(url(reference)))


def test_too_many_words_of_why_it_is_declined_stay_beside_their_own_button(desk, shop):
    until = int((MONDAY_MORNING + timedelta(hours=3)).timestamp())
    waits = {"state": "pending", "pending_for": "approval", "pending_until": until}
    reference = shop.appointment(TOMORROW_TEN, **waits)
    typed = {"decision": "decline", "decision_words": "x" * 501}
    page = page_of(send(desk, reference, "decision", 422, **typed))
    assert page.select_one("[name=decision_words]").get_text().strip() == "x" * 501
    assert page.select_one("#error-decision_words")
    assert page.select_one("#error-words") is None
    assert not page.select_one("details.sb-one-cancel").has_attr("open")


def test_a_time_that_is_taken_meanwhile_changes_nothing_and_offers_the_nearest(
    desk, shop, reference
):
    wanted = slot(desk, reference, n=6)
    other = shop.appointment(TOMORROW_TEN + timedelta(days=1), "Other")
    send(desk, other, "time", slot=wanted)
    answer = send(desk, reference, "time", 409, slot=wanted)
    text = text_of(answer)
    assert "That time is taken by now. Nothing was changed." in text
    assert "Near it are:" in text
    assert column(shop, reference, "starts_at") == TOMORROW_TEN


def held(shop, start) -> int:
    """The number of a hold of that time, by somebody who has not booked it yet."""
    with shop.writing() as session:
        given = {"service": service_by_slug(session, "short"), "now": MONDAY_MORNING}
        staff, tab = [staff_by_slug(session, "ana")], live_tab(session)
        made = hold(
            session, tab_key=tab, staff=staff, start=start, minutes=10, extensions=3, **given
        )
        return made.id


def test_a_time_that_is_only_held_is_taken_openly(desk, shop, reference):
    start = TOMORROW_TEN.replace(hour=11)
    wanted = start.strftime("%Y-%m-%dT%H:%M:%SZ")
    held(shop, start)
    answer = send(desk, reference, "time", 409, slot=wanted)
    assert "Somebody is booking this time just now" in text_of(answer)
    send(desk, reference, "time", slot=wanted, over_holds="yes")
    assert [what for what, _ in whats(shop, reference)] == ["moved", "holds_let_go"]
    assert "Held times were let go of" in text_of(desk.get(url(reference)))


def test_a_held_time_is_let_go_of_openly_and_once(desk, desk_as, shop):
    number = held(shop, TOMORROW_TEN)
    page = desk.page("/desk/holds")
    assert "Tuesday 3 March 2026, 10:00 to 10:30" in page.get_text()
    assert page.select_one(f'[data-hold="{number}"] form')["action"].endswith(f"{number}/release")
    assert desk_as("staff", "ana").post(f"/desk/holds/{number}/release").status_code == 403
    assert desk.post(f"/desk/holds/{number}/release").status_code == 303
    again = desk.post(f"/desk/holds/{number}/release")
    assert (again.status_code, "not held any more" in again.text) == (409, True)
    assert "Nobody is booking just now." in text_of(desk.get("/desk/holds"))
    history = text_of(desk.get("/desk/history"))
    assert "Held times were let go of by Owner" in history
    assert "Tuesday 3 March 2026, 10:00 to 10:30 with Ana" in history


def test_it_goes_to_a_colleague_at_the_same_time(desk, shop):
    at_two = TOMORROW_TEN.replace(hour=14)
    reference = shop.appointment(at_two)
    page = page_of(desk.get(url(reference, "time"), query_string={"staff": "ben"}))
    same = at_two.strftime("%Y-%m-%dT%H:%M:%SZ")
    slots = [each["value"] for each in page.select("[name=slot]")]
    assert same in slots
    send(desk, reference, "time", slot=same, staff="ben")
    with shop.reading() as session:
        booking = booking_by_reference(session, reference)
        assert (booking.staff_member.slug, booking.starts_at) == ("ben", at_two)


def test_staff_give_nothing_to_a_colleague(desk_as, shop, reference):
    ana = desk_as("staff", "ana")
    page = page_of(ana.get(url(reference, "time")))
    assert [each["value"] for each in page.select("[name=staff] option")] == ["ana"]
    same = TOMORROW_TEN.strftime("%Y-%m-%dT%H:%M:%SZ")
    send(ana, reference, "time", 409, slot=same, staff="ben")
    with shop.reading() as session:
        assert booking_by_reference(session, reference).staff_member.slug == "ana"


def test_of_somebody_who_has_left_it_goes_to_whoever_is_there(desk, shop):
    at_two = TOMORROW_TEN.replace(hour=14)
    reference = shop.appointment(at_two)
    change(shop, lambda plan: without_member(plan, "ana"))
    page = desk.page(url(reference, "time"))
    assert chosen(page) == ("ben", "ben"), "whose times are listed is chosen, and sent"
    assert "Ana does not offer Short visit." in text_of(desk.get(url(reference, "time")))
    first = page.select("[name=slot]")[0]["value"]
    send(desk, reference, "time", slot=first, staff="ben")
    with shop.reading() as session:
        assert booking_by_reference(session, reference).staff_member.slug == "ben"


def test_of_somebody_who_does_not_offer_it_any_more_all_who_do_are_shown(desk, desk_as, shop):
    reference = shop.appointment(TOMORROW_TEN)
    change(
        shop,
        lambda plan: with_member(plan, replace(plan.staff[0], offers=("long",))),
        lambda plan: with_member(plan, replace(plan.staff[1], slug="cleo", name="Cleo")),
    )
    page = desk.page(url(reference, "time"))
    assert chosen(page) == ("any", "any")
    assert page.select("[name=slot]")
    theirs = desk_as("staff", "ana").page(url(reference, "time"))
    assert "Ana does not offer Short visit." in " ".join(theirs.get_text(" ").split())
    assert not theirs.select("[name=slot], [name=staff]"), "it is given to nobody"


def test_who_was_asked_for_and_does_not_offer_it_is_named_and_their_times_are_not_shown(desk, shop):
    reference = shop.appointment(TOMORROW_TEN)
    change(shop, lambda plan: with_member(plan, replace(plan.staff[1], offers=("long",))))
    page = page_of(desk.get(url(reference, "time"), query_string={"staff": "ben"}))
    assert chosen(page) == ("ana", "ana")
    assert "Ben does not offer Short visit." in page.get_text()
    slots = page.select("[name=slot]")
    answer = send(desk, reference, "time", 409, slot=slots[0]["value"], staff="ben")
    assert column(shop, reference, "starts_at") == TOMORROW_TEN
    assert "Nothing was changed." in text_of(answer)


def test_of_a_service_that_nobody_offers_the_page_says_so_and_asks_nothing(desk, shop):
    reference = shop.appointment(TOMORROW_TEN)
    change(shop, lambda plan: without_service(plan, "short"))
    page = desk.page(url(reference, "time"))
    said = " ".join(page.get_text(" ").split())
    assert "Nobody offers Short visit any more, so this appointment cannot be moved." in said
    assert not page.select("#desk form")
    assert desk.get(page.select_one("#desk a")["href"]).status_code == 200
    send(desk, reference, "time", 409, slot="2026-03-03T11:00:00Z", staff="ana")
    assert column(shop, reference, "starts_at") == TOMORROW_TEN


def change(shop, *edits) -> None:
    with shop.writing() as session:
        for edit in edits:
            change_business(session, edit)


def chosen(page) -> tuple[str, str]:
    """Who is chosen where days are asked for, and who is sent with a time."""
    sent = page.select_one("form[method=post] [name=staff]")["value"]
    marked = page.select_one("#field-staff [selected]")
    return marked["value"] if marked else "", sent


def test_a_time_that_was_chosen_elsewhere_is_chosen_on_the_form(desk, reference):
    wanted = slot(desk, reference, n=5)
    page = page_of(desk.get(url(reference, "time"), query_string={"start": wanted}))
    assert page.select_one("[name=slot][checked]")["value"] == wanted
    assert page.select_one("[data-wanted]")
    assert "It is on Tuesday 3 March 2026, 10:00 to 10:30, Ana" in " ".join(
        page.get_text(" ").split()
    )


@pytest.mark.parametrize("look", [{"day": "2026-13-01"}, {"start": "x"}, {"staff": "nobody"}])
def test_what_no_page_of_ours_asks_for_is_no_failure(desk, reference, look):
    assert desk.get(url(reference, "time"), query_string=look).status_code == 200
    assert send(desk, reference, "time", 422, **look).status_code == 422


def test_what_is_over_leads_back_from_its_forms(desk, shop, reference):
    send(desk, reference, "cancellation")
    for noun in ("time", "details"):
        answer = desk.get(url(reference, noun))
        assert (answer.status_code, answer.headers["Location"]) == (303, url(reference))


def test_the_history_of_all_lists_the_newest_and_leads_to_each(desk, desk_as, shop, reference):
    send(desk, reference, "cancellation", words="Ill.")
    page = desk.page("/desk/history")
    assert page.select_one(f'a[href="{url(reference)}"]')
    assert "Cancelled" in page.get_text()
    assert desk_as("reception").get("/desk/history").status_code == 200
    assert desk_as("staff", "ana").get("/desk/history").status_code == 403


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/desk/history", "Nothing was changed yet."),
        ("/desk/history/customers", "No customer was merged, split, blocked or described yet."),
    ],
)
def test_a_history_in_which_nothing_stands_says_so(desk, shop, path, said):
    empty = desk.page(path).select_one("#desk .sb-intro").get_text()
    assert empty.startswith(said)


def test_the_history_goes_back_by_pages(desk, reference, monkeypatch):
    from booking.owner.bookings import history

    monkeypatch.setattr(history, "A_PAGE", 1)
    send(desk, reference, "notes", note="One.")
    send(desk, reference, "cancellation")
    page = desk.page("/desk/history")
    older = page.select_one("a[href*=before]")["href"]
    assert "A note was written" in desk.page(older).get_text()
    assert "Cancelled" not in desk.page(older).select_one("#desk").get_text()


@pytest.mark.settings(mail_url="")
def test_without_mail_the_page_says_that_no_letters_are_sent(desk, reference):
    text = text_of(desk.get(url(reference)))
    assert "mail is not set up" in text
    assert "Without a letter" not in text


def test_a_shop_without_an_address_is_told_nothing(desk, shop, reference):
    with shop.writing() as session:
        session.get(Shop, 1).email = ""
    send(desk, reference, "cancellation")
    with shop.app.app_context(), read_transaction(shop.app.extensions["booking"].session) as s:
        assert "shop" not in set(s.scalars(select(letter.c.role)))
