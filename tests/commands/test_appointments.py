"""The owner's book at the shell: `list`, `show`, `book`, `reschedule`, `cancel`."""

# ruff: noqa: RUF001 - names and digits as keyboards of other countries write them

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from click import ClickException
from sqlalchemy import select, update

from booking.commands.appointments import comes_twice
from booking.commands.lookup import instant, is_about
from booking.storage.models import Booking, claim
from booking.storage.reads import booking_by_reference
from booking.tab_sessions import read_transaction
from tests.commands.shell import (
    LAST_WEEK,
    MORNING,
    SHOP,
    appointment,
    count,
    done,
    execute,
    refused,
    run,
    shop_file,
)


def test_list_shows_the_days_in_the_zone_of_the_shop(app):
    one = appointment(app, datetime(2027, 7, 1, 9, tzinfo=UTC))
    two = appointment(app, datetime(2027, 7, 2, 8, tzinfo=UTC), name="Al")
    appointment(app, datetime(2027, 7, 4, 9, tzinfo=UTC))
    run(app, "cancel", two)
    assert done(app, "list", "--from", "2027-07-01", "--to", "2027-07-03").splitlines() == [
        f"2027-07-01 10:00-10:30  Ana  Short visit  Zoë Ω  {one}  confirmed",
        f"2027-07-02 09:00-09:30  Ana  Short visit  Al     {two}  cancelled",
    ]


def test_list_shows_today_unless_told_otherwise(app):
    reference, now = appointment(app), datetime.now(UTC)
    assert reference not in run(app, "list").stdout
    execute(app, update(Booking).values(starts_at=now, ends_at=now + timedelta(minutes=30)))
    assert reference in run(app, "list").stdout


def test_list_of_an_empty_day_says_so(app):
    assert run(app, "list", "--from", "2027-07-01").stdout == "No appointments on 2027-07-01.\n"
    answer = run(app, "list", "--from", "2027-07-01", "--to", "2027-07-02")
    assert answer.stdout == "No appointments from 2027-07-01 to 2027-07-02.\n"


OTHERWISE = 'write one such as 2026-12-24, "tomorrow", "next friday", "+3 weeks"'


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("30.11.2026", "write 2026-11-30"),
        ("11/30/2026", "write 2026-11-30"),
        ("20261130", "write 2026-11-30"),
        ("03/04/2026", "write 2026-04-03 or 2026-03-04"),
        ("03/03/2026", "write 2026-03-03"),
        ("2026-02-30", OTHERWISE),
        ("monday", OTHERWISE),
    ],
)
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_day_that_is_written_otherwise_is_told_how_to_write_it(
    untouched, option, written, remedy
):
    answer = run(untouched, "list", option, written)
    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert answer.stderr.splitlines()[-1] == (
        f"Error: Invalid value for '{option}': \"{written}\" is not a day as it is written here; "
        f"{remedy}"
    )


@pytest.mark.parametrize("written", ["0001-01-01", "9999-12-31"])
def test_a_day_beyond_any_calendar_is_refused(app, written):
    answer = run(app, "list", "--from", written)
    assert answer.exit_code == 2
    assert answer.stderr.endswith(f"{written} is too far away; write a year from 2000 to 2199\n")


def test_what_a_customer_typed_cannot_drive_the_terminal(app):
    appointment(app, name="Zo\x1b[2Jë\nX")
    listed = run(app, "list", "--from", MORNING.date()).stdout
    assert "\x1b" not in listed
    assert listed.count("\n") == 1


def seen(app, reference):
    """The lines of `show` as a dictionary."""
    lines = done(app, "show", reference).splitlines()
    return {label: value.strip() for label, value in (line.split("  ", 1) for line in lines)}


def test_show_tells_all_about_an_appointment(app):
    reference = appointment(app)
    assert seen(app, reference.lower()) == {
        "reference": reference,
        "state": "confirmed",
        "when": "2027-02-03 10:00-10:30 (Europe/Lisbon)",
        "service": "Short visit",
        "staff": "Ana",
        "customer": "Zoë Ω",
        "e-mail": "zoe@example.com",
        "phone": "+351 912 345 678",
        "their zone": "Asia/Tokyo",
        "note": "second floor ring twice",
        "Anything we should prepare?": "Tea",
    }


@pytest.mark.both_databases
def test_cancel_frees_the_time_and_may_be_repeated(app):
    reference = appointment(app)
    assert count(app, claim) > 0
    assert done(app, "cancel", reference).startswith(
        f"{reference} on 2027-02-03 10:00-10:30 is cancelled."
    )
    assert count(app, claim) == 0
    assert "is already cancelled" in run(app, "cancel", reference).stdout
    assert "cancelled by the owner" in run(app, "show", reference).stdout


# -- entered and moved -----------------------------------------------------------------------------


def entered(app, *words):
    return done(app, "book", *words).removeprefix("Booked: ").split()[0]


AT_TEN = ("2027-07-01 10:00", "--name", "Al")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("list", "--from", "2027-07-02", "--to", "2027-07-01"),
            "--to is before --from: swap them.",
        ),
        (("list", "--staff", "tom"), "Nobody is called tom. There are: ana, ben."),
        (("book", "nails", *AT_TEN), "No service is called nails. There are: short, long."),
        (
            ("book", "short", *AT_TEN, "--staff", "zoe"),
            "Nobody is called zoe. There are: ana, ben.",
        ),
        (("show", "NOSUCH"), "No appointment has that reference."),
        (("cancel", "NOSUCH"), "No appointment has that reference."),
        (("reschedule", "NOSUCH", "2027-07-01 10:00"), "No appointment has that reference."),
    ],
)
def test_what_there_is_not_is_told_with_what_there_is(app, words, told):
    assert refused(app, *words).startswith(told)


@pytest.mark.both_databases
def test_an_appointment_is_entered_for_somebody_on_the_telephone(app):
    reference = entered(
        app,
        "short",
        "2027-07-01 10:00",
        "--name",
        "Zoë",
        "--phone",
        "912 345 678",
        "--staff",
        "ana",
    )
    assert seen(app, reference) == {
        "reference": reference,
        "state": "confirmed",
        "when": "2027-07-01 10:00-10:30 (Europe/Lisbon)",
        "service": "Short visit",
        "staff": "Ana",
        "customer": "Zoë",
        "phone": "+351 912 345 678",
        "their zone": "Europe/Lisbon",
    }
    assert count(app, claim) == 8


def test_whoever_is_free_is_taken_unless_somebody_is_asked_for(app):
    """At 15:00 in Lisbon it is 10:00 in New York, where Ben works."""
    times = [seen(app, entered(app, "short", "2027-07-01 15:00", "--name", "Al")) for _ in "12"]
    assert {shown["staff"] for shown in times} == {"Ana", "Ben"}
    words = ("book", "short", "2027-07-01 15:00", "--name", "Al")
    assert refused(app, *words) == "That time is taken. Nothing was changed."


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (
            "2027-07-01 03:00",
            "Short visit cannot begin at 03:00; near it begin: 09:00, 09:15, 09:30",
        ),
        (
            "2027-07-01 10:05",
            "Short visit cannot begin at 10:05; near it begin: 09:45, 10:00, 10:15",
        ),
        ("2026-01-01 10:00", "That time has passed."),
        ("2099-07-01 10:00", "That is further ahead than ten years."),
        ("2027-07-01", '2027-07-01: say the time of day, too: "2027-07-01 14:30".'),
        ("1.7.2027 10:00", "1.7.2027 10:00: this is not a date; write one such as"),
        (
            "2027-02-30 9:00",
            '2027-02-30 9:00: "2027-02-30" is not on any calendar; write one such as',
        ),
        ("2027-03-28 01:30", "2027-03-28 01:30: the clocks go forward on 2027-03-28"),
    ],
)
def test_a_start_that_cannot_be_had_is_told_with_what_can(app, start, told):
    assert refused(app, "book", "short", start, "--name", "Al", "--staff", "ana").startswith(told)
    assert count(app, Booking) == 0


def test_a_day_on_which_nobody_works_is_told_whoever_is_asked_for(app, tmp_path):
    run(app, "load", shop_file(tmp_path, ("hours.mon-sun", "hours.mon-fri")))
    words = ("book", "short", "2027-07-03 10:00", "--name", "Al")
    days = "on Saturday 2027-07-03, or not for long enough. Nothing was changed."
    assert refused(app, *words) == f"Nobody who offers Short visit works {days}"
    assert refused(app, *words, "--staff", "ana") == f"Ana does not work {days}"


def test_somebody_who_does_other_things_is_told_from_nobody(app, tmp_path):
    text = SHOP.read_text(encoding="utf-8")
    only_short = text[: text.rindex("offers =")] + text[text.rindex("offers =") :].replace(
        '"short", "long"', '"short"', 1
    )
    (tmp_path / "shop.toml").write_text(only_short, encoding="utf-8")
    assert "no longer offers long" in run(app, "load", tmp_path / "shop.toml").stdout
    words = ("book", "long", "2027-07-01 15:00", "--name", "Al", "--staff", "ben")
    assert refused(app, *words) == "ben does not offer Long visit. There are: ana."


@pytest.mark.parametrize("written", ["2027-07-01 9:00", "2027-07-01T09:00"])
def test_an_hour_of_one_digit_is_read_and_a_service_found_by_what_it_is_called(app, written):
    words = ("book", "Short visit", written, "--name", "Al", "--staff", " ANA")
    assert "2027-07-01 09:00-09:30" in done(app, *words)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("--name", ""), "--name: Say who comes."),
        (("--name", "x" * 201), "--name: Use at most 200 characters: 1 less than now."),
        (("--name", "x" + "\u0301" * 11), "--name: Use at most 10 accents on one letter."),
        (("--name", "\u202e\u200b"), "--name: Say who comes."),
        (("--email", "bad"), "--email: Enter an e-mail address in full, like name@example.com."),
        (("--phone", "12"), "--phone: Enter a phone number in full"),
        (("--note", "x" * 2001), "--note: Use at most 2000 characters"),
    ],
)
def test_a_customer_is_checked_as_on_the_booking_page(app, typed, told):
    words = ("book", "short", "2027-07-01 10:00", "--name", "Al", *typed)
    lines = refused(app, *words).splitlines()
    assert lines[0].startswith(told)
    assert lines[-1] == "Nothing was changed."
    assert count(app, Booking) == 0


def test_a_time_that_only_the_owner_can_choose_is_remarked_on(app):
    reference = entered(app, "short", "2027-07-01 10:00", "--name", "Al")
    told = run(app, "reschedule", reference, "2028-07-03 10:00").stdout
    assert " days ahead, where customers can book 60 days ahead." in told
    assert "days ahead" not in run(app, "reschedule", reference, "next friday 10:00").stdout


def test_list_takes_days_as_book_takes_them(app):
    reference = entered(app, "short", "next friday 15:00", "--name", "Al")
    assert reference in run(app, "list", "--from", "next friday").stdout
    assert reference in run(app, "list", "--from", "tomorrow", "--to", "+3 weeks").stdout


@pytest.mark.both_databases
def test_list_can_show_all_to_come_or_one_persons_or_one_customers(app):
    one = entered(
        app,
        "short",
        "2027-07-01 15:00",
        "--name",
        "Zoë Ω",
        "--staff",
        "ana",
        "--phone",
        "912345678",
    )
    two = entered(app, "short", "2028-07-03 15:00", "--name", "Al", "--staff", "ben")

    def listed(*words):
        shown = run(app, "list", *words).stdout
        return [reference for reference in (one, two) if reference in shown]

    assert listed() == []
    assert listed("--all") == [one, two]
    assert listed("--all", "--staff", "ben") == [two]
    assert listed("--customer", "zoë") == listed("--customer", "345 678") == [one]
    assert listed("--customer", "zoë", "--to", "tomorrow") == []
    assert run(app, "list", "--customer", "nobody").stdout.startswith("No such appointments from ")


@pytest.mark.both_databases
def test_a_moved_appointment_has_its_new_time_and_frees_the_old_one(app):
    reference = appointment(app)
    assert done(app, "reschedule", reference, "2027-07-01 15:00", "--staff", "ben").startswith(
        f"{reference} is on 2027-07-01 15:00-15:30 with Ben now. The customer was not told."
    )
    assert count(app, claim) == 8
    assert entered(app, "short", "2027-02-03 10:00", "--name", "Al", "--staff", "ana")


def test_an_appointment_stays_with_its_person_unless_another_is_asked_for(app):
    reference = appointment(app)
    entered(app, "short", "2027-07-01 15:00", "--name", "Al", "--staff", "ana")
    words = ("reschedule", reference, "2027-07-01 15:00")
    assert refused(app, *words) == "That time is taken. Nothing was changed."
    assert seen(app, reference)["when"].startswith("2027-02-03 10:00-10:30")


def test_what_has_begun_is_neither_moved_nor_cancelled_and_what_is_cancelled_not_moved(app):
    over, gone = appointment(app, LAST_WEEK), appointment(app)
    run(app, "cancel", gone)
    for words, what in ((("cancel", over), "cancelled"), (("reschedule", over, MORNING), "moved")):
        assert refused(app, *words) == f"{over} has begun, so it can no longer be {what}."
    assert refused(app, "reschedule", gone, "2027-07-01 15:00") == (
        f"{gone} is cancelled. Enter a new one: flask booking book."
    )


# -- as owners type it, and as clocks show it ------------------------------------------------------


@pytest.fixture
def night_shop(app, tmp_path):
    """The shop, with Ana at work around the clock."""
    hours = ('["09:00-17:00"]', '["00:00-24:00"]')
    done(app, "load", shop_file(tmp_path, hours))
    return app


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_two_times_of_a_repeated_hour_are_told_apart_and_can_be_named(night_shop):
    def booked(start):
        return run(night_shop, "book", "short", start, "--name", "Al", "--staff", "ana").stdout

    first, second = "01:30 (UTC+1)-01:00 (UTC)", "01:30 (UTC)-02:00"
    told = booked("2027-10-31 01:30")
    assert f"on 2027-10-31 {first} with Ana" in told
    assert 'shows that time twice; the second is "2027-10-31 01:30 (UTC)".' in told
    told = booked("2027-10-31 01:30 (UTC)")
    assert f"on 2027-10-31 {second} with Ana" in told
    assert "twice" not in told
    listed = run(night_shop, "list", "--from", "2027-10-31").stdout.splitlines()
    assert [line[11:].partition("  ")[0] for line in listed] == [first, second]
    moved = run(night_shop, "reschedule", listed[1].split("  ")[-2], "2027-10-31 01:45+00:00")
    assert "on 2027-10-31 01:45 (UTC)-02:15 with Ana" in moved.stdout


@pytest.mark.parametrize("behind", [" (UTC+1)", " UTC+1", "+01:00", "+0100", " (utc+01:00)"])
def test_the_offset_of_a_time_is_read_as_it_is_printed_and_as_computers_write_it(behind):
    zone, now = ZoneInfo("Europe/Lisbon"), datetime(2027, 7, 1, tzinfo=UTC)
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert instant(f"2027-10-31 01:30{behind}", now, zone) == first
    assert comes_twice("2027-10-31 01:30", first, zone).endswith('"2027-10-31 01:30 (UTC)".')
    assert comes_twice(f"2027-10-31 01:30{behind}", first, zone) == "", "it was said which one"
    assert instant("2027-10-31 01:30Z", now, zone) == first + timedelta(hours=1)
    west = ZoneInfo("America/St_Johns")
    summer = datetime(2027, 7, 1, 16, tzinfo=UTC)
    for minus in "-\N{MINUS SIGN}":
        assert instant(f"2027-07-01 13:30 (UTC{minus}2:30)", now, west) == summer
    with pytest.raises(ClickException, match=r"Lisbon is at UTC\+1 and UTC then; write that"):
        instant("2027-10-31 01:30+02:00", now, zone)


def test_list_shows_what_is_under_way_when_its_days_begin(night_shop):
    reference = entered(night_shop, "short", "2027-07-01 23:45", "--name", "Al", "--staff", "ana")
    for day in ("2027-07-01", "2027-07-02"):
        assert reference in run(night_shop, "list", "--from", day).stdout
    assert "No appointments" in run(night_shop, "list", "--from", "2027-07-03").stdout


# As telephones, word processors and keyboards of other countries write them.
FOUND = [
    ("İstanbul Ltd", ["istanbul", "ISTANBUL ltd", "i̇stanbul"]),
    ("Zoë Straße", ["zoe", "ZOË", "strasse", "zoë  straße"]),
    ("Łucja Đorđević", ["lucja", "dordevic"]),
    ("Ilgın", ["ilgin", "ILGIN"]),
    ("O’Brien–Núñez", ["o'brien-nunez"]),
    ("Ａｌ １２", ["al 12"]),
    ("می\u200cخواهم", ["میخواهم"]),
]
NUMBERS = ["912345678", "912 345 678", "00351 912", "(0)912 345", "٩١٢٣٤", "９１２３４", "351-912"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_customer_is_found_as_an_owner_types_the_name_or_number(app):
    for day, (name, _) in enumerate(FOUND, 1):
        appointment(app, datetime(2037, 2, day, 10, tzinfo=UTC), name=name)
    with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
        kept = session.scalars(select(Booking).order_by(Booking.starts_at)).all()
        assert len(kept) == len(FOUND)
        for booking, (name, typed) in zip(kept, FOUND, strict=True):
            assert [words for words in typed if not is_about(booking, words)] == [], name
            assert not is_about(booking, "nobody")
        assert [typed for typed in NUMBERS if not is_about(kept[0], typed)] == []
        assert not is_about(kept[0], "913456")


BETWEEN = ["{}-{}", "{}.{}", "{} {}", "{}_{}", "#{}{}", "{}/{}", "{}\u200b{}"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reference_is_found_whatever_stands_between_its_letters(app):
    reference = appointment(app)
    typed = [form.format(reference[:4].lower(), reference[4:]) for form in BETWEEN]
    with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
        found = [booking_by_reference(session, written) for written in typed]
        assert [booking.reference for booking in found] == [reference] * len(BETWEEN)
    assert reference in run(app, "show", typed[0]).stdout


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ("2027-12-24 12:00 pm", 'written 12:00 (from 00:00 to 24:00); write "2027-12-24 12:00".'),
        ("2027-12-24 12am", 'write "2027-12-24 00:00".'),
        ("next friday 3 p.m.", 'write "next friday 15:00".'),
        ("2027-12-24 at 3:05PM", 'write "2027-12-24 15:05".'),
        ("2027-12-24 14h30", 'write "2027-12-24 14:30".'),
        ("2027-12-24, 14.30 Uhr", 'write "2027-12-24 14:30".'),
        ("2027-12-24 14:30:15", 'write "2027-12-24 14:30".'),
        ("2027-12-24 13 pm", 'write "2027-12-24 14:30".'),
        ("1/7/2027 10:00", 'Write "2027-07-01 10:00" or "2027-01-07 10:00".'),
        ("24/12/27 9:00", 'Write "2027-12-24 9:00".'),
        ("24 Dec 2027 9:00", 'Write "2027-12-24 9:00".'),
        ("2027-7-1 9:00", 'Write "2027-07-01 9:00".'),
        ("someday 9:00", ' 14:30" or "next friday 9:00".'),
    ],
)
def test_a_time_that_is_written_otherwise_is_told_how_to_write_it(start, told):
    with pytest.raises(ClickException) as refusal:
        instant(start, datetime(2027, 7, 1, tzinfo=UTC), ZoneInfo("Europe/Lisbon"))
    assert refusal.value.message.startswith(f"{start}: ")
    assert refusal.value.message.endswith(told)


def test_digits_of_another_width_are_digits():
    found = instant("２０２７-０７-０１ ９:００", MORNING, ZoneInfo("UTC"))
    assert found == datetime(2027, 7, 1, 9, tzinfo=UTC)
