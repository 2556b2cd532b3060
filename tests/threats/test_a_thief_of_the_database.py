"""Whoever copies the database reads nothing of an unfinished booking."""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import inspect, make_url, select, text

from booking.operations.links import token_hash
from booking.storage.models import Booking
from booking.tab_sessions import read_transaction
from booking.testing import TabClient
from tests.customer.walks import at_details, at_done
from tests.customer.walks import text as text_of

TYPED = {
    "name": "Ingeborg Ålesund-Ó'Brien",
    "email": "ingeborg.alesund@example.org",
    "phone": "+351 912 345 678",
    "note": "Allergic to hazelnuts",
    "question_first_visit": "Yes",
    "question_wishes": "Chamomile with quince",
}
WORDS = (
    *("Ingeborg", "Ålesund", "alesund", "912 345 678", "912345678", "hazelnut", "Chamomile"),
    *("quince", "question_wishes", "Asia/Kathmandu", b"Ingeborg".hex()),
)


BOOKINGS = select(Booking)


@pytest.fixture
def stolen(app, database_url) -> Callable[[], bytes]:
    """All that lies on the disk; of a database server, every row of every table as it is sent."""

    def copy() -> bytes:
        if database_url.startswith("sqlite"):
            file = Path(make_url(database_url).database)
            parts = sorted(file.parent.glob(file.name + "*"))
            assert len(parts) == 3, "the file, its -wal and its -shm: a thief takes them all"
            return b"".join(part.read_bytes() for part in parts)
        return dumped(app)

    return copy


def dumped(app) -> bytes:
    with app.app_context(), app.extensions["booking"].engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        rows = [connection.execute(text(f"SELECT t::text FROM {name} t")) for name in tables]
        return "\n".join([*tables, *(str(row[0]) for found in rows for row in found)]).encode()


def found_in(stolen: bytes) -> list[str]:
    assert b"booking_tab_session" in stolen, "this test must be able to see something"
    everything = stolen + bytes.fromhex("".join(_hexed(stolen)))
    return [word for word in WORDS if word.encode() in everything]


def _hexed(stolen: bytes) -> list[str]:
    # PostgreSQL writes bytes as \x4142.
    return [part.decode() for part in re.findall(rb"\\x((?:[0-9a-f]{2})+)", stolen)]


def half_booked(app) -> TabClient:
    tab = at_details(app, service="long", time_zone="Asia/Kathmandu")
    tab.submit(**TYPED | {"email": "ingeborg.alesund"})  # refused, and kept as it was typed
    assert (tab.status, tab.step) == (422, "details")
    tab.submit(**TYPED)
    assert tab.step == "review"
    return tab


def test_of_an_unfinished_booking_nothing_typed_is_there(app, stolen):
    tab = half_booked(app)
    assert "Chamomile with quince" in text_of(tab), "the tab itself does remember it"
    assert found_in(stolen()) == []
    assert tab.id.encode() not in stolen()


def test_nor_after_it_has_expired(app, stolen, rows):
    tab = half_booked(app)
    with time_machine.travel(datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(minutes=61)):
        tab.refresh()
        assert tab.status == 410
        assert found_in(stolen()) == []
    assert sealed(app) == []


def test_nor_when_nobody_came_back_and_it_was_purged(app, stolen):
    half_booked(app)
    with time_machine.travel(datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(hours=25)):
        assert app.test_cli_runner().invoke(args=["booking", "purge"]).exit_code == 0
        assert found_in(stolen()) == []
    assert sealed(app) == []


def test_nor_when_another_tabs_first_answer_took_it_along(app):
    half_booked(app)
    with time_machine.travel(datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(minutes=61)):
        TabClient(app, "/book/").submit(service="short")
    assert len(sealed(app)) == 1  # the new one's


def test_a_confirmed_booking_is_what_the_shop_reads_and_its_draft_is_erased(app, stolen):
    tab = half_booked(app).submit()
    assert tab.step == "done"
    assert "Ingeborg" in found_in(stolen()), "or the other tests could not see anything either"
    assert sealed(app, "sealed IS NOT NULL") == []  # the manage link rests on the key
    assert tab.id.encode() not in stolen()
    token = tab.page.select_one("a[href*='/appointment/']")["href"].split("/appointment/")[1][:43]
    assert token.encode() not in stolen()


def test_nothing_that_the_database_holds_leads_to_a_link(app, stolen):
    """Neither as it lies there, nor as the key or the text that a token is made of."""
    links = [at_done(app).page.select_one(".sb-keep-link")["href"] for _ in range(2)]
    with app.app_context():
        sidebook = app.extensions["booking"]
        with read_transaction(sidebook.session) as session:
            second = replace(sidebook.links, keys=(b"a key that was lost",), address="/")
            links += [second.manage_url(session, booking) for booking in session.scalars(BOOKINGS)]
    tokens = [link.rpartition("/")[2] for link in links]
    everything = stolen()
    assert not [token for token in tokens if token.encode() in everything]
    held = set(values(app))
    stored = {each for each in held if len(each) == 32}
    known = [token for token in tokens if token_hash(token) in stored]
    assert (len(known), len(held) > 50) == (4, True), "the hashes of all of them are among it"
    tried = held | {hmac.digest(key, b"manage:" + text, "sha256") for key in held for text in held}
    written = {each.decode() for each in tried if each.isascii()}
    written |= {urlsafe_b64encode(each).rstrip(b"=").decode() for each in tried}
    assert not [each for each in written if token_hash(each) in stored]


@pytest.mark.settings(
    mail_url="log:", mail_from="shop@example.com", public_url="https://example.com"
)
def test_no_letter_that_waits_has_a_link_or_a_tab_in_it(app, stolen):
    tab = half_booked(app).submit()
    link = tab.page.select_one(".sb-keep-link")["href"]
    with app.app_context(), app.extensions["booking"].engine.connect() as connection:
        waiting = connection.execute(text("SELECT * FROM booking_letter")).all()
    assert len(waiting) > 1
    everything, written = stolen(), repr(waiting)
    assert TYPED["email"] in written
    for secret in (tab.id, link.rpartition("/")[2]):
        assert secret.encode() not in everything
        assert secret not in written


def values(app) -> Iterator[bytes]:
    """Whatever stands in any column of any row, as bytes."""
    with app.app_context(), app.extensions["booking"].engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {name}")):
                yield from (
                    bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode()
                    for each in row
                )


def sealed(app, kept: str = "wrapped_key IS NOT NULL OR sealed IS NOT NULL") -> list[int]:
    """The tabs of which something is left that their ids could open."""
    with app.app_context(), app.extensions["booking"].engine.connect() as connection:
        some = f"SELECT id FROM booking_tab_session WHERE {kept}"
        return list(connection.execute(text(some)).scalars())
