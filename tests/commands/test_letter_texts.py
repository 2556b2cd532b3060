"""A shop's own words are tried in a real letter of a sample booking, before anybody gets one."""

import pytest
from jinja2 import DictLoader
from sqlalchemy import update

from booking.operations.plan import LETTERS
from booking.storage.models import Shop
from tests.commands.shell import SHOP, done, execute, refused

WRONG = [
    ('en.booked.text = "Hi {nam}"', "text: {nam} is not filled in here; write one of {service},"),
    ('en.booked.subject = "{link}"', "subject: {link} is not filled in here; write one of"),
    ('en.reminder.text = "At {when"', "text: {when is half of a pair of brackets; write one of"),
    ('en.reminder.text = "{when!r}"', "text: {when!r} is not filled in here; write one of"),
    ('en.staff_moved.text = "{0}"', "text: {0} is not filled in here; write one of"),
    ('en.moved.subject = "{when.__class__}"', "subject: {when.__class__} is not filled in here;"),
    ('en.staff_tomorrow.text = "{place}"', "text: {place} is not filled in here; write one of"),
    ('en.lost_link.text = "{link}"', "text: {link} is not filled in here; write one of {shop}"),
    ('en.booked.subject = "a\\nb"', "subject: there is a line break or control character in it;"),
    (
        'en.booked.subject = "{price}"',
        "subject: filled in for Free talk it is empty; write",
    ),
    ('en.booked.text = "{price}\\n\\n{price}"', "text: filled in for Free talk it is empty; write"),
    (
        f'en.booked.subject = "{"{shop} " * 17}"',
        "subject: filled in it has 356 characters; write one of at most 250",
    ),
]
FREE = """
[[services]]
slug = "talk"
name = "Free talk"
duration = "30 min"
[[staff]]
slug = "cid"
name = "Cid"
offers = ["talk"]
"""


@pytest.fixture
def file(tmp_path):
    """Writes a shop's file of which the last line is that of a text; returns it and that line."""

    def write(line):
        shop = SHOP.read_text("utf-8").replace('"Test Shop"', '"The shop that I test"')
        text = f"{shop}{FREE}[mail.texts]\n{line}\n"
        path = tmp_path / "shop.toml"
        path.write_text(text, "utf-8")
        return path, text.count("\n")

    return write


@pytest.mark.parametrize(("line", "told"), WRONG)
def test_a_text_that_makes_no_good_letter_is_refused_with_its_line_and_what_to_write(
    app, file, line, told
):
    path, number = file(line)
    assert f"{path}:{number}: {told}" in refused(app, "load", path)


def test_a_text_is_tried_although_much_else_in_the_file_is_wrong(app, file):
    path, number = file('en.shop_booked.text = "{when"')
    path.write_text(path.read_text("utf-8").replace("name =", "nome ="), "utf-8")
    said = refused(app, "load", path)
    assert "name is missing" in said
    assert said.count(f":{number}: ") == 1


def test_a_text_is_tried_in_every_letter_without_a_word_too_many(app, file):
    filled = dict.fromkeys(LETTERS, "{shop}, {when}") | {"lost_link": "{shop}"}
    texts = "\n".join(f'en.{name}.subject = "{text}"' for name, text in filled.items())
    path, _number = file(texts)
    assert "shop: " in done(app, "load", path)
    assert "ok     every letter can be made, in the shop's words" in done(app, "doctor")


def test_doctor_tells_of_a_text_that_was_never_looked_at(app):
    text = {"en": {"booked": {"subject": "Hi {nam}"}, "reminder": {"subject": "a\nb"}}}
    execute(app, update(Shop).values(mail={"texts": text}))
    said = done(app, "doctor")
    assert "warn   mail.texts.en.booked.subject: {nam} is not filled in here; write one of" in said
    assert "mail.texts.en.reminder.subject: there is a line break in it; write it on one" in said


def test_doctor_tells_of_a_hosts_template_of_which_no_letter_can_be_made(app):
    app.jinja_loader = DictLoader({"booking/letters/declined.txt": "{{ letter.whom }}"})
    answer = app.test_cli_runner().invoke(args=["booking", "doctor"])
    assert answer.exit_code == 1
    told = "WRONG  the letter declined cannot be made: UndefinedError, 'booking.notifications"
    assert told in answer.output
    assert "mend its template under templates/booking/letters" in answer.output
    assert answer.output.count("cannot be made") == 1
