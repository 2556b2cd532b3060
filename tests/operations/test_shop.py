"""Loading a business: repeatable, told line by line, and never at the cost of a booking."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.business_file.load import read_business
from booking.commands.business import sentence
from booking.operations.shop import apply_business
from booking.storage.models import (
    Booking,
    Closure,
    DateOverride,
    Question,
    Resource,
    Service,
    Shop,
    StaffMember,
    TimeOff,
    WeeklyHours,
    claim,
    hold,
    offer,
)
from booking.tab_sessions import write_transaction
from tests.fixtures.small_shop import SmallShop, at, find, open_engine

DEMO = Path(__file__).parents[2] / "demo.toml"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUSINESS = """\
[shop]
name = "Corner Barber"
zone = "Europe/Lisbon"
phone = "+351 210 000 000"
email = "hello@example.com"

[[services]]
slug = "cut"
name = "Haircut"
duration = 45

[[services.questions]]
key = "length"
label = "How short?"

[[services]]
slug = "shave"
name = "Shave"
duration = 20

[[staff]]
slug = "ana"
name = "Ana"
offers = ["cut", "shave"]
hours.mon-fri = "09:00-17:00"
breaks.mon-fri = "12:00-13:00"

[[staff.overrides]]
day = 2026-12-24
hours = "09:00-12:00"

[[staff.time_off]]
day = 2026-12-28
reason = "Family"

[[staff]]
slug = "ben"
name = "Ben"
offers = ["cut"]
hours.mon = "09:00-17:00"

[[closures]]
day = 2026-12-25
reason = "Christmas"
"""


@pytest.fixture
def session(database_url):
    with open_engine(database_url) as engine, Session(engine) as session:
        yield session


def load(session, text=BUSINESS):
    plan = read_business(text.encode(), name="shop.toml", now=NOW)
    with write_transaction(session):
        return [sentence(change) for change in apply_business(session, plan)]


def edited(*replacements):
    text = BUSINESS
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


def without(slug):
    """The business without the [[services]] or [[staff]] table of that slug."""
    blocks = BUSINESS.split("\n\n")
    at = next(n for n, block in enumerate(blocks) if f'slug = "{slug}"' in block)
    end = at + 1
    while end < len(blocks) and "." in blocks[end].split("]")[0]:  # [[services.questions]] …
        end += 1
    return "\n\n".join(blocks[:at] + blocks[end:]).replace(f', "{slug}"', "")


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def customers(session) -> SmallShop:
    """Those who hold and book what was loaded."""
    return SmallShop(session.get_bind())


# -- the first time, and again ---------------------------------------------------------------------


def test_a_load_tells_each_thing_it_added(session):
    assert load(session) == [
        "shop: added",
        "service cut: added",
        "service shave: added",
        "staff ana: added",
        "staff ben: added",
        "closure on 2026-12-25: added",
    ]


def test_a_load_writes_down_all_that_the_file_says(session):
    load(session)
    shop, ana = session.get(Shop, 1), find(session, "ana")
    cut = find(session, "cut")
    assert (shop.name, shop.zone, shop.email) == (
        "Corner Barber",
        "Europe/Lisbon",
        "hello@example.com",
    )
    assert [(row.key, row.label, row.kind) for row in cut.questions] == [
        ("length", "How short?", "text")
    ]
    assert [member.slug for member in cut.staff] == ["ana", "ben"]
    assert sorted((row.kind, row.weekday, row.starts, row.ends) for row in ana.weekly_hours) == [
        *(("break", day, 720, 780) for day in range(5)),
        *(("open", day, 540, 1020) for day in range(5)),
    ]
    (override,), (off,) = ana.date_overrides, ana.time_off
    assert (override.day, override.starts, override.ends) == (date(2026, 12, 24), 540, 720)
    assert off.starts_at == datetime(2026, 12, 28, tzinfo=UTC)
    assert off.ends_at == datetime(2026, 12, 29, tzinfo=UTC)
    assert {row.kind for row in session.scalars(select(Resource))} == {"staff", "service_day"}


@pytest.mark.both_databases
@pytest.mark.parametrize("text", [BUSINESS, DEMO.read_text(encoding="utf-8")], ids=["own", "demo"])
def test_a_second_load_changes_nothing_and_says_so(session, text):
    assert load(session, text)
    tables = (Shop, Service, Question, StaffMember, Resource, WeeklyHours, DateOverride, TimeOff)
    before = [count(session, table) for table in (*tables, Closure, offer)]
    keys = session.scalars(select(WeeklyHours.id).order_by(WeeklyHours.id)).all()
    session.rollback()
    assert load(session, text) == []
    assert [count(session, table) for table in (*tables, Closure, offer)] == before
    assert session.scalars(select(WeeklyHours.id).order_by(WeeklyHours.id)).all() == keys


# -- what changed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("duration = 20", "duration = 25", ["service shave: duration 20 min → 25 min"]),
        (
            "duration = 20",
            'duration = 20\nminimum_notice = "36 h"\nbooking_window = "8 weeks"',
            ["service shave: minimum_notice 0 min → 1 day 12 h, booking_window 60 days → 56 days"],
        ),
        ('"Haircut"', '"Cut"', ["service cut: name"]),
        (
            "duration = 20",
            'duration = 20\nprice = "€9"\ndaily_limit = 3',
            ["service shave: price, daily_limit none → 3"],
        ),
        ("duration = 20", 'duration = 20\nplace = "By video"', ["service shave: place"]),
        (
            "duration = 20",
            'duration = 20\nonline = true\ncancel_until = "24 h"\nmove_until = "90 min"',
            [
                "service shave: online, cancel_until 0 min → 1 day, move_until 0 min → 1 h 30 min",
            ],
        ),
        (
            'offers = ["cut", "shave"]',
            'offers = ["cut", "shave"]\nemail = "ana@example.com"\nletters = "daily"',
            ["staff ana: email, letters at once → daily"],
        ),
        pytest.param(
            "[[closures]]",
            """\
[mail]
off = ["moved", "staff_moved"]
invitation = "file"
link_in_invitation = false
reminders = ["24 h", "2 h"]
lists_at = "20:15"
texts.en.booked.text = "Bring a towel."

[[closures]]""",
            [
                (
                    "shop: mail.off none → moved, staff_moved, mail.invitation request → file, "
                    "mail.link_in_invitation true → false, mail.reminders 1 day → 1 day, 2 h, "
                    "mail.lists_at 18:00 → 20:15, mail.texts.en.booked"
                ),
            ],
            marks=pytest.mark.both_databases,
        ),
        ('"+351 210 000 000"', '"+351 210 000 001"', ["shop: phone"]),
        ('"Europe/Lisbon"', '"Europe/Madrid"', None),
        ('"How short?"', '"How long?"', ["service cut: question length: label"]),
        pytest.param(
            'key = "length"',
            'key = "colour"',
            ["service cut: question length deleted", "service cut: question colour added"],
            marks=pytest.mark.both_databases,
        ),
        (
            'label = "How short?"',
            'label = "How short?"\nkind = "choice"\nchoices = ["1 cm", "2 cm"]',
            ["service cut: question length: kind text → choice, choices"],
        ),
        (
            "hours.mon-fri",
            "hours.mon-thu",
            ["staff ana: hours on friday none"],
        ),
        pytest.param(
            'hours.mon-fri = "09:00-17:00"',
            'hours.mon-thu = "09:00-17:00"\nhours.fri = ["09:00-12:00", "14:00-16:00"]',
            ["staff ana: hours on friday 09:00-12:00, 14:00-16:00"],
            marks=pytest.mark.both_databases,
        ),
        (
            'breaks.mon-fri = "12:00-13:00"',
            'breaks.mon-thu = "12:00-13:00"',
            ["staff ana: breaks on friday none"],
        ),
        (
            'hours = "09:00-12:00"',
            'hours = "closed"',
            ["staff ana: override on 2026-12-24 closed"],
        ),
        pytest.param(
            "day = 2026-12-24",
            "day = 2026-12-23",
            [
                "staff ana: override on 2026-12-23 09:00-12:00",
                "staff ana: override on 2026-12-24 deleted",
            ],
            marks=pytest.mark.both_databases,
        ),
        ('"Family"', '"Other"', ["staff ana: time off from 2026-12-28 00:00: reason"]),
        pytest.param(
            "day = 2026-12-28",
            "day = 2026-12-29",
            [
                "staff ana: time off from 2026-12-28 00:00 deleted",
                "staff ana: time off from 2026-12-29 00:00 to 2026-12-30 00:00 added",
            ],
            marks=pytest.mark.both_databases,
        ),
        ('["cut", "shave"]', '["cut"]', ["staff ana: no longer offers shave"]),
        ('offers = ["cut"]', 'offers = ["cut", "shave"]', ["staff ben: offers shave"]),
        ('"Christmas"', '"Holidays"', ["closure on 2026-12-25: reason"]),
        pytest.param(
            "day = 2026-12-25",
            "from = 2026-12-25\nto = 2026-12-26",
            [
                "closure on 2026-12-25: deleted",
                "closure from 2026-12-25 to 2026-12-26: added",
            ],
            marks=pytest.mark.both_databases,
        ),
    ],
)
def test_a_change_in_the_file_is_made_and_told(session, old, new, told):
    load(session)
    text = edited((old, new))
    changes = load(session, text)
    assert changes == told if told else "shop: zone Europe/Lisbon → Europe/Madrid" in changes
    assert load(session, text) == []


@pytest.mark.both_databases
def test_the_order_in_the_file_is_the_order_customers_see(session):
    load(session)
    service = '[[services]]\nslug = "wash"\nname = "Wash"\nduration = 5\n\n'
    text = BUSINESS.replace("[[services]]\n", service + "[[services]]\n", 1)
    assert load(session, text) == [
        "service wash: added",
        "service cut: its place in the order",
        "service shave: its place in the order",
    ]


def test_nothing_that_was_written_as_text_is_told(session):
    load(session)
    changes = load(
        session, edited(("hello@example.com", "new@example.com"), ("Family", "Operation"))
    )
    assert not any(word in line for line in changes for word in ("example", "Family", "Operation"))


# -- what vanished ---------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_what_vanished_without_bookings_is_deleted(session):
    load(session)
    assert load(session, without("shave")) == [
        "staff ana: no longer offers shave",
        "service shave: deleted",
    ]
    assert load(session, without("ben")) == [
        "service shave: added",
        "staff ana: offers shave",
        "staff ben: deleted",
    ]
    assert session.scalars(select(StaffMember.slug)).all() == ["ana"]
    assert count(session, Resource) == 3


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("service", "staff", "gone", "told", "told_when_back"),
    [
        (
            "shave",
            "ana",
            "shave",
            [
                "staff ana: no longer offers shave",
                "service shave: retired, because there are bookings of it",
            ],
            ["service shave: back, no longer retired", "staff ana: offers shave"],
        ),
        (
            "cut",
            "ben",
            "ben",
            ["staff ben: retired, because there are bookings of it"],
            ["staff ben: back, no longer retired"],
        ),
    ],
)
def test_what_has_bookings_is_retired_and_can_come_back(
    session, service, staff, gone, told, told_when_back
):
    load(session)
    customers(session).book(None, service, staff, at("10:00"))
    assert load(session, without(gone)) == told
    assert find(session, gone).retired
    session.rollback()
    assert load(session, without(gone)) == []
    assert load(session) == told_when_back
    booking = session.scalars(select(Booking)).one()
    assert find(session, gone) in (booking.service, booking.staff_member)
    assert not find(session, gone).retired


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("service", "staff", "gone"), [("shave", "ana", "shave"), ("cut", "ben", "ben")]
)
def test_a_hold_on_what_vanished_goes_with_it_and_no_other(session, service, staff, gone):
    load(session)
    shop = customers(session)
    shop.hold(shop.tab(), service, staff, at("10:00"))
    other = shop.hold(shop.tab(), "cut", "ana", at("14:00"))
    load(session, without(gone))
    assert session.scalars(select(hold.c.id)).all() == [other.id]
    assert set(session.scalars(select(claim.c.hold_id))) == {other.id}
