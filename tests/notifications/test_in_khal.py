"""What a calendar makes of our letters: one event, at the right time, and none once it is over."""

import pytest

from booking.storage.models import Shop
from tests.fixtures.khals import Entry, khal
from tests.fixtures.small_shop import at
from tests.notifications.conftest import MAIL

__all__ = ["khal"]

pytestmark = [
    pytest.mark.extra,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
TEN, NEXT = at("10:00", day=3), at("14:00", day=20)  # New York's clocks change in between
DAYS = "2027-02-25", "2027-04-10"


def file_in(message) -> bytes:
    """What a mail program would open: the attachment."""
    *_, last = (part for part in message.walk() if part.get_filename() == "invite.ics")
    return last.get_payload(decode=True)


@pytest.fixture
def entries(khal, letters):
    """Opens the last letter of that kind, and returns what the calendar has then."""

    def opened(role, kind) -> list[Entry]:
        *_, last = letters(role, kind)
        khal.take(file_in(last))
        return khal.entries(*DAYS)

    return opened


@pytest.mark.parametrize(
    ("role", "invitation"),
    [("customer", "request"), ("customer", "file"), ("staff", "request"), ("shop", "request")],
)
def test_it_is_one_event_at_the_right_instant_then_at_the_new_one_then_cancelled(
    shop, entries, role, invitation
):
    with shop.writing() as session:
        session.get(Shop, 1).mail = {"invitation": invitation}
    reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    [booked] = entries(role, "booked")
    assert (booked.starts_at, booked.is_cancelled) == (TEN, False)
    assert booked.title == "Cut, Small Shop"
    shop.move(reference, NEXT, by="owner", outbox=MAIL)
    [moved] = entries(role, "moved")
    assert (moved.starts_at, moved.is_cancelled) == (NEXT, False)
    assert moved.ends_at - moved.starts_at == booked.ends_at - booked.starts_at
    shop.cancel(reference, outbox=MAIL)
    assert [each for each in entries(role, "cancelled") if not each.is_cancelled] == []


def test_who_loses_it_to_a_colleague_has_none_and_the_colleague_has_one(shop, khal, letters):
    reference = shop.book(None, "cut", "ann", TEN, outbox=MAIL)
    khal.take(file_in(letters("staff", "booked")[0]))
    shop.move(reference, NEXT, "ben", by="owner", outbox=MAIL)
    khal.take(file_in(letters("staff", "cancelled")[0]))
    [anns] = khal.entries(*DAYS)
    assert (anns.starts_at, anns.is_cancelled) == (TEN, True)
    khal.take(file_in(letters("staff", "booked")[1]))
    [bens] = khal.entries(*DAYS)
    assert (bens.starts_at, bens.is_cancelled) == (NEXT, False)
