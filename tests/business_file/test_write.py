"""A business as a file: what is written means the same when it is read again."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.business_file import values
from booking.business_file.load import read_business
from booking.business_file.services import TAKEN_KEYS
from booking.business_file.write import business_file
from booking.i18n.date_input import InvalidValue, Moment, ending, starting
from booking.operations.plan import (
    LETTERS,
    BusinessPlan,
    ClosurePlan,
    QuestionPlan,
    ServicePlan,
    ShopPlan,
    StaffPlan,
    TimeOffPlan,
)
from booking.operations.plan_versions import versions_of
from booking.scheduling.slots import TimeRange

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZONES = ("Europe/Lisbon", "America/New_York", "Asia/Kathmandu", "America/Santiago", "UTC")


def written(strategy, convert):
    """Texts as the file has them once they are read."""

    def read(text):
        try:
            return convert(text)
        except InvalidValue:
            return ""

    return strategy.map(read)


WILD = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text(
    "\"\\\n\t#=[]{}' a\x7f\u2028é", max_size=20
)
LINES = written(WILD, values.paragraphs(300))
LINE = written(WILD, values.text(60))
NAME = LINE.map(lambda text: text or "x")
SLUG = st.from_regex(r"[a-z0-9]{1,2}(-[a-z0-9]{1,3})?", fullmatch=True)
GRID = st.integers(0, 288).map(lambda n: 5 * n)


@st.composite
def ranges(draw, least=0):
    ends = sorted(draw(st.sets(GRID, min_size=2 * least, max_size=6)))
    return tuple(TimeRange(*pair) for pair in zip(ends[::2], ends[1::2], strict=False))


WEEK = st.dictionaries(st.integers(0, 6), ranges(least=1), max_size=7).map(
    lambda week: dict(sorted(week.items()))
)
DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


@st.composite
def services(draw, slug):
    window = draw(st.integers(1, 732))
    confirm, approval = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    keys = draw(
        st.lists(st.from_regex("[a-z][a-z0-9_-]{0,6}", fullmatch=True), max_size=2, unique=True)
    )
    return ServicePlan(
        slug=slug,
        name=draw(NAME),
        description=draw(LINES),
        price=draw(LINE),
        place=draw(LINES),
        duration=draw(GRID.map(lambda n: n or 5)),
        buffer_before=draw(GRID),
        buffer_after=draw(GRID),
        minimum_notice=draw(st.integers(0, min(window, 366) * 1440 - 1)),
        slot_step=draw(GRID.map(lambda n: n or 5)),
        booking_window=window,
        daily_limit=draw(st.none() | st.integers(1, 999)),
        is_online=draw(st.booleans()),
        confirm_by_mail=confirm,
        approval=approval,
        cancel_until=draw(st.integers(0, 366 * 1440)),
        move_until=draw(st.integers(0, 3000)),
        questions=tuple(draw(questions(key)) for key in keys if key not in TAKEN_KEYS),
    )


@st.composite
def questions(draw, key):
    kind = draw(st.sampled_from(["text", "choice", "checkbox"]))
    choices = draw(st.lists(NAME, min_size=2, max_size=4, unique=True))
    return QuestionPlan(
        key=key,
        label=draw(NAME),
        help=draw(LINE),
        kind=kind,
        required=draw(st.booleans()),
        choices=tuple(choices) if kind == "choice" else (),
    )


@st.composite
def away(draw, zone):
    first, days = draw(DAYS), draw(st.integers(1, 9))
    last = first + timedelta(days=days)
    minutes = draw(st.tuples(*[st.none() | st.integers(0, 1440)] * 2))
    try:
        starts_at = starting(Moment(first, minutes[0]), zone)
        ends_at = ending(Moment(last, minutes[1]), zone)
    except InvalidValue:  # the clocks went forward over it
        starts_at, ends_at = starting(Moment(first), zone), ending(Moment(last), zone)
    return TimeOffPlan(starts_at, max(ends_at, starts_at + timedelta(minutes=1)), draw(LINE))


@st.composite
def people(draw, slug, offered):
    zone, email = draw(st.sampled_from(ZONES)), draw(st.sampled_from(["", "ana@example.com"]))
    return StaffPlan(
        slug=slug,
        name=draw(NAME),
        about=draw(LINES),
        zone=zone,
        email=email,
        letters=draw(st.sampled_from(["at_once", "daily", "never"])) if email else "at_once",
        offers=tuple(draw(st.lists(st.sampled_from(offered), unique=True))),
        hours=draw(WEEK),
        breaks=draw(WEEK),
        overrides=draw(st.dictionaries(DAYS, ranges(), max_size=3)),
        time_off=tuple(draw(st.lists(away(ZoneInfo(zone)), max_size=2, unique=True))),
    )


@st.composite
def mails(draw):
    mail = {
        "off": draw(st.lists(st.sampled_from(["moved", "shop_moved"]), min_size=1, unique=True)),
        "invitation": "file",
        "link_in_invitation": False,
        "reminders": draw(st.sampled_from([[], [90, 5], [3 * 1440]])),
        "lists_at": draw(st.integers(0, 1000)),
        "texts": {
            "en": {
                "reminder": {
                    "subject": draw(NAME),
                    "text": draw(LINES.map(lambda text: text or "x")),
                }
            }
        },
    }
    mail["off"].sort(key=LETTERS.index)
    return {key: mail[key] for key in mail if draw(st.booleans())}


@st.composite
def businesses(draw):
    slugs = draw(st.lists(SLUG, min_size=1, max_size=2, unique=True))
    names = draw(st.lists(SLUG, min_size=1, max_size=2, unique=True))
    shop = ShopPlan(
        name=draw(NAME),
        zone=draw(st.sampled_from(ZONES)),
        phone="+351 21 000 00 00",
        email="shop@example.com",
        address=draw(LINES),
        about=draw(LINES),
        mail=draw(mails()),
        accent=draw(st.sampled_from(["", "#6b21a8"])),
        language=draw(st.sampled_from(["", "de"])),
    )
    spans = draw(st.lists(st.tuples(DAYS, st.integers(0, 30)), max_size=2, unique=True))
    closures = [ClosurePlan(day, day + timedelta(days=more), draw(LINE)) for day, more in spans]
    return BusinessPlan(
        shop,
        tuple(draw(services(slug)) for slug in slugs),
        tuple(draw(people(slug, slugs)) for slug in names),
        tuple(closures),
        (),
    )


def as_file(plan: BusinessPlan) -> str:
    return business_file(plan, versions_of(plan), day=NOW.date())


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(businesses())
def test_what_is_written_is_read_as_the_same_plan(plan):
    read = read_business(as_file(plan).encode(), name="shop.toml", now=NOW)
    assert (read.shop, read.services) == (plan.shop, plan.services)
    assert (read.staff, read.closures) == (plan.staff, plan.closures)
    assert read.versions == versions_of(plan) == versions_of(read)


def test_a_file_is_written_for_people():
    text = """
        [shop]
        name = "Corner"
        zone = "Europe/Lisbon"
        phone = "+351 21 000 00 00"
        email = "shop@example.com"
        address = "1 Street\\n1000 Lisbon"
        [[services]]
        slug = "cut"
        name = 'The "cut"'
        duration = 90
        [[staff]]
        slug = "ana"
        name = "Ana"
        hours.mon-wed = "09:00-17:00"
        hours.fri = "closed"
        hours.sun = ["10:00-12:00", "13:00-14:00"]
        [[staff.time_off]]
        from = "2026-12-24 14:00"
        to = 2026-12-26
    """
    made = as_file(read_business(text.encode(), name="shop.toml", now=NOW))
    for line in (
        'address = """\n1 Street\n1000 Lisbon"""',
        r'name = "The \"cut\""',
        'duration = "1 h 30 min"',
        'mon-wed = ["09:00-17:00"]\nsun = ["10:00-12:00", "13:00-14:00"]\n',
        'from = "2026-12-24 14:00"\nto = 2026-12-26\n',
    ):
        assert line in made
    assert "fri" not in made
    assert made.startswith("# Corner: the business as it was on 2026-11-23.\n")


@pytest.mark.parametrize("name", ["Two\nlines", "# [[staff]]"])
def test_a_name_cannot_leave_the_remark_it_stands_in(name):
    shop = ShopPlan(name, "UTC", "+351 1 2 3", "shop@example.com", "", "", {})
    first, *_ = as_file(BusinessPlan(shop, (), (), (), ())).splitlines()
    assert first.startswith("# ")
    assert first.endswith("the business as it was on 2026-11-23.")
