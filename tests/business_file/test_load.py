"""A business file is read whole or not at all, and every mistake is told with line and remedy."""

import re
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.business_file.load import read_business
from booking.business_file.section import BusinessFileError
from booking.operations.plan import (
    LETTERS,
    MAIL,
    QuestionPlan,
    ServicePlan,
    ShopPlan,
    StaffPlan,
)
from booking.scheduling.slots import TimeRange, WorkingTime, open_intervals

DEMO = Path(__file__).parents[2] / "demo.toml"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

SHOP = """\
[shop]
name = "Corner Barber"
zone = "Europe/Lisbon"
phone = "+351 210 000 000"
email = "hello@example.com"
"""
SERVICE = """\
[[services]]
slug = "cut"
name = "Haircut"
duration = 45
"""
STAFF = """\
[[staff]]
slug = "ana"
name = "Ana"
offers = ["cut"]
"""
WHOLE = SHOP + SERVICE + STAFF  # 13 lines: shop 1-5, service 6-9, staff 10-13


def read(text, now=NOW):
    return read_business(text.encode(), name="shop.toml", now=now)


def problems(text):
    with pytest.raises(BusinessFileError) as caught:
        read(text)
    return caught.value.problems


def with_service(lines):
    return SHOP + SERVICE + lines + "\n" + STAFF


# -- what is right ---------------------------------------------------------------------------------


def test_a_small_file_says_everything_that_is_needed():
    plan = read(WHOLE)
    (service,), (member,) = plan.services, plan.staff
    assert (plan.shop.name, plan.shop.zone) == ("Corner Barber", "Europe/Lisbon")
    assert (service.duration, service.buffer_after, service.minimum_notice) == (45, 0, 0)
    assert (service.slot_step, service.booking_window, service.daily_limit) == (15, 60, None)
    assert (member.zone, member.offers, member.hours) == ("Europe/Lisbon", ("cut",), {})
    assert plan.notes == ()


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("45", 45),
        ('"45 min"', 45),
        ('"1 h 30 min"', 90),
        ('"1h30"', None),
        ('"2 hours"', 120),
        ('"1 hour 5 minutes"', 65),
        ('"0"', None),
    ],
)
def test_lengths_of_time_are_minutes_or_words(written, minutes):
    text = WHOLE.replace("duration = 45", f"duration = {written}")
    if minutes is None:
        assert "not a length of time; write minutes" in problems(text)[0]
    else:
        assert read(text).services[0].duration == minutes


@pytest.mark.parametrize(("written", "days"), [("30", 30), ('"30 days"', 30), ('"8 weeks"', 56)])
def test_the_booking_window_is_counted_in_days(written, days):
    plan = read(with_service(f"booking_window = {written}"))
    assert plan.services[0].booking_window == days


def test_a_week_is_written_by_days_and_by_ranges_of_days():
    plan = read(
        WHOLE
        + """
[staff.hours]
mon-wed = ["13:00-17:00", "09:00-12:30"]
Friday = "9:00-24:00"
sat = "closed"
sun = []
[staff.breaks]
sun-mon = "10:00 \u2013 10:15"
"""
    )
    morning, afternoon = TimeRange(540, 750), TimeRange(780, 1020)
    assert plan.staff[0].hours == {
        0: (morning, afternoon),
        1: (morning, afternoon),
        2: (morning, afternoon),
        4: (TimeRange(540, 1440),),
    }
    assert plan.staff[0].breaks == {0: (TimeRange(600, 615),), 6: (TimeRange(600, 615),)}


def test_a_service_is_given_at_the_shop_unless_it_names_a_place():
    assert read(WHOLE).services[0].place == ""
    assert read(with_service('place = "By video"')).services[0].place == "By video"


def test_a_shop_that_says_nothing_of_letters_sends_them_all():
    plan = read(WHOLE)
    (service,), (member,) = plan.services, plan.staff
    assert plan.shop.mail == {}
    assert (member.email, member.letters) == ("", "at_once")
    assert (service.is_online, service.cancel_until, service.move_until) == (False, 0, 0)


def test_a_shop_says_which_letters_go_out_when_and_in_which_words():
    plan = read(
        with_service('online = true\ncancel_until = "24 h"\nmove_until = 90\napproval = true')
        + """
email = "ana@example.com"
letters = "daily"
[mail]
off = ["staff_moved", "moved"]
invitation = "file"
link_in_invitation = false
reminders = ["2 h", "2 days"]
lists_at = "7:30"
[mail.texts.en.booked]
subject = "Your time"
text = "Hello at {place}"
"""
    )
    (service,), (member,) = plan.services, plan.staff
    assert (service.is_online, service.cancel_until, service.move_until) == (True, 1440, 90)
    assert (service.approval, service.confirm_by_mail) == (True, False)
    assert (member.email, member.letters) == ("ana@example.com", "daily")
    assert plan.shop.mail == {
        "off": ["moved", "staff_moved"],
        "invitation": "file",
        "link_in_invitation": False,
        "reminders": [2880, 120],
        "lists_at": 450,
        "texts": {"en": {"booked": {"subject": "Your time", "text": "Hello at {place}"}}},
    }


@pytest.mark.parametrize("letter", ["please_confirm", "confirm_address"])
def test_the_letters_that_a_service_asks_to_be_confirmed_by_go_out(letter):
    off = f'[mail]\noff = "{letter}"\n'
    assert read(WHOLE + off).shop.mail == {"off": [letter]}
    [told] = problems(with_service("confirm_by_mail = true") + off)
    assert told.startswith(f'shop.toml:16: off: without "{letter}" nobody can confirm "cut"')
    assert told.endswith("leave it out here, or write confirm_by_mail = false there")


def test_what_holds_anyway_may_be_written():
    said = 'off = []\ninvitation = "request"\nlink_in_invitation = true\nreminders = "24 h"\n'
    assert read(f"{WHOLE}[mail]\n{said}").shop.mail == {}
    assert read(f"{WHOLE}[mail]\nreminders = []\n").shop.mail == {"reminders": []}


def test_an_override_replaces_the_hours_of_its_day():
    plan = read(
        WHOLE
        + """
[[staff.overrides]]
day = 2026-12-24
hours = "09:00-12:00"
[[staff.overrides]]
day = "2026-12-25"
hours = "closed"
"""
    )
    assert plan.staff[0].overrides == {
        date(2026, 12, 24): (TimeRange(540, 720),),
        date(2026, 12, 25): (),
    }


@pytest.mark.parametrize(
    ("written", "starts", "ends"),
    [
        ("day = 2026-12-24", "2026-12-24 00:00", "2026-12-25 00:00"),
        ("from = 2026-12-24\nto = 2026-12-24", "2026-12-24 00:00", "2026-12-25 00:00"),
        ("from = 2026-11-23\nto = 2026-11-24", "2026-11-23 00:00", "2026-11-25 00:00"),  # today
        ("from = 2026-12-24\nto = 2026-12-31", "2026-12-24 00:00", "2027-01-01 00:00"),
        (
            'from = "2026-12-24 14:00"\nto = "2026-12-24 24:00"',
            "2026-12-24 14:00",
            "2026-12-25 00:00",
        ),
        ("from = 2026-12-24T14:00:00\nto = 2026-12-25", "2026-12-24 14:00", "2026-12-26 00:00"),
        ('from = "tomorrow 09:30"\nto = "+2 days 10:00"', "2026-11-24 09:30", "2026-11-25 10:00"),
    ],
)
def test_time_off_is_meant_on_the_clock_of_the_staff_member(written, starts, ends):
    plan = read(WHOLE + f'zone = "America/New_York"\n[[staff.time_off]]\n{written}\n')
    (off,) = plan.staff[0].time_off
    zone = ZoneInfo("America/New_York")
    assert f"{off.starts_at.astimezone(zone):%Y-%m-%d %H:%M}" == starts
    assert f"{off.ends_at.astimezone(zone):%Y-%m-%d %H:%M}" == ends


def test_time_off_over_a_repeated_hour_takes_both_of_them():
    plan = read(WHOLE + '[[staff.time_off]]\nfrom = "2026-10-25 01:30"\nto = "2026-10-25 01:45"\n')
    (off,) = plan.staff[0].time_off
    assert off.ends_at - off.starts_at == timedelta(minutes=75)


def test_a_closure_is_a_day_or_several():
    plan = read(
        WHOLE
        + "[[closures]]\nday = 2026-12-24\n"
        + '[[closures]]\nfrom = 2026-12-31\nto = 2027-01-02\nreason = "New Year"\n'
    )
    one, several = plan.closures
    assert (one.first_day, one.last_day) == (date(2026, 12, 24),) * 2
    assert (several.first_day, several.last_day) == (date(2026, 12, 31), date(2027, 1, 2))
    assert several.reason == "New Year"


def test_questions_belong_to_their_service():
    plan = read(
        with_service(
            """
[[services.questions]]
key = "dog"
label = "What is your dog called?"
[[services.questions]]
key = "size"
label = "How tall?"
kind = "choice"
choices = ["Small", "Tall"]
required = true
"""
        )
    )
    dog, size = plan.services[0].questions
    assert (dog.kind, dog.required, dog.choices) == ("text", False, ())
    assert (size.kind, size.required, size.choices) == ("choice", True, ("Small", "Tall"))


def test_notepad_may_have_written_it():
    plan = read_business(
        b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode(), name="shop.toml", now=NOW
    )
    assert plan.shop.name == "Corner Barber"


def test_a_service_that_nobody_offers_is_worth_a_note():
    extra = '[[services]]\nslug = "wax"\nname = "Wax"\nduration = 10\n'
    assert read(WHOLE + extra).notes == (
        'shop.toml:15: nobody offers "wax", so customers do not see it',
    )


# -- dates counted from today ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "found"),
    [  # the 23rd of November 2026 is a Monday
        ("today", date(2026, 11, 23)),
        ("Tomorrow", date(2026, 11, 24)),
        ("+1 day", date(2026, 11, 24)),
        ("+21 days", date(2026, 12, 14)),
        ("+2 weeks", date(2026, 12, 7)),
        ("next monday", date(2026, 11, 30)),
        ("next tuesday", date(2026, 11, 24)),
        ("next sunday", date(2026, 11, 29)),
        ("next month 14", date(2026, 12, 14)),
        ("first tuesday of next month", date(2026, 12, 1)),
        ("second  wednesday of next month", date(2026, 12, 9)),
        ("fourth monday of next month", date(2026, 12, 28)),
        ("last monday of next month", date(2026, 12, 28)),
        ("last thursday of next month", date(2026, 12, 31)),
    ],
)
def test_a_date_may_be_counted_from_today_and_is_told(written, found):
    plan = read(WHOLE + f'[[closures]]\nday = "{written}"\n')
    assert plan.closures[0].first_day == found
    assert plan.notes == (f'shop.toml:15: "{written}" is {found:%A} {found}',)


def test_today_is_the_day_in_the_zone_of_the_shop():
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    text = WHOLE.replace("Europe/Lisbon", "Asia/Tokyo") + '[[closures]]\nday = "today"\n'
    assert read(text, late).closures[0].first_day == date(2026, 11, 24)


def test_the_month_after_december_is_january():
    plan = read(WHOLE + '[[closures]]\nday = "next month 28"\n', datetime(2026, 12, 31, tzinfo=UTC))
    assert plan.closures[0].first_day == date(2027, 1, 28)


@settings(max_examples=100, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2040, 12, 31)))
def test_the_demo_is_sensible_whenever_it_is_loaded(day):
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    plan = read_business(DEMO.read_bytes(), name="demo.toml", now=now)
    assert all(day < closure.first_day < day + timedelta(days=62) for closure in plan.closures)
    for off in (off for member in plan.staff for off in member.time_off):
        assert now < off.starts_at < off.ends_at < now + timedelta(days=63)


def test_the_demo_is_the_business_that_was_promised():
    plan = read_business(DEMO.read_bytes(), name="demo.toml", now=NOW)
    durations = [service.duration for service in plan.services]
    questions = [question for service in plan.services for question in service.questions]
    assert len(plan.staff) == 3
    assert len({member.zone for member in plan.staff}) == 2
    assert (len(durations), min(durations), max(durations)) == (6, 20, 90)
    assert any(service.daily_limit for service in plan.services)
    assert {question.kind for question in questions} == {"text", "choice", "checkbox"}
    assert {question.required for question in questions} == {True, False}
    assert plan.closures[0].first_day.month == 12


def test_everything_in_the_demo_fits_into_the_hours_of_those_who_offer_it():
    plan = read_business(DEMO.read_bytes(), name="demo.toml", now=NOW)
    lengths = {service.slug: service.duration for service in plan.services}
    for member in plan.staff:
        working = WorkingTime(ZoneInfo(member.zone), member.hours, member.breaks)
        week = open_intervals(working, NOW.date(), NOW.date() + timedelta(days=6))
        assert max(lengths[slug] for slug in member.offers) <= max(b - a for a, b in week)


# -- what is wrong ---------------------------------------------------------------------------------


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    text = """\
[shop]
name = "Corner Barber"
zone = "Lisbon"
phonne = "+351 210 000 000"

[[services]]
slug = "Hair Cut"
duration = 17

[[staff]]
slug = "any"
name = "Ana"
"""
    assert problems(text) == [
        'shop.toml:1: email is missing; write email = "hello@example.com"',
        'shop.toml:1: phone is missing; write phone = "+351 21 000 00 00"',
        'shop.toml:3: zone: "Lisbon" is not a time zone; write "Europe/Lisbon"',
        "shop.toml:4: phonne is not known here; did you mean phone? write phone",
        'shop.toml:6: name is missing; write name = "Haircut"',
        (
            'shop.toml:7: slug: "Hair Cut" is not made of small letters a-z, digits and hyphens; '
            'write "hair-cut"'
        ),
        "shop.toml:8: duration: 17 minutes is not on the five-minute grid; write 15 or 20",
        (
            'shop.toml:11: slug: "any" stands for whoever is free; write another, such as the '
            "first name"
        ),
    ]


SERVICE_MISTAKES = [
    ("slot_step = 7", "10: slot_step: 7 minutes is not on the five-minute grid; write 5 or 10"),
    ("slot_step = 0", "10: slot_step: 0 minutes is out of bounds; write from 5 to 1440 minutes"),
    ("buffer_before = -5", "10: buffer_before: -5 minutes is out of bounds; write from 0 to"),
    ('buffer_after = "3 min"', "10: buffer_after: 3 minutes is not on the five-minute grid; write"),
    ("buffer_after = true", "10: buffer_after: this is not a length of time; write minutes"),
    ("minimum_notice = 1.5", "10: minimum_notice: this is not a length of time; write minutes"),
    ('minimum_notice = "9 years"', "10: minimum_notice: this is not a length of time; write"),
    ("booking_window = 0", "10: booking_window: 0 days is out of bounds; write from 1 to 732 days"),
    ("daily_limit = 0", "10: daily_limit: 0 is out of bounds; write a number from 1 to 999"),
    ("daily_limit = true", "10: daily_limit: this must be a whole number; write one from 1"),
    ("price = 45", '10: price: this must be text; write it in quotes, "like this"'),
    ('price = "a\\u0007b"', "10: price: there is a line break or control character in it; write"),
    ('description = "a\\u0000b"', "10: description: there is a line break or control"),
    (
        'price = "x' + "\u0301" * 11 + '"',
        "10: price: there are too many accents on one letter; write",
    ),
    ("place = 5", '10: place: this must be text; write it in quotes, "like this"'),
    (f'price = "{"x" * 61}"', "10: price: this has 61 characters; write at most 60"),
    ("buffer = 5", "10: buffer is not known here; did you mean buffer_after? write buffer_after"),
    ("questions = 5", "10: questions is a list of tables; write [[services.questions]] above"),
    ("[services.questions]", "10: questions is a list of tables; write [[services.questions]]"),
]
CUT_OFF_MISTAKES = [
    ('online = "yes"', "10: online: this is a yes or no; write true or false, without quotes"),
    ('cancel_until = "-2 h"', "10: cancel_until: this is not a length of time; write minutes"),
    ('move_until = "1 y"', "10: move_until: this is not a length of time; write minutes"),
    ("approval = true\nconfirm_by_mail = true", "10: approval: whoever asks for it reads at that"),
    ("move_until = -1", "10: move_until: -1 minutes is out of bounds; write from 0 to 527040"),
]
MAIL_MISTAKES = [
    ('reminders = "-2 h"', "15: reminders: this is not a length of time; write minutes"),
    ('reminders = [\n"24 h",\n"1 y"]', "17: reminders: this is not a length of time; write"),
    ("reminders = [-120]", "15: reminders: -120 minutes is out of bounds; write from 5 to 86400"),
    ('reminders = "90 days"', "15: reminders: 129600 minutes is out of bounds; write from 5 to"),
    ('reminders = ["1 day", "24 h"]', '15: reminders: "1 day" is there twice; write each once'),
    ("reminders = [5, 6, 7, 8, 9, 10]", "15: reminders: there are 6; write at most 5"),
    (
        'off = ["booked",\n"remainder"]',
        '16: off: "remainder" is not known here; did you mean "reminder"? write "booked", "moved"',
    ),
    ("lists_at = 18", "15: lists_at: this is not a time of day; write one in quotes, such as"),
    (
        "lists_at = 18:00:00",
        "15: lists_at: this is not a time of day; write one in quotes, such as",
    ),
    ('lists_at = "6 pm"', "15: lists_at: this is not a time of day; write one in quotes, such as"),
    (
        'lists_at = "18:75"',
        '15: lists_at: "18:75" is not a time; write one from "00:00" to "24:00"',
    ),
    (
        'lists_at = "23:30"',
        '15: lists_at: "23:30" is out of bounds; write a time from "00:00" to "23:00"',
    ),
    ('invitation = "publish"', '15: invitation: "publish" is not known here; write "request" or'),
    ('link_in_invitation = "no"', "15: link_in_invitation: this is a yes or no; write true or"),
    ("remind = 5", "15: remind is not known here; did you mean reminders? write reminders"),
    ("texts = 5", "15: texts is not a table; write [mail.texts] and its keys below"),
    ("texts.en = 5", "15: en is not a table; write [mail.texts.en] and its keys below"),
    ('texts.fr.booked.text = "Salut"', "15: fr is not known here; write one of en"),
    (
        '[mail.texts.en.erased]\ntext = "Hi"',
        "15: erased is not known here; write one of booked, moved",
    ),
    ("[mail.texts.en]", "15: en: there is nothing in it; write [mail.texts.en.booked]"),
    ("[mail.texts.en.booked]", '15: booked: there is nothing in it; write subject = "..."'),
    (
        '[mail.texts.en.booked]\nsubjcet = "Hi"',
        "16: subjcet is not known here; did you mean subject? write subject",
    ),
    (
        '[mail.texts.en.booked]\nsubject = "a\\nb"',
        "16: subject: there is a line break or control character in it; write it on one line",
    ),
    ('[mail.texts.en.booked]\ntext = ""', "16: text: this is empty; write something"),
]
QUESTION_MISTAKES = [
    ('label = "x"', '10: key is missing; write key = "first_visit"'),
    ('key = "x"', '10: label is missing; write label = "Is this your first visit?"'),
    ('key = "x"\nlabel = ""', "12: label: this is empty; write something"),
    ('key = "9 x"\nlabel = "x"', "11: key: a key is made of small letters a-z, digits, _ and -"),
    ('key = "email"\nlabel = "x"', "11: key: every service asks for email; write another key"),
    (
        'key = "x"\nlabel = "x"\nkind = "chioce"',
        '13: kind: "chioce" is not known here; did you mean "choice"? write "text", "choice" or',
    ),
    (
        'key = "x"\nlabel = "x"\nkind = "radio"\nchoices = ["a", "b"]',
        '13: kind: "radio" is not known here; write "text", "choice" or "checkbox"',
    ),
    ('key = "x"\nlabel = "x"\nkind = 1', '13: kind: this must be text; write it in quotes, "like'),
    ('key = "x"\nlabel = "x"\nrequired = "yes"', "13: required: this is a yes or no; write true"),
    (
        'key = "x"\nlabel = "x"\nchoices = ["a", "b"]',
        "13: choices: a text question has none; write",
    ),
    ('key = "x"\nlabel = "x"\nkind = "choice"', "10: a choice needs two or more; write choices ="),
    (
        'key = "x"\nlabel = "x"\nkind = "choice"\nchoices = ["a",\n"a"]',
        "14: choices: one of them is there twice; write each once",
    ),
    (
        'key = "x"\nlabel = "x"\nkind = "choice"\nchoices = ["a", "b",\n5]',
        '15: choices: this must be text; write it in quotes, "like this"',
    ),
]
STAFF_MISTAKES = [
    ('email = "Ana <ana@example.com>"', "14: email: this is not an e-mail address; write one such"),
    ('email = "<ana@example.com>"', "14: email: this is not an e-mail address; write one such as"),
    ('email = "ana@example"', '14: email: this is not an e-mail address; write one such as "hello'),
    (
        'email = "ana@example.com"\nletters = "weekly"',
        '15: letters: "weekly" is not known here; write "at once", "daily" or "never"',
    ),
    ('letters = "daily"', "14: letters: there is no address to send them to; write email = "),
    ("offfers = []", "14: offfers is not known here; did you mean offers? write offers"),
    (
        'zone = "europe/lisbon"',
        '14: zone: "europe/lisbon" is not a time zone; write "Europe/Lisbon',
    ),
    ('zone = "../../etc/passwd"', '14: zone: "../../etc/passwd" is not a time zone; write'),
    ('zone = "New York"', '14: zone: "New York" is not a time zone; write "America/New_York"'),
    ("hours = 5", "14: hours is not a table; write [staff.hours] and its keys below"),
    ('hours.mon = "9-12"', '14: mon: this is not a range of times; write one such as "09:00-12:30'),
    ("hours.mon = 900", '14: mon: this is not a range of times; write one such as "09:00-12:30"'),
    ('hours.mon = "09:00-12:61"', '14: mon: "12:61" is not a time; write one from "00:00" to'),
    ('hours.mon = "09:00-24:05"', '14: mon: "24:05" is not a time; write one from "00:00" to'),
    (
        'hours.mon = "09:02-12:00"',
        '14: mon: "09:02-12:00" is not on the five-minute grid; write times such as "09:00-12:00"',
    ),
    ('hours.mon = "09:00-09:00"', '14: mon: "09:00-09:00" ends when it starts; write "00:00-24:00'),
    (
        'hours.mon = "22:00-02:00"',
        (
            '14: mon: "22:00-02:00" ends before it starts; write "22:00-24:00" here and '
            '"00:00-02:00" on the next day'
        ),
    ),
    ('hours.mon = "22:00-00:00"', '14: mon: "22:00-00:00" ends before it starts; write "22:00-24:'),
    (
        'hours.mon = [\n"09:00-12:00",\n"11:00-14:00"]',
        '14: mon: "09:00-12:00" and "11:00-14:00" overlap; write "09:00-14:00" for both',
    ),
    (
        'hours.mon = [\n"09:00-12:00",\n"x"]',
        '16: mon: this is not a range of times; write one such as "09:00-12:30"',
    ),
    ('hours.mo = "09:00-12:00"', "14: mo is not a day; write mon"),
    ('hours.weekend = "09:00-12:00"', "14: weekend is not a day; write"),
    ('hours.mon-tue-wed = "09:00-12:00"', "14: mon-tue-wed is not a day; write mon, or mon-fri"),
    (
        'hours.mon-fri = "09:00-12:00"\nhours.wed = "09:00-10:00"',
        "15: wed: wednesday is already above; write each day in one line only",
    ),
    ('breaks.mon = "12:00-12:03"', '14: mon: "12:00-12:03" is not on the five-minute grid; write'),
    (
        "[[staff.overrides]]\nday = 2026-12-24",
        '14: hours is missing; write hours = "closed" or hours = ["10:00-14:00"]',
    ),
    ('[[staff.overrides]]\nhours = "closed"', "14: day is missing; write day = 2026-11-23"),
    (
        '[[staff.overrides]]\nday = 2026-12-24\nhours = ["09:00-12:00", "10:00-11:00"]',
        '16: hours: "09:00-12:00" and "10:00-11:00" overlap; write "09:00-12:00" for both',
    ),
    (
        (
            "[[staff.overrides]]\nday = 2026-12-24\nhours = []\n"
            "[[staff.overrides]]\nday = 2026-12-24\nhours = []"
        ),
        "18: day: 2026-12-24 has an override above; write all its hours there",
    ),
    ("[[staff.time_off]]", "14: no day is named; write day = 2026-11-23, or from = and to ="),
    (
        "[[staff.time_off]]\nfrom = 2026-12-24\nto = 2026-12-20",
        "16: to: this is not after from; write a later one",
    ),
    (
        "[[staff.time_off]]\nfrom = 2026-12-24",
        "15: from stands alone; write day = 2026-12-24 for one day, or add to = 2026-12-25",
    ),
    (
        '[[staff.time_off]]\nfrom = "2026-12-24 14:00"',
        "15: from stands alone; write day = 2026-12-24 for one day, or add to = 2026-12-25",
    ),
    (
        "[[staff.time_off]]\nto = 2026-12-24",
        "15: to stands alone; write day = 2026-12-24 for one day, or add from = 2026-12-23",
    ),
    (
        "[[staff.time_off]]\nday = 2026-12-24\nto = 2026-12-26",
        "15: day is one whole day; write either day, or from and to",
    ),
    (
        "[[staff.time_off]]\nday = 2026-12-24T12:00:00",
        "15: day: a time of day has no meaning here; write 2026-12-24",
    ),
    (
        "[[staff.time_off]]\nfrom = 2026-12-24T12:00:00Z\nto = 2026-12-25",
        '15: from: write the time as the clock on the wall has it: "2026-12-24 12:00"',
    ),
    (
        '[[staff.time_off]]\nfrom = "2027-03-28 01:30"\nto = "2027-03-28 05:00"',
        "14: the clocks go forward on 2027-03-28 and have no 01:30; write a time an hour earlier",
    ),
    (
        '[[staff.time_off]]\nday = "2026-02-30"',
        '15: day: "2026-02-30" is not on any calendar; write',
    ),
    (
        '[[staff.time_off]]\nday = "soon"',
        "15: day: this is not a date; write one such as 2026-11-23",
    ),
    ("[[staff.time_off]]\nday = 24", "15: day: this is not a date; write one such as 2026-11-23"),
    ("[[staff.time_off]]\nday = 1066-10-14", "15: day: 1066-10-14 is too far away; write a year"),
    (
        '[[staff.time_off]]\nday = "next month 31"',
        '15: day: not every month has that day; write "next month 1" to "next month 28"',
    ),
    (
        '[[staff.time_off]]\nfrom = "2026-12-24 14:00"\nto = "2026-12-24 25:00"',
        '16: to: this is not a time of day; write one from "00:00" to "24:00"',
    ),
    (
        '[[staff.time_off]]\nfrom = "2026-12-24 25:00"\nto = 2026-12-26',
        '15: from: this is not a time of day; write one from "00:00" to "24:00"',
    ),
]
TOP_MISTAKES = [
    ("[[service]]", "14: service is not known here; did you mean services? write services"),
    ("[[closures]]\nfrom = 2026-12-24\nto = 2026-12-20", "16: to: this is before from; write a"),
    (
        "[[closures]]\nfrom = 2026-12-24",
        "15: from stands alone; write day = 2026-12-24 for one day, or add to = 2026-12-25",
    ),
    (
        '[[closures]]\nfrom = "2026-02-30"\nto = 2026-03-02',
        '15: from: "2026-02-30" is not on any calendar; write one such as',
    ),
    (
        '[[closures]]\nday = 2026-12-24\nreson = "x"',
        "16: reson is not known here; did you mean reas",
    ),
    (SERVICE, '15: slug: "cut" is taken by line 7; write another'),
    (STAFF, '15: slug: "ana" is taken by line 11; write another'),
]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *((with_service(lines), problem) for lines, problem in SERVICE_MISTAKES + CUT_OFF_MISTAKES),
        *(
            (with_service("[[services.questions]]\n" + lines), problem)
            for lines, problem in QUESTION_MISTAKES
        ),
        *((WHOLE + lines, problem) for lines, problem in STAFF_MISTAKES + TOP_MISTAKES),
        *((f"{WHOLE}[mail]\n{lines}", problem) for lines, problem in MAIL_MISTAKES),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_write(text, problem):
    (told,) = problems(text)
    assert told.startswith(f"shop.toml:{problem}")
    assert "write" in told.split(":", 2)[2]


def test_an_offer_of_what_is_not_sold_is_named():
    text = WHOLE.replace('offers = ["cut"]', 'offers = [\n"cut",\n"cutt"]')
    assert problems(text) == [
        'shop.toml:15: offers: no service has the slug "cutt"; did you mean cut? write cut'
    ]


def test_of_choices_that_are_wrong_it_is_not_said_too_that_they_are_few():
    question = '[[services.questions]]\nkey = "x"\nlabel = "x"\nkind = "choice"\nchoices = [1, 2]\n'
    assert (
        problems(with_service(question))
        == ['shop.toml:14: choices: this must be text; write it in quotes, "like this"'] * 2
    )


def test_a_list_of_one_needs_no_brackets():
    plan = read(WHOLE.replace('["cut"]', '"cut"') + 'hours.mon = "09:00-12:00"\n')
    assert plan.staff[0].offers == ("cut",)
    assert plan.staff[0].hours == {0: (TimeRange(540, 720),)}


def test_two_questions_of_a_service_need_two_keys():
    one = '[[services.questions]]\nkey = "x"\nlabel = "x"\n'
    assert problems(with_service(one + one)) == [
        'shop.toml:14: key: "x" is taken by line 11; write another'
    ]


def test_two_services_may_ask_the_same():
    question = '[[services.questions]]\nkey = "x"\nlabel = "x"\n'
    other = SERVICE.replace("cut", "trim") + question
    assert len(read(with_service(question) + other).services) == 2


def test_an_empty_file_is_told_what_a_business_is_made_of():
    assert problems("") == [
        "shop.toml:1: there is no [[services]]; write one, with its keys below",
        "shop.toml:1: there is no [[staff]]; write one, with its keys below",
        "shop.toml:1: there is no [shop]; write one, with its keys below",
    ]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ('[shop]\nname = "x\n', "shop.toml:2: this is not TOML: "),
        ("[shop]\nname = “x”\n", "shop.toml:2: this is not TOML: Invalid value; write one key"),
        ("[shop]\n\nname\n", "shop.toml:3: this is not TOML: Expected '=' after a key"),
        ("[shop]\n[shop]\n", "shop.toml:2: this is not TOML: Cannot declare"),
        ('[shop]\nname = """x\n', "shop.toml:2: this is not TOML: "),
        ("[shop]\nday = 2026-02-30\n", "shop.toml:2: this is not TOML: Invalid date"),
        ("a = " + "[" * 9000, "shop.toml:1: this is not TOML: the brackets, or the names"),
        ("a = " + "9" * 9000, "shop.toml:1: this is not TOML: "),
    ],
)
def test_broken_toml_is_told_with_the_line_of_the_parser(text, start):
    (told,) = problems(text)
    assert told.startswith(start)
    assert "write one key = value a line" in told


def test_what_is_not_utf_8_is_told():
    with pytest.raises(BusinessFileError, match=r"^shop.toml:2: this is not UTF-8 text; write"):
        read_business(b'[shop]\nname = "Caf\xe9"\n', name="shop.toml", now=NOW)


def test_what_is_far_too_large_is_not_even_read():
    with pytest.raises(BusinessFileError, match="larger than 1000000 bytes"):
        read_business(b"#" * 1_000_001, name="shop.toml", now=NOW)


def said_of(text):
    """The problems of a text, none when a plan comes of it; anything else is a crash."""
    try:
        read(text)
    except BusinessFileError as error:
        return error.problems
    return []


def are_told_well(said):
    return all(problem.startswith("shop.toml:") and "write" in problem for problem in said)


LINES = (WHOLE + DEMO.read_text(encoding="utf-8")).split("\n")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=25))
def test_whatever_the_lines_only_a_plan_or_a_list_of_problems_comes_of_it(lines):
    assert are_told_well(said_of("\n".join(lines)))


JUNK = st.recursive(
    st.sampled_from(['"x"', "1", "-1.5", "true", "2026-12-24", "12:00:00", "[]", "{}", '"+1 day"']),
    lambda inner: (
        st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]")
        | inner.map(lambda item: f"{{ x = {item} }}")
    ),
    max_leaves=3,
)
DEMO_LINES = DEMO.read_text(encoding="utf-8").split("\n")
SETTABLE = [n for n, line in enumerate(DEMO_LINES) if " = " in line and '"""' not in line]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SETTABLE), JUNK)
def test_a_value_of_any_kind_in_any_place_is_told_never_a_crash(at, junk):
    lines = DEMO_LINES.copy()
    lines[at] = lines[at].split(" = ")[0] + " = " + junk
    assert are_told_well(said_of("\n".join(lines)))


# -- what is documented ----------------------------------------------------------------------------

GUIDE = (Path(__file__).parents[2] / "docs" / "business-file.md").read_text(encoding="utf-8")


def test_the_examples_of_the_guide_are_right():
    smallest, *more = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert read(smallest).staff[0].hours[5] == (TimeRange(600, 780),)
    assert len(more) == 6
    for example in more:
        assert read(WHOLE + example)


@pytest.mark.parametrize("plan", [ShopPlan, ServicePlan, QuestionPlan, StaffPlan])
def test_the_guide_explains_every_key(plan):
    explained = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", GUIDE, re.MULTILINE)))
    keys = {field.name.removeprefix("is_") for field in fields(plan)}
    assert keys | MAIL.keys() - {"mail"} <= {*explained, "mail"}


def test_the_guide_names_every_letter():
    table = GUIDE.split("The letters, by their names:")[1].split("```")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(LETTERS)


def test_the_guide_explains_every_date_that_can_be_counted():
    table = GUIDE.split("## Dates counted from today")[1].split("## ")[0]
    counted = re.findall(r'`"(.*?)"`', table.split("They are for examples")[0])
    assert len(counted) == 7
    for written in counted:
        assert len(read(WHOLE + f'[[closures]]\nday = "{written}"\n').notes) == 1


def test_a_notice_longer_than_the_booking_window_is_refused():
    for rules in ('minimum_notice = "90 days"', 'minimum_notice = "2 days"\nbooking_window = 2'):
        with pytest.raises(BusinessFileError, match="nobody could ever book"):
            read(SHOP + SERVICE + rules + "\n" + STAFF)
    read(SHOP + SERVICE + 'minimum_notice = "59 days"\n' + STAFF)


def test_a_break_outside_the_hours_is_remarked_on():
    hours = 'hours.mon = "09:00-12:00"\nbreaks.mon-tue = ["08:00-09:00", "10:00-10:30"]\n'
    notes = "\n".join(read(WHOLE + hours).notes)
    assert notes.endswith(
        "breaks: outside the hours: "
        "08:00-09:00 on Monday, 08:00-09:00 on Tuesday, 10:00-10:30 on Tuesday"
    )


def test_what_nobody_sees_in_a_file_is_not_part_of_what_it_says():
    unseen = SHOP.replace("Europe/Lisbon", "\ufeffEurope/Lisbon\u200b")
    unseen = unseen.replace("hello@example.com", "hello@\u200bexample.com\u2060")
    shop = read(unseen + SERVICE + STAFF).shop
    assert (shop.zone, shop.email) == ("Europe/Lisbon", "hello@example.com")
