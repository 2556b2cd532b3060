"""A duplicated tab in the wizard: a booking of its own; the held time stays with the first."""

import pytest
from sqlalchemy import delete

from booking.storage.models import claim, hold
from booking.tab_sessions import write_transaction
from tests.customer.walks import at_details, at_review, nearest, text, value


@pytest.mark.both_databases
def test_a_copy_has_the_answers_and_another_time_and_both_are_booked(app, bookings):
    tab = at_review(app)
    taken = tab.page.select_one("time")
    copy = tab.duplicate()
    assert copy.step == "time"
    assert nearest(copy)
    assert "The time you chose there stays with it" in text(copy)
    assert copy.page.select("[role=alert]") == []
    assert taken is None or taken["datetime"] not in nearest(copy)
    copy.submit(slot=nearest(copy)[0])
    assert copy.step == "review"
    assert "Ada Lovelace" in text(copy)
    assert (copy.submit().step, tab.submit().step) == ("done", "done")
    one, two = bookings()
    assert one.starts_at != two.starts_at
    assert one.draft != two.draft


def test_a_renewed_tab_keeps_its_held_time_and_its_manage_link(app, bookings):
    tab = at_review(app).renew()
    assert tab.refresh().step == "review"
    tab.submit()
    assert tab.step == "done"
    link = tab.page.select_one('a[href*="/appointment/"]')["href"]
    assert tab.renew().refresh().page.select_one('a[href*="/appointment/"]')["href"] == link
    assert len(bookings()) == 1


def test_typed_details_reach_the_copy(app):
    tab = at_details(app).submit(name="Ada", email="not an address")
    assert tab.status == 422
    copy = tab.duplicate()
    copy.submit(slot=nearest(copy)[0])
    assert (value(copy, "name"), value(copy, "email")) == ("Ada", "not an address")


def test_a_copy_whose_time_nobody_has_is_told_of_no_other_holder(app):
    tab = at_review(app)
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        session.execute(delete(hold))
        session.execute(delete(claim))
    copy = tab.duplicate()
    assert copy.step == "review"
    assert "stays with it" not in text(copy)
