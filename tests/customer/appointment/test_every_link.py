"""Every link that was ever sent, in every state of its appointment, asked for everything.

The page says what is, offers what is possible, and revives nothing.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import delete, update

from booking.customer.appointment.presenter import form_mark
from booking.customer.wizard.state import slot_value
from booking.operations.bookings import Customer, book, cancel, reschedule
from booking.operations.links import token_hash
from booking.operations.outbox import Outbox
from booking.operations.pending_moves import ask_to_move, decline_move
from booking.storage.catalogue import read_catalogue
from booking.storage.links import add_link
from booking.storage.models import Booking, Service, claim
from booking.storage.pending_moves import pending_move, waiting_move
from booking.tab_sessions import read_transaction, write_transaction
from tests.customer.appointment.links import ON_SQLITE

pytestmark = ON_SQLITE
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
VERBS = ("page", "time", "details", "calendar.ics", "cancel", "move", "mend", "take back")
BROWSER = {"Sec-Fetch-Site": "same-origin"}


# What each state answers to these verbs, in their order.
STANDS = (200, 200, 200, 200, 303, 303, 303, 303)
OVER = (200, 303, 303, 200, 409, 409, 409, 303)
CANCELLED = (200, 303, 303, 200, 303, 409, 409, 409)  # to cancel once more is no mistake
STATES = {
    "confirmed": STANDS,
    "moved twice": STANDS,
    "asked to be moved": STANDS,
    "asked and declined": STANDS,
    "asked and lapsed": STANDS,
    "its service is gone": (200, 303, 200, 200, 303, 409, 303, 303),
    "pending": (
        200,
        303,
        200,
        200,
        303,
        409,
        303,
        303,
    ),  # its address can be mended, or nobody confirms it
    "cancelled by the customer": CANCELLED,
    "cancelled by the shop": CANCELLED,
    "pending and lapsed": CANCELLED,
    "begun": OVER,
    "over": OVER,
    "completed": OVER,
    "nobody came": OVER,
    "over for a month": (410,) * 8,
    "erased": (404,) * 8,
}
MAY_CHANGE = {
    "confirmed": {"cancel", "move", "mend"},
    "moved twice": {"cancel", "move", "mend"},
    "asked to be moved": {"cancel", "move", "mend", "take back"},
    "asked and declined": {"cancel", "move", "mend"},
    "asked and lapsed": {"cancel", "move", "mend"},
    "its service is gone": {"cancel", "mend"},
    "pending": {"cancel", "mend"},
}


class Sent(NamedTuple):
    """A booking, and the token of a link to it."""

    number: int
    token: str
    start: datetime


def first(_session, _booking, _links, token) -> str:
    return token


def added(session, booking, _links, _token) -> str:
    token = secrets.token_urlsafe(32)
    add_link(session, booking.id, token_hash(token), now=0)
    return token


def renewed(session, booking, links, _token) -> str:
    return links.renew(session, booking)


def ended(session, booking, links, token) -> str:
    links.renew(session, booking)
    return token


def made(app, link, state, day, hour) -> Sent:
    """A booking of that day and hour, put into that state."""
    sidebook, token = app.extensions["booking"], secrets.token_urlsafe(32)
    start = datetime(2026, 3, 3 + day, hour, tzinfo=UTC)
    with write_transaction(sidebook.session) as session:
        catalogue = read_catalogue(session)
        service = next(each for each in catalogue.services if each.slug == "short")
        ana = [each for each in service.staff if each.slug == "ana"]
        booking = book(
            session,
            tab_key=None,
            idempotency_key=secrets.token_hex(8),
            fingerprint="f",
            service=service,
            staff=ana,
            start=start,
            customer=Customer("Ada Lovelace", "ada@example.com"),
            answers=[],
            manage_token_hash=token_hash(token),
            now=NOW,
            by="owner",
        )
        token = link(session, booking, sidebook.links, token)
        put_into(session, booking, state, ana)
        return Sent(booking.id, token, start)


def put_into(session, booking, state, staff) -> None:
    match state:
        case "moved twice":
            for minutes in (15, -15):
                start = booking.starts_at + timedelta(minutes=minutes)
                reschedule(session, booking, staff=staff, start=start, now=NOW)
        case _ if state.startswith("asked"):
            ask_for(session, booking, staff, state)
        case "cancelled by the customer" | "cancelled by the shop":
            by = "owner" if "shop" in state else "customer"
            cancel(session, booking, by=by, now=NOW, words="The roof leaks.")
        case "pending" | "pending and lapsed":
            left = timedelta(minutes=-1 if "lapsed" in state else 30)
            booking.state, booking.pending_for = "pending", "mail"
            booking.pending_until = int((NOW + left).timestamp())
        case "begun":
            put_to(booking, timedelta(minutes=-10))
        case "over" | "completed" | "nobody came":
            put_to(booking, timedelta(days=-2))
            known = {"completed": "completed", "nobody came": "no_show"}
            booking.state = known.get(state, "confirmed")
        case "over for a month":
            put_to(booking, timedelta(days=-31))
        case "erased":
            session.execute(delete(claim).where(claim.c.booking_id == booking.id))
            session.delete(booking)
    session.flush()


def ask_for(session, booking, staff, state) -> None:
    """As of a service that needs approval, which it needs no more when it is looked at."""
    start, until = booking.starts_at + timedelta(minutes=15), NOW + timedelta(hours=12)
    given = {"staff": staff, "start": start, "until": until, "now": NOW, "outbox": Outbox()}
    ask_to_move(session, booking, **given)
    if "declined" in state:
        decline_move(session, booking, by="owner", now=NOW, outbox=Outbox())
    elif "lapsed" in state:
        pending_move(session, booking.id).until = int(NOW.timestamp())


def put_to(booking, since_now) -> None:
    booking.starts_at, length = NOW + since_now, booking.ends_at - booking.starts_at
    booking.ends_at = booking.starts_at + length


def told(app, sent):
    """What is so by the clock: whoever touches one that has lapsed may write that down."""
    with read_transaction(app.extensions["booking"].session) as session:
        booking = session.get(Booking, sent.number)
        if booking is None:
            return None
        who = booking.customer_name, booking.customer_email, booking.manage_token_hash
        move = waiting_move(session, booking.id, NOW)
        return booking.state_at(NOW), booking.starts_at, move and move.starts_at, *who


def ask(app, sent, verb):
    """The answer to what our own page would send, from a browser."""
    link, client = f"/book/appointment/{sent.token}", app.test_client()
    form = {"sure": form_mark(sent.token, verb, 1)}
    match verb:
        case "cancel":
            return client.post(f"{link}/cancellation", data=form, headers=BROWSER)
        case "move":
            later = slot_value(sent.start + timedelta(minutes=15))
            return client.post(f"{link}/time", data=form | {"slot": later}, headers=BROWSER)
        case "take back":
            form = {"sure": form_mark(sent.token, "take-back", 1)}
            return client.post(f"{link}/time/withdrawal", data=form, headers=BROWSER)
        case "mend":
            form |= {"name": "Ada King", "email": "ada@example.com"}
            return client.post(f"{link}/details", data=form, headers=BROWSER)
    path = link if verb == "page" else f"{link}/{verb}"
    assert client.head(path).status_code == client.get(path).status_code
    return client.get(path)


@pytest.mark.parametrize("link", [first, added, renewed, ended])
def test_each_link_shows_what_is_and_does_what_is_possible_and_nothing_else(app, link):
    found, changed = {}, {}
    with app.app_context():
        for day, state in enumerate(STATES):
            if state == "its service is gone":
                continue
            found[state], changed[state] = answers(app, link, state, day)
        gone = [made(app, link, "confirmed", 20, hour) for hour in HOURS]
        retire(app, "short")
        found[GONE], changed[GONE] = asked(app, gone)
    is_good = link is not ended
    assert found == (STATES if is_good else dict.fromkeys(STATES, (404,) * len(VERBS)))
    assert changed == {each: MAY_CHANGE.get(each, set()) if is_good else set() for each in STATES}


HOURS = (9, 10, 11, 13, 14, 15, 16)  # when Ana works
GONE = "its service is gone"


def answers(app, link, state, day):
    return asked(app, [made(app, link, state, day, hour) for hour in HOURS])


def asked(app, several):
    """The status of each verb, each on a booking that none has changed; and which changed it."""
    statuses, changed = [], set()
    for verb, sent in zip(VERBS, [*several, several[0]], strict=True):
        before = told(app, sent)
        statuses.append(ask(app, sent, verb).status_code)
        if told(app, sent) != before:
            changed.add(verb)
    return tuple(statuses), changed


def retire(app, slug, *, retired=True) -> None:
    with app.extensions["booking"].engine.begin() as connection:
        connection.execute(update(Service).where(Service.slug == slug).values(retired=retired))


SAYS = {
    "asked to be moved": (
        *("Your appointment", "and it is not moved yet", "Keep the time you have"),
        *("Move to another time", "Yes, cancel it", "Book this again"),
    ),
    "asked and lapsed": ("Your appointment", "Move to another time", "Yes, cancel it"),
    "confirmed": ("Your appointment", "Move to another time", "Yes, cancel it", "Book this again"),
    "pending": ("Not booked yet", "Change your details", "Yes, cancel it"),
    "cancelled by the shop": ("This appointment is cancelled", "We wrote:", "The roof leaks."),
    "cancelled by the customer": ("This appointment is cancelled", "You wrote:", "Book this again"),
    "over": ("Your appointment", "Book this again"),
}
OFFERS = (
    *("Keep the time you have", "Move to another time", "Change your details", "Yes, cancel it"),
    *("We wrote", "You wrote"),
)


@pytest.mark.parametrize("state", SAYS)
def test_the_page_offers_what_is_possible_and_nothing_else(app, state):
    with app.app_context():
        page = ask(app, made(app, first, state, 1, 10), "page").text
    for words in SAYS[state]:
        assert words in page
    unsaid = {"Change your details"} if STATES[state] is STANDS else set()
    offered = {words for words in OFFERS if words in page}
    assert (
        offered == {each for each in OFFERS if any(each in says for says in SAYS[state])} | unsaid
    )


def test_the_link_that_books_it_again_names_its_service_and_its_person(app):
    with app.app_context():
        page = ask(app, made(app, first, "over", 1, 10), "page").text
    assert 'href="/book/?service=short&amp;staff=ana"' in page
