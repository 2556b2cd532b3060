"""What the rules of a business file say is a message, too: the desk says it beside its fields."""

import ast
import re
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest

from booking.business_file.load import staff_member, the_shop
from booking.business_file.mail import letter
from booking.business_file.parts import read_part
from booking.business_file.services import service
from booking.i18n import speaking
from booking.i18n.date_input import day, ending, moment, starting
from booking.notifications.sample import Offer, wrong_texts
from booking.owner import closures_form, hours_form
from booking.scheduling.clock import zone
from booking.storage.models import Service, Shop, StaffMember
from tests.i18n.test_catalogue import NAMES, ROOT, is_prose
from tests.i18n.test_every_text_is_marked import CLOSE, MARKED, MARKS, OPEN

TODAY = date(2026, 3, 2)
LONG = "x" * 3000
TABLES = {
    "a shop that is empty": (the_shop_of := partial(the_shop, letters={}), {}),
    "a shop": (
        the_shop_of,
        {"name": "", "zone": "Lisbon", "phone": "1", "email": "a", "about": "1\x07", "accent": "1"},
    ),
    "another shop": (
        the_shop_of,
        {"name": 1, "zone": LONG, "phone": "1\n2", "accent": "#ffffff", "address": LONG, "x": 1},
    ),
    "a service": (
        service,
        {"slug": "Ü", "name": "a" + "\u0301" * 40, "duration": 7, "buffer_before": -5}
        | {"slot_step": "never", "booking_window": 0, "daily_limit": "1", "online": "yes"},
    ),
    "another service": (
        service,
        {
            "slug": "a",
            "name": "a",
            "duration": 10**20,
            "daily_limit": 0,
            "minimum_notice": "9 weeks",
        }
        | {"price": "20", "approval": True, "confirm_by_mail": True, "booking_window": 10**20}
        | {
            "questions": [
                {"key": "1", "label": "", "kind": "chioce"},
                {"key": "name", "label": "Two", "kind": "text", "choices": ["a"]},
                {"key": "a", "label": "Three", "kind": "choice"},
                {"key": "a", "label": "Three", "kind": "choice", "choices": ["a", "a"]},
            ]
        },
    ),
    "somebody": (
        partial(staff_member, services={"short"}, shop_zone="UTC", today=TODAY),
        {"slug": "any", "name": "a", "letters": "daily", "offers": ["shrot", "z"]}
        | {"hours": {"mon": "9-10", "tue": "10:00-09:00", "wed": ["09:00-10:00", "09:30-11:00"]}},
    ),
    "somebody else": (
        partial(staff_member, services=set(), shop_zone="UTC", today=TODAY),
        {"slug": "a", "name": "a", "email": "a", "letters": "often", "offers": ["short"]}
        | {"hours": {"mon": "09:01-10:00", "tue": "10:00-10:00", "wed": "10:00-99:99"}}
        | {"breaks": {"friday": "12:00-13:00", "x": "12:00-13:00", "thu": "12:00-00:00"}},
    ),
    "a letter": (letter, {"subject": "1\n2", "text": ""}),
}


def outside(said: str) -> str:
    """What no mark surrounds but values: what is in quotes, or a list of names, or of choices."""
    left = re.sub(r'"[^"]*"', "", MARKED.sub("", said))
    return re.sub(r"[\w{}]+, |\bor\b", "", left)


@pytest.mark.parametrize("name", TABLES)
def test_what_is_wrong_with_a_form_is_said_in_the_language_that_is_spoken(name):
    read, table = TABLES[name]
    with speaking(MARKS):
        _made, problems = read_part(table, read)
    assert len(problems) >= min(2, len(table))
    for said in problems.values():
        assert OPEN in said, said
        assert not is_prose(outside(said)), said


MOMENTS = ["noon", "2026-02-30", "1066-10-14", "2026-03-02 25:00", "2026-03-02 2 pm", 7]


@pytest.mark.parametrize("value", MOMENTS)
def test_what_is_wrong_with_a_date_is_said_so_as_well(value):
    with speaking(MARKS), pytest.raises(ValueError, match=OPEN) as refused:
        moment(value, TODAY)
    assert not is_prose(outside(str(refused.value)))


def test_a_time_that_no_clock_shows_is_said_so_as_well():
    lost = moment("2026-03-29 01:30", TODAY)
    for meant in (starting, ending):
        with speaking(MARKS), pytest.raises(ValueError, match=OPEN) as refused:
            meant(lost, zone("Europe/Lisbon"))
        assert not is_prose(outside(str(refused.value)))
    with speaking(MARKS), pytest.raises(ValueError, match=OPEN):
        day(datetime(2026, 3, 2, 9, tzinfo=UTC), TODAY)


def test_what_is_typed_as_hours_and_days_is_told_in_marked_words_by_their_forms():
    with speaking(MARKS):
        _hours, _breaks, errors = hours_form.read_week(
            dict.fromkeys(hours_form.NAMES, "")
            | {"open-0": "9-", "open-1": "10:00-09:00", "break-1": "-9"}
        )
        found: dict[str, str] = {}
        typed = {"from_day": "2026-02-30", "from_time": "9", "why": LONG}
        closures_form._moment(typed, "from", TODAY, found)
        closures_form._reason(typed, "why", found)
    assert (len(errors), len(found)) == (3, 3)
    for said in [*errors.values(), *found.values()]:
        assert OPEN in said
        assert not is_prose(outside(said)), said


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "text", ["{name}", "{", "a\x85b" * 2, "{price}", "x" * 300], ids=lambda each: each[:6]
)
def test_what_is_wrong_with_the_words_of_a_letter_is_told_to_whoever_writes_them(app, text):
    shop = Shop(
        name="Shop",
        zone="UTC",
        phone="",
        email="",
        address="",
        mail={"texts": {"en": {"booked": {"subject": text}}}},
    )
    offer = Offer(
        Service(name="Visit", duration=15, price="", place="", cancel_until=0, move_until=0),
        StaffMember(name="Ana", zone="UTC", email=""),
    )
    with app.app_context(), speaking(MARKS):
        [(_where, said)] = wrong_texts(shop, [offer], now=datetime(2026, 3, 2, tzinfo=UTC))
    assert said.startswith(OPEN)
    assert said.endswith((CLOSE, *"0123456789", "}"))
    assert not is_prose(outside(said))


READ_AT_THE_DESK = {"InvalidValue", "WrittenOtherwise", "NotARepeat"}


def raised(tree: ast.Module) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in READ_AT_THE_DESK
    ]


def test_no_rule_says_anything_that_is_no_message():
    """Whether a form above comes by it or not."""
    rules, offences = 0, []
    shell = ROOT / "booking" / "commands"
    for path in sorted((ROOT / "booking").rglob("*.py")):
        if Path(shell) in path.parents:
            continue
        for call in raised(ast.parse(path.read_text(encoding="utf-8"))):
            rules += 1
            says = [
                node
                for node in ast.walk(call)
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in NAMES
            ]
            said = {id(text) for one in says for text in ast.walk(one)}
            offences += [
                f"{path.name}:{node.lineno}: {node.value}"
                for node in ast.walk(call)
                if isinstance(node, ast.Constant) and id(node) not in said and is_prose(node.value)
            ]
    assert rules > 30
    assert not offences, f"{offences}: the desk shows them, so they are messages: _('…')"
