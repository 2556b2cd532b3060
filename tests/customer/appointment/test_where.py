"""Where an appointment is, is said alike by every page of it and by its letters."""

from urllib.parse import urlsplit

import pytest

from booking.storage.models import Shop
from booking.tab_sessions import write_transaction
from booking.testing import TabClient
from booking.testing.letters import letters_of
from tests.customer.appointment.links import ON_SQLITE, change, link_of
from tests.customer.walks import ADA, at_done

pytestmark = [
    ON_SQLITE,
    pytest.mark.settings(
        mail_url="log:", mail_from="shop@shop.example", public_url="http://localhost"
    ),
]
ADDRESS = "1 Test Street\n1000 Testing"
AT_THE_SHOP = "1 Test Street, 1000 Testing"
VIDEO = "https://meet.example/ana"
PLACES = {
    "at the shop": ({"is_online": False, "place": ""}, AT_THE_SHOP),
    "somewhere else": ({"is_online": False, "place": "At yours\n or mine"}, "At yours, or mine"),
    "nowhere in particular": ({"is_online": False, "place": " \n "}, AT_THE_SHOP),
    "online": ({"is_online": True, "place": ""}, "Online"),
    "online, by a link": ({"is_online": True, "place": VIDEO}, VIDEO),
}
BY_MAIL, BY_APPROVAL = {"confirm_by_mail": True}, {"approval": True}


def where(page) -> str:
    [said] = [dt.find_next("dd").get_text() for dt in page.select("dt") if dt.get_text() == "Where"]
    return said


def where_in(letter) -> str:
    [said] = [line for line in letter.text.splitlines() if line.startswith("Where")]
    return said.removeprefix("Where:").strip()


@pytest.mark.parametrize(
    ("which", "waits"),
    [*((each, {}) for each in PLACES), ("online", BY_MAIL), ("online", BY_APPROVAL)],
)
def test_every_page_says_what_the_letter_says(app, which, waits):
    values, said = PLACES[which]
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        session.get(Shop, 1).address = ADDRESS
    change(app, "short", **values, **waits)
    done = at_done(app, service="short", staff="ana")
    letters = letters_of(app, to=ADA["email"]) + letters_of(app, kind="to_decide")
    ways = [urlsplit(link).path for letter in letters for link in letter.links]
    ways = {each for each in ways if each.startswith("/book/appointment/")}
    shown = [done, *(TabClient(app, each) for each in sorted({*ways, link_of(done)}))]
    assert len(shown) >= (3 if waits else 2)
    assert [where(each.page) for each in shown] == [said] * len(shown)
    to_customer, *_ = letters_of(app, to=ADA["email"])
    assert where_in(to_customer) == said
