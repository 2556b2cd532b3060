"""`letters`: what went out, what failed, what is planned; and what commands say of it."""

from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select, update

from booking.operations.plan import LETTERS
from booking.storage.models import Shop, booking, letter
from tests.commands.shell import count, done, execute, in_database, refused
from tests.conftest import app_over

ZOE = ("--name", "Zoë", "--email", "zoe@example.com")
START = "2027-02-03 10:00"
SMTP = {"mail_from": "shop@shop.example", "public_url": "https://shop.example"}
MAIL = pytest.mark.settings(mail_url="log:", **SMTP)


def booked(app, start=START, *who):
    return done(app, "book", "short", start, "--staff", "ana", *(who or ZOE)).split()[1].strip(".")


def rows(app, *columns):
    query = select(*(letter.c[name] for name in columns)).order_by(letter.c.id)
    return in_database(app, lambda session: [tuple(row) for row in session.execute(query)])


def change(app, number, **values):
    execute(app, update(letter).where(letter.c.id == number).values(values))


@MAIL
@pytest.mark.both_databases
def test_the_newest_letters_are_listed_first_with_what_became_of_them(app):
    reference = booked(app)
    change(app, 1, state="refused", answer="550 nobody of that name", ended_at=1)
    head, reminder, *more, first = done(app, "letters").splitlines()
    assert head.split() == ["letter", "due", "what", "to", "about", "state", "answer"]
    assert "2027-02-02 10:00  reminder  customer  zoe@example.com" in reminder
    assert len(more) == 1
    assert first.endswith(f"{reference}  refused  550 nobody of that name")
    only = done(app, "letters", "--most", "1").splitlines()[1:]
    assert [line.split() for line in only] == [reminder.split()]


@MAIL
@pytest.mark.parametrize("tried", [{"tries": 3}, {"leased_until": 2**31}])
def test_of_those_that_failed_it_lists_what_was_refused_and_what_is_tried_again(app, tried):
    assert done(app, "letters") == "No letter was written yet.\n"
    booked(app)
    assert done(app, "letters", "--failed") == "No such letter.\n"
    change(app, 1, state="refused", ended_at=1)
    change(app, 2, answer="451 later", **tried)
    assert [line.split()[0] for line in done(app, "letters", "--failed").splitlines()] == [
        "letter",
        "2",
        "1",
    ]


@MAIL
def test_the_letters_about_one_appointment_are_listed(app):
    first = booked(app)
    second = booked(app, "2027-02-03 11:00")
    about = done(app, "letters", "--about", second.lower())
    assert second in about
    assert first not in about
    assert "No appointment has that" in refused(app, "letters", "--about", "XXXXXXXX")


def test_turning_mail_on_sends_nothing_old(loaded_url):
    with app_over(loaded_url, None) as without:
        booked(without)
    with app_over(loaded_url, None, mail_url="log:", **SMTP) as app:
        assert done(app, "deliver") == "No letter is due.\n"
        assert done(app, "letters") == "No letter was written yet.\n"
        assert "Planned 1 reminders" in done(app, "letters", "plan")


@MAIL
def test_all_that_is_known_of_a_letter_is_shown(app):
    reference = booked(app)
    shown, _, text = done(app, "letters", "show", "1").partition("\n\n")
    known = dict(map(str.strip, line.split("  ", 1)) for line in shown.splitlines())
    assert known["letter"] == "1, booked to the customer"
    assert (known["to"], known["about"]) == ("zoe@example.com", reference)
    assert (known["state"], known["at the latest"]) == ("waiting", START)
    assert known["service then"] == "Short visit"
    assert text.startswith("Subject: Booked: Short visit, ")
    assert "We look forward to seeing you." in text
    assert "There is no letter 99" in refused(app, "letters", "show", "99")


@MAIL
@pytest.mark.both_databases
def test_what_failed_is_due_again_as_if_nobody_had_tried(app):
    booked(app)
    change(app, 1, state="refused", tries=2, ended_at=1)
    change(app, 2, tries=4, leased_until=2**33)
    assert done(app, "letters", "retry") == "2 letters are due now.\n"
    assert (
        rows(app, "state", "tries", "leased_until", "ended_at") == [("waiting", 0, None, None)] * 3
    )
    assert done(app, "letters", "retry") == "There is no such letter to send again.\n"


@MAIL
def test_only_the_letters_that_are_named_are_sent_again(app):
    booked(app)
    for number in (1, 2, 3):
        change(app, number, state="refused", ended_at=1)
    assert done(app, "letters", "retry", 2, 3) == "2 letters are due now.\n"
    assert rows(app, "state") == [("refused",), ("waiting",), ("waiting",)]


@MAIL
def test_what_is_not_true_any_more_or_too_late_is_not_sent_again(app):
    reference = booked(app)
    change(app, 1, state="refused", ended_at=1)
    done(app, "reschedule", reference, "2027-02-03 11:00")
    change(app, 4, state="refused", ended_at=1, last_moment=1)
    assert "There is no such letter" in done(app, "letters", "retry")


@pytest.mark.both_databases
def test_reminders_of_what_was_booked_without_mail_come_only_when_they_are_planned(app):
    booked(app)
    booked(app, "2027-02-03 11:00", "--name", "Without an address")
    app.extensions["booking"].listeners.by_event["reminder"] = {"till.told": print}
    assert count(app, letter) == 0
    planned = "Planned {} reminders, and withdrew {} that are not wanted any more.\n"
    assert done(app, "letters", "plan") == planned.format(2, 0)
    assert rows(app, "kind", "role") == [("reminder", "host")] * 2
    assert done(app, "letters", "plan") == planned.format(0, 0)


@MAIL
@pytest.mark.both_databases
def test_planning_makes_reminders_what_the_shop_says_now(app):
    reference = booked(app)
    execute(app, update_mail({"reminders": [120, 60]}))
    assert "Planned 2 reminders, and withdrew 1" in done(app, "letters", "plan")
    due = [row[1:] for row in rows(app, "kind", "state", "due_at") if row[0] == "reminder"]
    start = 1801648800  # 2027-02-03 10:00 UTC
    assert due == [
        ("withdrawn", start - 24 * 3600),
        ("waiting", start - 7200),
        ("waiting", start - 3600),
    ]
    done(app, "cancel", reference)
    assert "Planned 0 reminders, and withdrew 0" in done(app, "letters", "plan")


@MAIL
@pytest.mark.both_databases
def test_a_reminder_planned_earlier_has_lost_its_point_when_a_new_one_is_due(app):
    def reminders():
        every = rows(app, "kind", "state", "due_at", "last_moment")
        return [row[2:] for row in every if row[:2] == ("reminder", "waiting")]

    booked(app)
    start = 1801648800  # 2027-02-03 10:00 UTC
    assert reminders() == [(start - 86400, start)]
    execute(app, update_mail({"reminders": [1440, 120]}))
    done(app, "letters", "plan")
    assert reminders() == [(start - 86400, start - 7200), (start - 7200, start)]
    execute(app, update_mail({"reminders": [1440]}))
    assert "Planned 1 reminders, and withdrew 2" in done(app, "letters", "plan")
    assert reminders() == [(start - 86400, start)]
    assert "Planned 0 reminders, and withdrew 0" in done(app, "letters", "plan")


def update_mail(mail):
    return update(Shop).values(mail=mail)


@MAIL
def test_a_command_says_whether_a_letter_tells_the_customer(app):
    answer = done(app, "book", "short", START, "--staff", "ana", *ZOE)
    reference = answer.split()[1].strip(".")
    assert "A letter tells the customer." in answer
    again = done(app, "reschedule", reference, START)
    assert "The customer was not told." in again
    assert "A letter tells" in done(app, "reschedule", reference, "2027-02-03 11:00")
    assert "A letter tells" in done(app, "cancel", reference)
    assert "was not told" in done(app, "cancel", reference)
    unknown = booked(app, START, "--name", "Without an address")
    execute(app, update_mail({"off": ["cancelled"]}))
    assert "was not told" in done(app, "cancel", unknown)
    assert "was not told" in done(app, "cancel", booked(app))


def test_without_mail_or_without_an_address_nothing_is_tried(app):
    assert "No letters are sent. Write BOOKING_MAIL_URL" in refused(
        app, "letters", "test", "a@b.cd"
    )


@MAIL
def test_what_is_no_address_is_not_tried(app):
    assert "Write an address, such as" in refused(app, "letters", "test", "me at home")


@pytest.mark.parametrize("kind", LETTERS)
def test_every_letter_can_be_looked_at_before_there_is_a_booking_or_mail(app, kind):
    subject, _empty, *text = done(app, "letters", "preview", kind).splitlines()
    assert subject.startswith("Subject: ")
    assert any("Short visit" in line or "Long" in line for line in text)
    assert (count(app, letter), count(app, booking)) == (0, 0)


@pytest.mark.both_databases
def test_a_letter_is_looked_at_in_the_shops_own_words_and_in_a_mail_program(app, tmp_path):
    execute(app, update_mail({"texts": {"en": {"booked": {"text": "Bring a towel to {place}."}}}}))
    assert "Bring a towel to " in done(app, "letters", "preview", "booked", "--lang", "en")
    done(app, "letters", "preview", "booked", "--save", tmp_path / "booked.eml")
    saved = message_from_bytes((tmp_path / "booked.eml").read_bytes(), policy=default)
    assert "Bring a towel to " in saved.get_body(("html",)).get_content()
