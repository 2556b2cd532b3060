"""From the service to the confirmation, refreshed and interleaved."""

import pytest

from booking.customer.wizard.state import slot_value
from booking.testing import TabClient
from tests.customer.walks import (
    ADA,
    at_details,
    at_review,
    at_time,
    slots,
    text,
)


@pytest.mark.both_databases
def test_a_customer_books_step_by_step(app, bookings):
    tab = TabClient(app, "/book/")
    assert (tab.step, tab.url) == ("service", "/book/service")
    tab.submit(service="long")
    assert (tab.step, tab.url) == ("staff", "/book/staff")
    tab.submit(staff="ana")
    assert (tab.step, tab.url) == ("time", "/book/time")
    slot = slots(tab)[3]
    tab.submit(slot=slot)
    assert (tab.step, tab.url) == ("details", "/book/details")
    tab.submit(**ADA, phone="21 123 45 67", question_first_visit="No", question_wishes="Tea")
    assert (tab.step, tab.url) == ("review", "/book/review")
    tab.submit()
    assert (tab.step, tab.url, tab.status) == ("done", "/book/done", 200)

    [booking] = bookings()
    done = tab.page.select_one("[data-booking-reference]")
    assert done["data-booking-reference"] == booking.reference
    assert done["data-booking-start"] == f"{slot[:-1]}:00Z"
    assert slot_value(booking.starts_at) == slot
    assert (booking.service.slug, booking.staff_member.slug) == ("long", "ana")
    assert (booking.customer_name, booking.customer_email) == ("Ada Lovelace", "ada@example.com")
    assert booking.customer_phone == "+351 21 123 4567"
    assert booking.customer_note == "By the window, please."
    assert booking.answers == [
        {"key": "first_visit", "label": "Is this your first visit?", "value": "No"},
        {"key": "wishes", "label": "Anything we should prepare?", "value": "Tea"},
    ]


def test_the_review_repeats_every_answer_with_its_change(app):
    tab = at_review(app, service="long", staff="ana")
    labels = [term.get_text() for term in tab.page.select("dl.sb-answers dt")]
    assert labels == [
        *("Service", "Person", "Time", "Name", "E-mail address", "Phone number"),
        *("Is this your first visit?", "Note"),
    ]
    assert len(tab.page.select(".sb-answer-change a")) == len(labels)
    for words in ("Long visit", "Ana", "Ada Lovelace", "ada@example.com", "By the window"):
        assert words in text(tab)


def test_change_leads_to_the_step_and_back_to_the_review(app):
    tab = at_review(app)
    for row, step in (("Service", "service"), ("Person", "staff"), ("Note", "details")):
        assert tab.click(f"Change {row}").step == step
        assert tab.submit().step == "review"
    assert tab.click("Change Time").step == "time"
    assert tab.submit(slot=slots(tab)[-1]).step == "review"


def test_a_step_shows_what_is_settled(app):
    tab = at_details(app, service="long", staff="ana")
    assert "Long visit 1 hour, €45" in text(tab)
    assert tab.page.select_one("[aria-current=step]").get_text(" ", strip=True).endswith("Details")
    assert at_time(app, staff="any").page.select_one(".sb-summary").get_text().count("Anyone") == 1


def test_a_time_is_never_shown_without_the_clock_it_is_read_from(app):
    tab = at_details(app, service="long", staff="ana", time_zone="Asia/Tokyo")
    settled = tab.page.select_one(".sb-summary").get_text()
    assert "Tokyo time (UTC+9); " in settled
    assert "at the shop, Lisbon time" in settled
    assert settled.count("Tokyo") == 1
