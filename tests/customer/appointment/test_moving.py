"""Moving an appointment by its link: the wizard's calendar, one press, the old time or the new."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine

from booking.customer.wizard.state import slot_start, slot_value
from booking.testing import TabClient
from tests.customer.appointment.links import ON_SQLITE, change, form_of, link_of
from tests.customer.walks import alert, at_done, at_time, days, nearest, slots, text

NINE, TEN, ELEVEN = "2026-03-03T09:00Z", "2026-03-03T10:00Z", "2026-03-03T11:00Z"
BROWSER = {"Sec-Fetch-Site": "same-origin"}


def at_move(app, slot=TEN, staff="ana", **choices) -> TabClient:
    done = at_done(app, slot, staff=staff, **choices)
    return TabClient(app, f"{link_of(done)}/time")


@pytest.mark.both_databases
def test_a_move_takes_the_new_time_and_gives_the_old_one_up(app, bookings, rows):
    page, before = at_move(app), rows()["claims"]
    assert page.step == "move"
    page.submit(slot=ELEVEN)
    assert page.step == "appointment"
    assert "Your appointment is moved" in text(page)
    [booking] = bookings()
    assert (slot_value(booking.starts_at), booking.changes) == (ELEVEN, 1)
    assert rows()["claims"] == before
    free = slots(at_time(app, staff="ana").open("time?day=2026-03-03"))
    assert TEN in free
    assert ELEVEN not in free


@ON_SQLITE
def test_it_opens_where_the_appointment_is_and_offers_what_touches_it_but_not_its_own_time(app):
    page = at_move(app)
    assert days(page, "selected") == ["3"]
    offered = slots(page)
    assert TEN not in offered
    assert {"2026-03-03T09:45Z", "2026-03-03T10:15Z"} <= {*offered}


@ON_SQLITE
def test_without_scripts_its_links_and_its_form_do_the_same(app, bookings):
    page = at_move(app)
    link, plain = page.url.removesuffix("/time"), app.test_client()
    other = page.page.select_one("a#day-2026-03-05")["href"]
    shown = plain.get(f"{link}/time{other}").text
    assert "<html" in shown
    form = form_of(shown, "#times") | {"slot": "2026-03-05T09:00Z"}
    answer = plain.post(f"{link}/time", data=form, headers=BROWSER)
    assert (answer.status_code, answer.location) == (303, f"{link}?done=moved")
    assert slot_value(bookings()[0].starts_at) == "2026-03-05T09:00Z"


@ON_SQLITE
def test_no_address_of_a_day_or_month_has_the_link_in_it(app):
    page = at_move(app)
    links = [a["href"] for a in page.page.select(".sb-calendar a, .sb-summary a")]
    assert len(links) > 20
    assert {each[0] for each in links} == {"?"}


@pytest.mark.both_databases
def test_a_time_that_somebody_takes_meanwhile_leaves_the_appointment_as_it_was(app, bookings):
    page = at_move(app)
    at_done(app, ELEVEN, staff="ana")
    page.submit(slot=ELEVEN)
    assert (page.status, page.step) == (409, "move")
    assert "Somebody was faster" in alert(page)
    assert "stands as it was" in alert(page)
    assert nearest(page)
    assert slot_value(bookings()[0].starts_at) == TEN
    page.submit(slot=nearest(page)[0])
    assert slot_value(bookings()[0].starts_at) != TEN


@ON_SQLITE
def test_what_somebody_only_holds_cannot_be_moved_to(app, bookings):
    page, other = at_move(app), at_time(app, staff="ana").open("time?day=2026-03-03")
    other.submit(slot=ELEVEN)
    assert page.submit(slot=ELEVEN).status == 409
    assert slot_value(bookings()[0].starts_at) == TEN


@ON_SQLITE
def test_it_stays_with_the_same_person_unless_anyone_is_asked_for(app, bookings):
    at_done(app, ELEVEN, staff="ana")
    page = at_move(app)
    assert ELEVEN not in slots(page)
    page.click("Times with anyone who is free")
    late = next(slot for slot in slots(page) if slot > "2026-03-03T18")  # Ben is in New York
    page.submit(slot="2026-03-03T15:00Z")
    assert (bookings()[1].staff_member.slug, page.status) == ("ana", 200)
    page.open(f"{link_of_page(page)}/time?staff=any&day=2026-03-03").submit(slot=late)
    assert bookings()[1].staff_member.slug == "ben"


def link_of_page(page) -> str:
    return page.url.partition("?")[0]


@ON_SQLITE
def test_notice_and_window_bind_whoever_moves(app, bookings):
    change(app, "short", minimum_notice=36 * 60, booking_window=10)
    page = at_move(app, "2026-03-05T10:00Z")
    assert "2026-03-03T10:00Z" not in slots(page.open(f"{page.url}?day=2026-03-03"))
    for slot, words in ((TEN, "too soon"), ("2026-03-20T10:00Z", "further ahead")):
        page.submit(force=True, **page.fields | {"slot": slot})
        assert page.status == 409
        assert words in alert(page)
    assert slot_value(bookings()[0].starts_at) == "2026-03-05T10:00Z"


@ON_SQLITE
def test_a_choice_that_is_none_is_asked_for_again_on_the_same_day(app):
    page = at_move(app)
    page.open(f"{page.url}?day=2026-03-05")
    for slot in ("", "soon", "2026-13-45T99:00Z"):
        page.submit(force=True, **page.fields | {"slot": slot})
        assert page.status == 422
        assert "Choose a time" in alert(page)
        assert days(page, "selected") == ["5"]


@ON_SQLITE
def test_software_that_sends_a_form_is_asked_once_more_before_it_moves(app, bookings):
    page = at_move(app)
    plain, url = app.test_client(), page.url
    first = plain.post(url, data=page.fields | {"slot": ELEVEN})
    assert first.status_code == 422
    assert "press the button once more" in first.text
    assert slot_value(bookings()[0].starts_at) == TEN
    again = form_of(first.text, "#times")
    assert again["slot"] == ELEVEN
    assert plain.post(url, data=again).status_code == 303
    assert slot_value(bookings()[0].starts_at) == ELEVEN


@ON_SQLITE
def test_a_booking_that_was_changed_ten_times_is_moved_by_the_shop_alone(app, bookings):
    page = at_move(app)
    for turn in range(10):
        page.open(f"{link_of_page(page).removesuffix('/time')}/time?day=2026-03-03")
        page.submit(slot=[ELEVEN, NINE][turn % 2])
    link = link_of_page(page)
    assert bookings()[0].changes == 10
    assert "can no longer be moved here" in text(page)
    assert app.test_client().get(f"{link}/time").location == link
    form = {"slot": TEN, "sure": page.fields["sure"]}
    answer = app.test_client().post(f"{link}/time", data=form, headers=BROWSER)
    assert answer.status_code == 409
    assert "changed so often" in answer.text
    assert "+351 21 000 00 00" in answer.text
    assert slot_value(bookings()[0].starts_at) == NINE


@ON_SQLITE
def test_moved_to_where_it_is_it_stays_and_nothing_is_counted(app, bookings):
    page = at_move(app)
    page.submit(force=True, **page.fields | {"slot": TEN})
    assert page.step == "appointment"
    assert "is moved" not in text(page)
    assert bookings()[0].changes == 0


@ON_SQLITE
def test_a_link_that_ends_while_its_page_is_open_leads_nowhere_that_asks_for_a_tab(app):
    page = at_move(app)
    link = page.url.replace("/appointment/", "/appointment/x")
    answer = app.test_client().get(link, headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert 'data-step="problem"' in answer.text
    assert "hx-get" not in answer.text


@ON_SQLITE
def test_each_time_is_shown_on_the_clock_it_was_booked_on_and_on_the_shops(app):
    page = at_move(app, time_zone="Asia/Tokyo")
    assert "Tokyo" in text(page)
    assert page.page.select_one("#times .sb-chip small")


CUT_OFFS = {
    "cancel": ("cancel_until", "", "cancellation", "It can no longer be cancelled here."),
    "move": ("move_until", "/time", "time", "It can no longer be moved here."),
}


@ON_SQLITE
@pytest.mark.parametrize("verb", CUT_OFFS)
def test_until_when_is_said_beforehand_and_kept_to_the_minute(app, bookings, verb):
    column, page, path, too_late = CUT_OFFS[verb]
    change(app, "short", **{column: 120})
    link, client = link_of(at_done(app, TEN, staff="ana")), app.test_client()
    at_eight = datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert f"You can {verb} it here until Tuesday 3 March 2026, 08:00." in shown(client, link)
    with time_machine.travel(at_eight - timedelta(minutes=1), tick=False):
        fields = form_of(client.get(link + page).text) | {"slot": ELEVEN}
        post = partial(client.post, f"{link}/{path}", headers=BROWSER)
    with time_machine.travel(at_eight, tick=False):
        assert too_late in shown(client, link)
        answer = post(data=fields)
        assert answer.status_code == 409
        assert "too late" in answer.text
        for words in ("+351 21 000 00 00", "shop@example.com"):
            assert answer.text.count(words) > client.get(link).text.count(words)
    assert (bookings()[0].state, slot_value(bookings()[0].starts_at)) == ("confirmed", TEN)
    with time_machine.travel(at_eight - timedelta(minutes=1), tick=False):
        assert post(data=fields).status_code == 303
    assert bookings()[0].changes == 1


def shown(client, link) -> str:
    return " ".join(client.get(link).text.split())


@ON_SQLITE
def test_cut_offs_never_bind_the_owner(app, bookings):
    change(app, "short", cancel_until=10_000, move_until=10_000)
    at_done(app, TEN, staff="ana")
    reference = bookings()[0].reference
    command = app.test_cli_runner().invoke
    moved = command(args=["booking", "reschedule", reference, "2026-03-03 11:00"])
    assert moved.exit_code == 0, moved.output
    assert slot_start(ELEVEN) == bookings()[0].starts_at
    assert command(args=["booking", "cancel", reference]).exit_code == 0
    assert bookings()[0].state == "cancelled"
