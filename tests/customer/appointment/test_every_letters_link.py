"""Every link to answer by that a letter ever had, in every state of its appointment.

As for links to manage one: a look shows what is, a press does what is possible, nothing revives.
"""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from booking.customer.appointment.deciding import _which
from booking.customer.appointment.presenter import form_mark
from booking.operations.links import CONFIRMATION, DECISION, numbers_of
from booking.operations.new_address import ask_address
from booking.operations.outbox import Outbox
from booking.storage.letter_reads import asked_address
from booking.storage.models import Booking
from booking.storage.pending_moves import pending_move
from booking.tab_sessions import read_transaction, write_transaction
from tests.customer.appointment.links import ON_SQLITE
from tests.customer.appointment.test_every_link import (
    BROWSER,
    GONE,
    HOURS,
    NOW,
    STATES,
    ask_for,
    first,
    made,
    put_into,
    retire,
    told,
)

pytestmark = [
    ON_SQLITE,
    pytest.mark.settings(
        mail_url="log:", mail_from="shop@shop.example", public_url="http://localhost"
    ),
]
SOON = NOW + timedelta(minutes=30)


def to_confirm(links, _session, booking) -> str:
    booking.pending_for, booking.link_number = "mail", b"a number"
    return links.url_for(booking, CONFIRMATION, numbers_of(booking, CONFIRMATION)[0])


def to_approve(links, _session, booking) -> str:
    booking.pending_for = "approval"
    return links.url_for(booking, DECISION, numbers_of(booking, DECISION)[0])


def to_decide_about_a_move(links, session, booking) -> str:
    ask_for(session, booking, [booking.staff_member], "asked")
    return links.url_for(booking, DECISION, pending_move(session, booking.id).number)


def to_confirm_an_address(links, session, booking) -> str:
    address, outbox = f"{booking.reference}@example.com", Outbox(mail=True)
    ask_address(session, booking, address, until=SOON, now=NOW, outbox=outbox)
    number = asked_address(session, booking.id).message_id.encode()
    return links.url_for(booking, CONFIRMATION, number)


# What each link answers to a look, to yes, and to no where there is that button.
NEW, USED, GIVEN_UP, REFUSED = (200, 303, 303), (200, 303, 409), (200, 409, 303), (200, 409, 409)
ENDS = {"over for a month": (410,) * 3, "erased": (404,) * 3}
# To press once more is no mistake where that is what it came to.
OF_A_BOOKING = {
    **dict.fromkeys(STATES, USED),
    "pending": NEW,
    "pending and lapsed": GIVEN_UP,
    "cancelled by the customer": GIVEN_UP,
    "cancelled by the shop": GIVEN_UP,
    **ENDS,
}
OF_A_MOVE = {
    **dict.fromkeys(STATES, REFUSED),
    **dict.fromkeys(("confirmed", "asked to be moved", GONE), NEW),
    **ENDS,
}
STANDING = ("confirmed", "moved twice", *(each for each in STATES if "asked" in each), GONE)
OF_AN_ADDRESS = {**dict.fromkeys(STATES, REFUSED), **dict.fromkeys(STANDING, NEW), **ENDS}
LINKS = {
    to_confirm: (2, OF_A_BOOKING, {"pending"}),
    to_approve: (3, OF_A_BOOKING, {"pending"}),
    to_decide_about_a_move: (3, OF_A_MOVE, {"confirmed", "asked to be moved", GONE}),
    to_confirm_an_address: (2, OF_AN_ADDRESS, {*STANDING}),
}
VERBS = ("look", "confirm", "decline")


@pytest.mark.parametrize("link", LINKS)
def test_each_link_to_answer_by_shows_what_is_and_revives_nothing(app, link):
    buttons, answers, may_change = LINKS[link]
    found, changed = {}, {}
    with app.app_context():
        for day, state in enumerate(STATES):
            several = [sent(app, link, state, day, hour) for hour in HOURS[:buttons]]
            if state == GONE:
                retire(app, "short")
            found[state], changed[state] = asked(app, link, several)
            if state == GONE:
                retire(app, "short", retired=False)
    assert found == {state: each[:buttons] for state, each in answers.items()}
    assert changed == {state: {*VERBS[1:buttons]} & may(state, may_change) for state in STATES}


def may(state, may_change) -> set[str]:
    return {*VERBS} if state in may_change else set()


def asked(app, link, several):
    """The status of each verb, each on a booking that none has changed; and which changed it."""
    statuses, changed = [], set()
    for verb, (one, path) in zip(VERBS, several, strict=False):
        before = told(app, one)
        statuses.append(ask(app, link, one, path, verb))
        if told(app, one) != before:
            changed.add(verb)
    return tuple(statuses), changed


def sent(app, link, state, day, hour):
    """A booking in that state, and the path of the link in a letter about it."""
    sidebook, one = app.extensions["booking"], made(app, first, "confirmed", day, hour)
    with write_transaction(sidebook.session) as session:
        booking = session.get(Booking, one.number)
        path = urlsplit(link(sidebook.links, session, booking)).path
        waited_for = booking.pending_for
        put_into(session, booking, state, [booking.staff_member])
        booking.pending_for = waited_for or booking.pending_for
        move = None if state == "erased" else pending_move(session, booking.id)
        if move and move.until:  # as long as either time has not begun
            move.until = min(move.until, int(booking.starts_at.timestamp()))
    return one, path


def ask(app, link, one, path, verb) -> int:
    """The answer to what our own page would send, from a browser."""
    client = app.test_client()
    if verb == "look":
        assert client.head(path).status_code == client.get(path).status_code
        return client.get(path).status_code
    button = "confirm-address" if link is to_confirm_an_address else verb
    form = {"sure": form_mark(path.rpartition("/")[2], button, 1), "which": which(app, one)}
    do = f"?do={verb}" if "/decision/" in path else ""
    return client.post(path + do, data=form, headers=BROWSER).status_code


def which(app, one) -> str:
    """Which other time the page has shown."""
    with read_transaction(app.extensions["booking"].session) as session:
        move = pending_move(session, one.number)
        return _which(move) if move else ""
