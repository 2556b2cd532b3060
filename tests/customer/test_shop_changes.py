"""The owner changes the shop while a customer stands on the review: nothing else is booked."""

import pytest

from tests.commands.shell import SHOP, done, shop_file
from tests.customer.walks import alert, at_review, at_time, first_slot, text

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def load(app, tmp_path):
    """Loads the shop's file, changed."""
    return lambda *changes: done(app, "load", shop_file(tmp_path, *changes))


def without(name: str, heading: str) -> tuple[str, str]:
    """The change that takes a whole entry out of the file."""
    content = SHOP.read_text(encoding="utf-8")
    start = content.index(f'[[{heading}]]\nslug = "{name}"')
    ends = [content.find(f"\n[[{each}]]", start) for each in ("services]", "services", "staff")]
    end = min((at for at in ends if at > start), default=len(content))
    return content[start:end], ""


ONLY_LONG = ('offers = ["short", "long"]', 'offers = ["long"]')


def test_the_only_service_left_does_not_take_the_place_of_the_one_chosen(app, load, bookings):
    tab = at_review(app, service="short", staff="ana")
    load(without("short", "services"), ONLY_LONG)
    tab.submit()
    assert (tab.status, tab.step) == (409, "service")
    assert "no longer offered" in alert(tab)
    assert bookings() == []
    assert tab.submit(service="long").step in {"time", "details"}


@pytest.mark.parametrize(
    "change",
    [
        ('duration = "30 min"', 'duration = "35 min"'),
        ('price = "€20"', 'price = "€25"'),
        ('name = "Short visit"', 'name = "Brief visit"'),
        ('name = "Ana"', 'name = "Anna"'),
    ],
)
def test_what_the_review_showed_is_what_is_booked_or_it_is_shown_again(app, load, bookings, change):
    tab = at_review(app, service="short", staff="ana")
    load(change)
    tab.submit()
    assert tab.status == 409
    assert bookings() == []
    if tab.step == "time":  # the longer appointment is not held
        tab.submit(slot=first_slot(tab))
    else:
        assert "Something has changed" in alert(tab)
    assert tab.step == "review"
    assert tab.submit().step == "done"
    assert len(bookings()) == 1


def test_a_change_that_the_review_does_not_show_disturbs_nobody(app, load, bookings):
    tab = at_review(app, service="short", staff="ana")
    load(("1 Test Street", "2 Test Street"), ('price = "€45"', 'price = "€50"'))
    assert tab.submit().step == "done"
    assert len(bookings()) == 1


def test_someone_who_left_is_named_as_the_reason_and_not_replaced_silently(app, load, bookings):
    tab = at_review(app, service="short", staff="ana")
    load(without("ana", "staff"))
    tab.submit()
    assert (tab.status, tab.step) == (409, "staff")
    assert "can no longer be booked" in alert(tab)
    assert "Ben" in text(tab)
    assert bookings() == []
    assert tab.submit(staff="ben").step in {"time", "review"}


def test_anyone_who_came_down_to_someone_who_left_asks_for_a_time_again(app, load, bookings):
    tab = at_time(app, service="short", staff="any")
    tab.submit(slot=first_slot(tab))
    holder = "ana" if "Ana" in text(tab) else "ben"
    load(without(holder, "staff"))
    tab.refresh()
    assert tab.step == "time"
    assert "can no longer be booked" in alert(tab)


def test_a_stored_answer_that_is_no_longer_offered_is_not_held_against_another(app, load):
    tab = at_time(app, service="short", staff="ana")
    stale = tab.twin()
    stale.open("service")
    tab.open("service").submit(service="long")
    load(without("long", "services"), ('offers = ["short", "long"]', 'offers = ["short"]'))
    stale.submit(service="short")
    assert (stale.status, stale.step) == (200, "time")
