"""One draft, one booking: however often, from wherever, it is confirmed."""

import pytest

from tests.customer.walks import alert, at_done, at_review, first_slot, text, value


def twin_of(tab):
    return tab.twin().open("review")


def confirmation(tab) -> dict[str, str]:
    return {name: tab.fields[name] for name in ("idempotency_key", "review_version")}


def reference(tab) -> str:
    return tab.page.select_one("[data-booking-reference]")["data-booking-reference"]


@pytest.mark.both_databases
def test_two_tabs_of_one_session_are_one_booking(app, bookings):
    tab = at_review(app)
    twin = twin_of(tab)
    assert reference(tab.submit()) == reference(twin.submit())
    assert twin.status == 200
    assert len(bookings()) == 1


def test_answers_that_changed_in_a_twin_are_shown_again_before_they_are_booked(app, bookings):
    tab = at_review(app)
    twin_of(tab).open("details").submit(name="Grace Hopper")
    tab.submit()
    assert (tab.status, tab.step) == (409, "review")
    assert "Something has changed" in alert(tab)
    assert "Grace Hopper" in text(tab)
    assert bookings() == []
    assert tab.submit().step == "done"
    assert bookings()[0].customer_name == "Grace Hopper"


def test_a_twin_that_shows_older_answers_learns_what_was_booked(app, bookings):
    tab = at_review(app)
    twin = twin_of(tab)
    tab.open("details").submit(name="Grace Hopper")
    tab.submit()
    twin.submit()
    assert (twin.status, twin.step) == (409, "done")
    assert "already confirmed" in alert(twin)
    assert reference(twin) == bookings()[0].reference


def test_a_forged_confirmation_books_nothing(app, bookings):
    tab = at_review(app)
    for forged in (
        {},
        {"idempotency_key": "x", "review_version": "y"},
        {**confirmation(tab), "review_version": "y"},
    ):
        tab.post("review/form", **forged)
        assert (tab.status, tab.step) == (409, "review")
    assert bookings() == []


def test_after_done_no_answer_is_taken(app, bookings):
    tab = at_done(app)
    for step, fields in (
        ("service", {"service": "long"}),
        ("details", {"name": "Grace"}),
        ("review", {"idempotency_key": "other", "review_version": "x"}),
    ):
        tab.open().post(f"{step}/form", **fields)
        assert tab.status == 410, step
        assert "confirmed" in alert(tab)
    assert len(bookings()) == 1


def test_book_another_starts_afresh(app, bookings):
    tab = at_done(app)
    tab.click("Book another appointment")
    assert (tab.step, tab.url) == ("service", "/book/service")
    tab.submit(service="short").submit(staff="any")
    tab.submit(slot=first_slot(tab))
    assert value(tab, "name") == ""
    tab.submit(name="Grace", email="grace@example.com").submit()
    assert [booking.customer_name for booking in bookings()] == ["Ada Lovelace", "Grace"]


def test_a_twin_that_changed_to_a_service_with_questions_of_its_own_says_so(app, bookings):
    tab = at_review(app, service="short", staff="ana")
    twin_of(tab).open("service").submit(service="long")
    tab.submit()
    assert tab.status == 409
    assert tab.step in {"details", "time"}
    assert alert(tab)
    assert bookings() == []
