"""Letters at the desk: what went, what waits, what was refused and why, and trying mail out."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from booking.now import utc_now
from booking.operations.accounts import AccountPlan, account_of, add_account
from booking.operations.letter_retries import AT_ONCE
from booking.operations.plan import LETTERS
from booking.operations.sign_ins import Count, Limits, begin_session, count_try
from booking.owner.bookings.wording import KINDS
from booking.owner.letters import trying_out
from booking.owner.letters.pages import A_PAGE
from booking.storage.models import Service, deliverer, letter
from booking.storage.outbox import NEW
from booking.storage.reads import booking_by_reference
from booking.storage.turns import Queue
from tests.commands import shell
from tests.conftest import app_over
from tests.fixtures.clocks import MONDAY_MORNING
from tests.fixtures.mail_servers import mail_server
from tests.owner.conftest import Desk, cookie_name, page_of, text_of
from tests.owner.days import booked, words

NOW = int(MONDAY_MORNING.timestamp())
SMTP = {"mail_from": "shop@shop.example", "public_url": "https://shop.example"}
MAIL = pytest.mark.settings(mail_url="log:", **SMTP)


def written(app, reference=None, **values):
    """The number of a letter, due an hour ago and booked, to ada@example.com unless said."""

    def work(session):
        found = booking_by_reference(session, reference) if reference else None
        row = {**NEW, "booking_id": found.id if found else None, "staff_member_id": None}
        row |= {"kind": "booked", "role": "customer", "recipient": "ada@example.com"}
        row |= {"language": "en", "facts": {}, "sequence": found.changes if found else 0}
        row |= {"message_id": "x", "due_at": NOW - 600, "last_moment": None, "created_at": NOW}
        made = session.execute(letter.insert().values(row | values))
        return made.inserted_primary_key[0]

    return shell.in_database(app, work)


def refused(app, reference=None, **values):
    gone = {"state": "refused", "tries": 1, "answer": "550 nobody of that name", "ended_at": NOW}
    return written(app, reference, **gone | values)


def state_of(app, number):
    query = select(letter.c.state, letter.c.tries, letter.c.due_at).where(letter.c.id == number)
    return tuple(shell.in_database(app, lambda session: session.execute(query).one()))


def line(page, number):
    (found,) = page.select(f'[data-letter="{number}"]')
    return found


def numbers(page):
    return [int(each["data-letter"]) for each in page.select("[data-letter]")]


def test_only_who_sees_all_customers_sees_letters(desk_as, desk_app):
    number = written(desk_app)
    paths = ("/desk/letters", f"/desk/letters/{number}", "/desk/letters/preview")
    for path in paths:
        assert desk_as("owner").get(path).status_code == 200
        assert desk_as("reception").get(path).status_code == 200
        assert desk_as("staff", "ana").get(path).status_code == 403
    assert not [each for each in desk_as("staff", "ana").page().select("nav a")
                if "letters" in each["href"]]  # fmt: skip


STATES = {
    "waits": ({"due_at": NOW + 3600}, "Waits until 2 Mar, 09:00", "waiting"),
    "is due": ({}, "Due now", "waiting"),
    "is tried again": (
        {"tries": 2, "leased_until": NOW + 1800, "answer": "451 later"},
        "To be tried again 2 Mar, 08:30 Tried 2 times 451 later",
        "again",
    ),
    "is on its way": ({"state": "sending", "lease": "x"}, "On its way", "sending"),
    "went": ({"state": "sent", "ended_at": NOW, "answer": "250 OK"}, "Sent 250 OK", "sent"),
    "was withdrawn": (
        {"state": "withdrawn", "ended_at": NOW},
        "Withdrawn, for it is not true any more",
        "withdrawn",
    ),
    "came too late": (
        {"state": "too_late", "ended_at": NOW},
        "Not sent, for it came too late",
        "too_late",
    ),
}


@pytest.mark.both_databases
@pytest.mark.parametrize(("values", "said", "state"), STATES.values(), ids=STATES)
def test_what_became_of_a_letter_is_said_and_found_by_its_state(values, said, state, desk, shop):
    number, other = written(shop.app, **values), refused(shop.app)
    page = desk.page("/desk/letters")
    assert words(line(page, number).select("td")[4]) == said
    assert numbers(page) == [other, number]
    assert numbers(desk.page(f"/desk/letters?state={state}")) == [number]
    assert numbers(desk.page("/desk/letters?state=refused")) == [other]


def test_who_it_was_for_what_it_was_and_which_appointment_it_is_about_stand_in_its_line(desk, shop):
    reference = booked(shop.app, "10:00")
    number = written(shop.app, reference, kind="move_declined")
    cells = line(desk.page("/desk/letters"), number).select("td")
    assert [words(each) for each in cells[1:4]] == [
        "Another time declined",
        "ada@example.com Customer",
        reference,
    ]
    assert cells[3].a["href"] == f"/desk/bookings/{reference}"


def test_letters_of_one_appointment_are_found_by_its_reference(desk, shop):
    reference = booked(shop.app, "10:00")
    number, other = written(shop.app, reference), written(shop.app)
    assert numbers(desk.page("/desk/letters")) == [other, number]
    assert numbers(desk.page(f"/desk/letters?about={reference.lower()}")) == [number]
    answer = desk.get("/desk/letters?about=NOSUCH")
    field = page_of(answer).select_one("#field-about")
    assert answer.status_code == 422
    assert field["value"] == "NOSUCH"
    assert "No appointment has this reference" in words(
        page_of(answer).select_one(f"#{field['aria-describedby']}")
    )
    assert numbers(page_of(answer)) == []


def test_what_is_no_state_or_number_is_passed_over(desk, shop):
    number = written(shop.app)
    for query in ("state=x", "before=x", "before=-1", "before=" + "9" * 30, "due=x"):
        assert numbers(desk.page(f"/desk/letters?{query}")) == [number], query
    assert desk.get("/desk/letters/" + "9" * 30).status_code == 404
    assert desk.get("/desk/letters/99").status_code == 404


@pytest.mark.both_databases
def test_many_letters_are_shown_page_by_page(desk, shop):
    every = [refused(shop.app) for _ in range(A_PAGE + 2)]
    first = desk.page("/desk/letters?state=refused")
    assert numbers(first) == every[:1:-1]
    (older,) = first.select('a[rel="next"]')
    assert older["href"] == f"/desk/letters?state=refused&before={every[2]}"
    second = desk.page(older["href"])
    assert numbers(second) == every[1::-1]
    assert not second.select('a[rel="next"]')


@pytest.mark.both_databases
def test_a_letter_is_sent_again_and_it_alone(desk, shop):
    reference = booked(shop.app, "10:00")
    first, second = refused(shop.app, reference), refused(shop.app, reference)
    form = line(desk.page("/desk/letters?state=refused"), first).form
    fields = {each["name"]: each["value"] for each in form.select("input")}
    answer = desk.post(form["action"], data=fields)
    assert (answer.status_code, answer.location) == (303, "/desk/letters?state=refused&due=1")
    *state, due = state_of(shop.app, first)
    assert (state, due >= NOW) == (["waiting", 0], True), "it was due long ago"
    assert state_of(shop.app, second)[0] == "refused"
    assert "A letter is due now." in text_of(desk.get(answer.location))
    told = text_of(desk.get(f"/desk/bookings/{reference}"))
    assert told.count("A letter that had failed was tried again by Owner") == 1
    assert "Confirmation, to the customer" in told


@pytest.mark.both_databases
def test_all_that_failed_is_sent_again_and_a_pause_is_over(desk, shop):
    pause = {"id": Queue.LETTERS.value, "leased_until": 0, "paused_until": NOW + 900}
    shell.execute(shop.app, deliverer.insert().values(pause | {"pauses": 2, "answer": "421 busy"}))
    failed = [refused(shop.app), written(shop.app, tries=2, leased_until=NOW + 99)]
    (form,) = desk.page("/desk/letters").select(".sb-letters-failed form")
    answer = desk.post(form["action"])
    assert answer.location == "/desk/letters?due=2"
    assert {state_of(shop.app, each) for each in failed} == {("waiting", 0, NOW)}
    query = select(deliverer.c.paused_until)
    assert shell.in_database(shop.app, lambda session: session.scalar(query)) == 0


def test_more_than_a_transaction_takes_is_sent_again_by_and_by(desk, shop):
    for _ in range(AT_ONCE + 3):
        refused(shop.app)
    assert desk.post("/desk/letters/tries").location.endswith(f"due={AT_ONCE}")
    assert desk.post("/desk/letters/tries").location.endswith("due=3")
    answer = desk.post("/desk/letters/tries")
    assert "There was nothing to send again." in text_of(desk.get(answer.location))


def test_what_is_not_true_any_more_or_too_late_is_not_sent_again_and_says_so(desk, shop):
    reference = booked(shop.app, "10:00", changes=2)
    old = refused(shop.app, reference, sequence=1)
    late = refused(shop.app, reference, last_moment=NOW - 1)
    page = desk.page("/desk/letters")
    for number in (old, late):
        assert not line(page, number).form
        assert "not sent again" in words(line(page, number))
        desk.post("/desk/letters/tries", data={"number": number})
        assert state_of(shop.app, number)[0] == "refused"
    for nonsense in ("x", "-1", "9" * 40, ""):
        answer = desk.post("/desk/letters/tries", data={"number": nonsense})
        assert answer.location == "/desk/letters?due=0"


@MAIL
@pytest.mark.both_databases
def test_a_pause_says_until_when_and_why(desk, shop):
    pause = {"id": Queue.LETTERS.value, "leased_until": 0, "paused_until": NOW + 900}
    shell.execute(shop.app, deliverer.insert().values(pause | {"pauses": 2, "answer": "421 busy"}))
    written(shop.app, due_at=NOW - 3600)
    said = text_of(desk.get("/desk/letters"))
    assert "No letters leave until 08:15: the mail server asked for a pause." in said
    assert "It said: 421 busy" in said
    assert "nobody has tried" not in said
    shell.execute(shop.app, update(deliverer).values(paused_until=NOW - 1))
    said = text_of(desk.get("/desk/letters"))
    assert "No letters leave" not in said
    assert "A letter has been due since Monday 2 March 2026, 07:00, and nobody has tried" in said
    assert "Is the server running?" in said


def test_without_mail_the_page_says_what_to_write(desk):
    page = desk.page("/desk/letters")
    (alert,) = page.select('[role="alert"]')
    assert "No letters are sent, for mail is not set up" in words(alert)
    for name in ("BOOKING_MAIL_URL", "BOOKING_MAIL_FROM", "BOOKING_PUBLIC_URL"):
        assert name in words(alert)
    assert not page.select('[name="address"]')
    answer = desk.post("/desk/letters/tests", data={"address": "ola@shop.example"})
    assert answer.status_code == 409
    assert "Mail is not set up, so nothing was sent." in text_of(answer)


@pytest.fixture
def trying(loaded_url):
    """A mail server, an app that sends by it, and an owner at its desk."""
    with mail_server() as server, app_over(loaded_url, None, mail_url=server.url, **SMTP) as app:
        app.test_client_class = Desk
        yield SimpleNamespace(server=server, app=app, desk=signed_in(app))


def signed_in(app):
    def work(session):
        plan = AccountPlan("ola@x.example", "Ola", "owner")
        account = account_of(session, plan.email) or add_account(session, plan, now=utc_now())
        limits = Limits(timedelta(hours=8), timedelta(days=7))
        return begin_session(session, account, limits, browser="Firefox", now=utc_now())

    client = app.test_client()
    client.set_cookie(cookie_name(app), shell.in_database(app, work))
    return client


def tried(desk, address="me@elsewhere.example"):
    return desk.post("/desk/letters/tests", data={"address": address})


def test_a_test_letter_goes_and_what_was_said_is_shown_as_it_was(trying):
    said = text_of(trying.desk.get("/desk/letters"))
    assert "Letters leave by 127.0.0.1, from shop@shop.example." in said
    answer = tried(trying.desk)
    page = page_of(answer)
    assert answer.status_code == 200
    assert trying.server.recipients() == ["me@elsewhere.example"]
    assert trying.server.subjects() == ["A letter to try mail out"]
    assert "me@elsewhere.example was taken" in words(page.select_one(".sb-letters-tried"))
    dialogue = [words(each) for each in page.select(".sb-dialogue li")]
    assert dialogue[0] == f"We (connecting to 127.0.0.1, port {trying.server.port})"
    assert "We RCPT TO:<me@elsewhere.example>" in dialogue
    assert "Server 250 2.0.0 Queued" in dialogue
    assert numbers(page) == []


def test_a_test_letter_goes_to_an_address_with_an_accent(trying):
    answer = tried(trying.desk, "josé@elsewhere.example")
    assert "josé@elsewhere.example was taken" in text_of(answer)
    assert trying.server.recipients() == ["josé@elsewhere.example"]


def test_a_refusal_is_an_alert_with_the_servers_words_and_the_address_stays(trying):
    trying.server.answers = {"RCPT": ["550 nobody of that name"]}
    page = page_of(tried(trying.desk))
    (alert,) = page.select('[role="alert"]')
    assert "me@elsewhere.example was not taken 550 nobody of that name" in words(alert)
    assert "Server 550 nobody of that name" in [words(x) for x in page.select(".sb-dialogue li")]
    assert page.select_one('[name="address"]')["value"] == "me@elsewhere.example"


@pytest.mark.parametrize("address", ["", "me at home", "a@b.cd\r\nBcc: everybody@x.example"])
def test_what_is_no_address_is_refused_beside_the_field(address, trying):
    answer = tried(trying.desk, address)
    field = page_of(answer).select_one('[name="address"]')
    assert answer.status_code == 422
    assert field["aria-invalid"] == "true"
    error = page_of(answer).select_one("#error-address")
    assert words(error) == "Enter an e-mail address, such as name@shop.example."
    assert field["value"].startswith(address[:6])
    assert trying.server.received == []


@pytest.mark.both_databases
def test_while_the_mail_server_takes_its_time_nothing_is_locked(trying):
    def write_meanwhile():
        written(trying.app)
        shell.in_database(
            trying.app,
            lambda session: count_try(
                session, [Count(trying_out._MARK, trying_out.MOST)], now=utc_now()
            ),
        )

    trying.server.while_it_waits = write_meanwhile
    assert "was taken" in text_of(tried(trying.desk))


def test_only_one_waits_for_the_mail_server_at_once(trying):
    others = []
    trying.server.while_it_waits = lambda: others.append(tried(signed_in(trying.app)))
    assert tried(trying.desk).status_code == 200
    (other,) = others
    assert other.status_code == 503
    assert other.headers["Retry-After"] == "60"
    assert "Somebody is trying mail out at this moment" in text_of(other)
    assert len(trying.server.received) == 1


@pytest.mark.both_databases
def test_few_test_letters_go_in_half_an_hour_whoever_asks_for_them(trying):
    count_try_again = [Count(trying_out._MARK, trying_out.MOST)]
    for _ in range(trying_out.MOST - 1):
        shell.in_database(
            trying.app, lambda session: count_try(session, count_try_again, now=utc_now())
        )
    assert tried(trying.desk).status_code == 200
    answer = tried(trying.desk)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Wait 30 minutes; nothing was sent." in text_of(answer)
    assert len(trying.server.received) == 1


def test_a_test_letter_into_a_folder_says_where_it_is(loaded_url, tmp_path):
    folder = f"file://{tmp_path}/mail"
    with app_over(loaded_url, None, mail_url=folder, **SMTP) as app:
        app.test_client_class = Desk
        desk = signed_in(app)
        said = text_of(desk.get("/desk/letters"))
        assert f"Letters are not sent, but written into {tmp_path}/mail." in said
        assert "was taken written as" in text_of(tried(desk))
    assert len([*(tmp_path / "mail").glob("*.eml")]) == 1


@MAIL
def test_all_that_is_known_of_a_letter_is_shown_with_what_it_says_but_no_link_of_its_readers(
    desk, shop
):
    reference = shop.appointment(MONDAY_MORNING.replace(hour=10), "Zoë Ω")
    number = written(shop.app, reference, recipient="zoe@example.com", tries=2, answer="451 x",
                     facts=FACTS, due_at=NOW)  # fmt: skip
    page = desk.page(f"/desk/letters/{number}")
    assert words(page.select_one("#desk-heading")) == "Confirmation"
    facts = words(page.select_one(".sb-letters-facts"))
    for said in ("zoe@example.com Customer", reference, "To be tried again now", "451 x",
                 "Written 2 Mar, 08:00"):  # fmt: skip
        assert said in facts
    text = words(page.select_one(".sb-letter-text"))
    assert text.startswith("Booked: Short visit")
    assert "https://shop.example" in text
    assert not re.search(r"https://shop\.example/\S*[\w-]{20}", text)
    assert page.select_one('form[action="/desk/letters/tries"] [name="number"]')


FACTS = {
    "start": "2026-03-02T10:00:00Z",
    "end": "2026-03-02T10:30:00Z",
    "service": "Short visit",
    "staff": "Ana",
    "price": "",
    "place": "",
    "is_online": False,
    "by": "customer",
    "words": "",
    "pending_for": "",
}


def test_what_another_program_hears_of_is_shown_without_a_text(desk, shop):
    number = refused(shop.app, role="host", kind="hosts_own", recipient="till.told")
    page = desk.page(f"/desk/letters/{number}")
    assert "till.told Another program" in words(page.select_one(".sb-letters-facts"))
    assert not page.select(".sb-letter-text")
    assert words(page.select_one("#desk-heading")) == "Hosts own"


def test_of_links_that_were_asked_for_no_address_is_shown_once_they_went(desk, shop):
    number = written(shop.app, kind="lost_link", recipient="hashed", state="sent", ended_at=NOW)
    assert "hashed" not in words(line(desk.page("/desk/letters"), number))
    assert "An address that is not kept" in text_of(desk.get(f"/desk/letters/{number}"))


def test_a_letter_of_each_kind_can_be_looked_at(desk):
    for kind in LETTERS:
        page = desk.page(f"/desk/letters/preview?kind={kind}")
        assert [each["value"] for each in page.select("option[selected]")] == [kind]
        assert words(page.select_one(".sb-letter-words"))


def test_every_kind_of_letter_has_a_name_at_the_desk():
    kinds = {re.sub("^(staff|shop)_", "", each) for each in LETTERS}
    assert kinds <= KINDS.keys()


def test_before_there_is_a_service_the_preview_says_so(desk, shop):
    shell.execute(shop.app, update(Service).values(retired=True))
    said = text_of(desk.get("/desk/letters/preview?kind=x"))
    assert "As soon as there is a service that somebody offers" in said
