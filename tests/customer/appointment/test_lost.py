"""Lost the link? A letter goes out with the links of what is to come, and the page says nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from booking import signals
from booking.notifications.delivery import deliver_due
from booking.operations import lost_links
from booking.operations.purge import purge_letters
from booking.operations.visitors import SEARCHES
from booking.storage import reads
from booking.storage.models import Booking, Shop, letter
from booking.tab_sessions import write_transaction
from booking.testing.letters import letters_of
from tests.conftest import app_over
from tests.customer.appointment.links import ON_SQLITE, link_of
from tests.customer.walks import ADA, at_done
from tests.fixtures.mail_servers import mail_server
from tests.fixtures.plans import indexes_searched
from tests.storage.conftest import counted

MAIL = {"mail_url": "log:", "mail_from": "shop@shop.example", "public_url": "http://localhost"}
LOST = "/book/appointment/lost"
SAID = "If there are coming appointments for this address, a letter with their links is on its way."
UNKNOWN = "nobody@example.org"


@pytest.fixture
def server() -> Iterator:
    with mail_server() as server:
        yield server


@pytest.fixture
def app(request, loaded_url, server) -> Iterator:
    mark = request.node.get_closest_marker("settings")
    given = {**MAIL, "mail_url": server.url, "mails_a_second": 0, **(mark.kwargs if mark else {})}
    with app_over(loaded_url, None, **given) as app:
        yield app


def ask(app, address=ADA["email"], *, who="203.0.113.7", **headers):
    sent = {"email": address}
    given = {"Sec-Fetch-Site": "same-origin", **headers}
    client = app.test_client()
    return client.post(LOST, data=sent, headers=given, environ_base={"REMOTE_ADDR": who})


def deliver(app) -> None:
    deliver_due(app, now=datetime.now(UTC))


def test_whoever_delivers_hears_of_it_when_the_answer_has_left_whatever_the_address(app):
    """Until then nothing is looked up, so the answer's time says nothing."""
    at_done(app, "2026-03-03T15:00Z", staff="ana")
    heard = []
    with signals.letter.connected_to(lambda *_, **__: heard.append(True), app):
        for address in (ADA["email"], UNKNOWN):
            answer = ask(app, address)
            assert (answer.status_code, heard) == (303, [])
            answer.close()
            assert heard == [True]
            heard.clear()


def rows(app, column="recipient") -> list:
    """What the letters that ask for links have in that column."""
    query = select(letter.c[column]).where(letter.c.kind == "lost_link").order_by(letter.c.id)
    with app.app_context(), app.extensions["booking"].engine.connect() as connection:
        return list(connection.scalars(query))


def sent(server) -> list:
    """The letters with links that arrived."""
    return [each for each in server.received if "Your appointments" in each.message["Subject"]]


def words_of(received) -> str:
    return received.message.get_body(("plain",)).get_content()


def change(app, **values) -> None:
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        session.execute(update(Booking).values(**values))


@pytest.mark.both_databases
def test_one_letter_has_the_links_of_all_that_is_to_come_and_nothing_is_left_of_who_asked(
    app, server
):
    links = [link_of(at_done(app, f"2026-03-0{day}T15:00Z", staff="ana")) for day in (4, 3)]
    deliver(app)
    assert ask(app, f" {ADA['email'].upper()} ").headers["Location"] == f"{LOST}?asked=1"
    assert SAID in app.test_client().get(f"{LOST}?asked=1").text
    assert [each.casefold() for each in rows(app)] == [ADA["email"]]
    deliver(app)
    [received] = sent(server)
    said = words_of(received)
    assert said.index(links[1]) < said.index(links[0]), "the next one first"
    assert "3 March" in said
    assert ADA["name"] not in said
    html = received.message.get_body(("html",)).get_content()
    assert all(html.count(f'href="http://localhost{link}"') == 1 for link in links)
    [kept] = rows(app)
    assert kept.startswith("erased-")
    assert ADA["email"] not in kept
    assert letters_of(app, kind="lost_link") == []


@pytest.mark.both_databases
def test_an_address_without_appointments_is_answered_the_same_by_the_same_statements(app, server):
    at_done(app)
    ask(app, "somebody@example.org", who="203.0.113.1")  # the day's first makes its key
    deliver(app)
    seen = []
    with app.app_context():
        engine = app.extensions["booking"].engine
    for place, address in enumerate((ADA["email"], UNKNOWN)):
        with counted(engine) as statements:
            answer = ask(app, address, who=f"203.0.113.{place + 8}")
        seen.append((answer.status, answer.data, [*answer.headers], statements))
    assert seen[0] == seen[1]
    assert not any("booking_booking" in each for each in seen[0][-1])
    assert len(rows(app)) == 2
    deliver(app)
    assert [each.startswith("erased-") for each in rows(app)] == [True], "nothing of the other"
    assert [each.recipient for each in sent(server)] == [ADA["email"]]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "values",
    [
        {"state": "cancelled"},
        {"state": "completed"},
        {"starts_at": datetime(2026, 3, 1, 9, tzinfo=UTC)},
        {"state": "pending", "pending_until": 1},
        {"customer_email": "ada@example.org"},
    ],
    ids=["cancelled", "completed", "past", "lapsed", "another's"],
)
def test_what_is_not_to_come_or_not_theirs_is_not_told(app, server, values):
    at_done(app)
    change(app, **values)
    ask(app)
    deliver(app)
    assert sent(server) == []
    assert rows(app) == []


@ON_SQLITE
def test_what_waits_to_be_confirmed_says_so(app, server):
    at_done(app)
    until = int((datetime.now(UTC) + timedelta(minutes=9)).timestamp())
    change(app, state="pending", pending_until=until, pending_for="mail")
    ask(app)
    deliver(app)
    assert "Not booked yet" in words_of(sent(server)[0])


@pytest.mark.both_databases
def test_an_address_is_not_taken_for_one_that_only_looks_like_it(app):
    """A database may make one letter of two, and somebody else has the other address."""
    at_done(app)
    change(app, customer_email="İnes@example.com")
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        given = {"now": datetime.now(UTC), "most": 5}
        found = [
            bool(reads.coming_of_address(session, each, **given))
            for each in ("İNES@Example.com", "ines@example.com", "i̇nes@example.com")
        ]
    assert found == [True, False, False]


@pytest.mark.both_databases
def test_bookings_of_an_address_are_found_by_an_index(app):
    at_done(app)
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        engine = app.extensions["booking"].engine
        with counted(engine) as statements:
            reads.coming_of_address(session, "a@example.com", now=datetime.now(UTC), most=5)
        [statement] = statements
    values = {"address": "a@example.com", "now": datetime.now(UTC), "now_seconds": 1, "most": 5}
    values |= {"state_1_1": "pending", "state_1_2": "confirmed", "state_2": "cancelled"}
    index = "ix_booking_booking_customer_email"
    with engine.connect() as connection:
        is_file = engine.dialect.name == "sqlite"
        given = ("a",) * statement.count("?") if is_file else values
        condition = indexes_searched(connection, statement, given, by=[index])[index]
    assert ("<expr>=?" if is_file else "lower(customer_email) = ") in condition


@ON_SQLITE
def test_an_address_gets_three_such_letters_a_day_whoever_asks(app, server):
    at_done(app)
    deliver(app)
    for place in range(lost_links.MOST_A_DAY + 2):
        assert ask(app, who=f"203.0.113.{place}").status_code == 303
        deliver(app)
    assert len(sent(server)) == lost_links.MOST_A_DAY
    assert len(rows(app)) == lost_links.MOST_A_DAY, "of the others nothing is left"
    assert len({*rows(app)}) == 1, "and these say no more than that they went to one address"


@ON_SQLITE
@pytest.mark.settings(letters_per_address=2)
def test_they_count_with_what_bookings_are_told_and_take_nothing_from_it(app, server):
    at_done(app)  # a letter of today, and a reminder of tomorrow
    for place in range(3):
        ask(app, who=f"203.0.113.{place}")
    deliver(app)
    assert len(sent(server)) == 1
    at_done(app, "2026-03-04T15:00Z")
    deliver(app)
    assert sum("Booked:" in each.message["Subject"] for each in server.received) == 2


@pytest.mark.both_databases
def test_a_visitor_asks_so_often_a_day_whatever_the_addresses(app):
    for place in range(SEARCHES):
        assert ask(app, f"a{place}@example.com").status_code == 303
    refused = ask(app, UNKNOWN)
    assert refused.status_code == 429
    assert "very often" in refused.text
    assert f'value="{UNKNOWN}"' in refused.text
    assert int(refused.headers["Retry-After"]) > 3600
    assert len(rows(app)) == SEARCHES
    assert ask(app, who="198.51.100.4").status_code == 303


@ON_SQLITE
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "ada@",
        "a" * 300 + "@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com, eve@example.com",
        "<script>alert(1)</script>@example.com",
        "' OR 1=1 --@example.com",
        "\x00@example.com",
    ],
)
def test_what_is_no_address_is_refused_and_shown_again(app, typed):
    answer = app.test_client().post(LOST, data={"email": typed})
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert "<script>alert" not in answer.text
    assert rows(app) == []


@ON_SQLITE
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://eve.example"}]
)
def test_no_other_site_asks_and_no_cache_keeps_it(app, headers):
    answer = app.test_client().post(LOST, data={"email": UNKNOWN}, headers=headers)
    assert answer.status_code == 403
    assert app.test_client().post(LOST, data={"email": "a" * 9000}).status_code == 413
    assert rows(app) == []
    page = app.test_client().get(LOST)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin", "or its form would not say whose it is"
    assert 'content="no-referrer"' not in page.text


@ON_SQLITE
def test_the_ways_to_it_are_the_first_page_and_a_link_that_leads_nowhere(app):
    client = app.test_client()
    for path in ("/book/", "/book/appointment/nothing"):
        assert client.get(path).text.count(f'href="{LOST}"') == 1, path
    assert LOST not in client.get("/book/nowhere").text


@ON_SQLITE
@pytest.mark.settings(mail_url="")
def test_without_mail_it_says_whom_to_ask_and_writes_nothing(app):
    client = app.test_client()
    for answer in (client.get(LOST), ask(app)):
        assert answer.status_code == 404
        assert "No letters are sent from here" in answer.text
        assert "<form" not in answer.text
    assert rows(app) == []
    assert LOST not in client.get("/book/").text + client.get("/book/appointment/nothing").text


@ON_SQLITE
def test_a_refused_one_is_erased_and_one_that_waits_stays_for_a_day(app, server):
    at_done(app)
    deliver(app)
    server.answers["RCPT"] = ["450 later", "550 no"]
    ask(app)
    now = datetime.now(UTC)
    deliver_due(app, now=now)
    assert rows(app, "state") == ["waiting"]
    deliver_due(app, now=now + timedelta(minutes=2))
    assert rows(app) == []
    ask(app)
    deliver_due(app, now=now + timedelta(days=1, minutes=1))
    assert (rows(app), sent(server)) == ([], [])


@pytest.mark.both_databases
def test_where_nobody_delivers_any_more_it_is_purged_with_old_letters(app):
    at_done(app)
    ask(app, UNKNOWN)
    for days, left in ((29, [UNKNOWN]), (31, [])):
        with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
            purge_letters(session, now=datetime.now(UTC) + timedelta(days=days), days=30)
        assert rows(app) == left


@pytest.mark.both_databases
def test_bookings_whose_links_no_key_can_say_get_one_each(app, server):
    for day in (3, 4):
        at_done(app, f"2026-03-0{day}T15:00Z", staff="ana")
    change(app, link_number=None)
    ask(app)
    deliver(app)
    words = words_of(sent(server)[0]).split()
    paths = [urlsplit(word).path for word in words if "/appointment/" in word]
    assert [app.test_client().get(path).status_code for path in paths] == [200, 200]


@ON_SQLITE
def test_every_link_in_it_opens_its_appointment(app, server):
    at_done(app)
    ask(app)
    deliver(app)
    words = words_of(sent(server)[0]).split()
    [path] = [urlsplit(word).path for word in words if "/appointment/" in word]
    assert app.test_client().get(path).status_code == 200


def say(app, **mail) -> None:
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        session.execute(update(Shop).values(mail=mail))


def test_a_shop_has_its_own_words_for_it(app, server):
    link = link_of(at_done(app, staff="ana"))
    words = {"subject": "Your appointments, from {shop}", "text": "Here they are.\n\nSee you!"}
    say(app, texts={"en": {"lost_link": words}})
    deliver(app)
    ask(app)
    deliver(app)
    [received] = sent(server)
    assert received.message["Subject"] == "Your appointments, from Test Shop"
    said = words_of(received)
    assert "Here they are.\r\n\r\nSee you!\r\n" in said
    assert "Each link shows" not in said
    assert link in said


def test_where_the_shop_has_turned_it_off_the_page_says_so_and_nothing_points_to_it(app, server):
    at_done(app, staff="ana")
    deliver(app)
    ask(app)
    say(app, off=["lost_link"])
    deliver(app)
    assert sent(server) == [], "turned off before it left"
    assert rows(app) == []
    client = app.test_client()
    for answer in (client.get(LOST), ask(app)):
        assert answer.status_code == 404
        assert "No letters are sent from here. Please ask us for the link" in answer.text
        assert "<form" not in answer.text
    for page in ("/book/", "/book/appointment/mistyped"):
        assert LOST not in client.get(page).text
    say(app, off=["reminder"])
    assert client.get(LOST).status_code == 200
    assert LOST in client.get("/book/").text
    assert LOST in client.get("/book/appointment/mistyped").text
