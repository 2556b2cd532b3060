"""A file that nobody would write is told so: at once, in a sentence, and without a stack trace."""

import pytest

from booking.business_file.section import MOST_PROBLEMS
from booking.business_file.toml_positions import MOST_PLACES
from tests.business_file.test_load import SERVICE, SHOP, STAFF, WHOLE, problems, read

DIGITS = {
    "hexadecimal": "0x" + "f" * 5000,
    "octal": "0o" + "7" * 9000,
    "binary": "0b" + "1" * 20_000,
    "underscores": "1_000_000_000_000_000_000_000",
    "an exponent": "1e400",
    "infinity": "inf",
    "no number": "nan",
    "below zero": "-" + "9" * 30,
    "a huge date": "9999-12-31T23:59:59.999999+23:59",
    "an early date": "0001-01-01",
}
KEYS = ["duration", "daily_limit", "booking_window", "minimum_notice", "buffer_after", "slot_step"]


@pytest.mark.parametrize("number", DIGITS.values(), ids=DIGITS)
def test_a_number_of_any_form_and_length_is_told_with_place_and_remedy(number):
    lines = "".join(f"{key} = {number}\n" for key in KEYS)
    told = problems(SHOP + SERVICE.replace("duration = 45\n", lines) + STAFF)
    places = [f"shop.toml:{line}: {key}: " for line, key in enumerate(KEYS, 9)]
    assert [one[: len(place)] for one, place in zip(told, places, strict=True)] == places
    assert all("write" in one and len(one) < 200 for one in told)


@pytest.mark.parametrize("number", [DIGITS["hexadecimal"], "inf", DIGITS["a huge date"]])
@pytest.mark.parametrize(
    "line", ["[[closures]]\nday = {}", "[[closures]]\nfrom = {0}\nto = {0}", "hours.mon = {}"]
)
def test_a_number_where_a_day_or_hours_belong_is_told_too(line, number):
    assert problems(WHOLE + line.format(number) + "\n")


def test_a_decimal_number_that_python_does_not_read_is_told_with_its_line():
    (told,) = problems(WHOLE + "x = " + "9" * 5000 + "\ny = 1\n")
    assert told.startswith("shop.toml:14: this is not TOML: a number has thousands of digits; ")


PARTS = 5000
DEEP = {
    "a key": "a" + ".a" * PARTS + " = 1",
    "a quoted key": '"a"' + " . 'a'" * PARTS + " = 1",
    "a header": "[a" + ".a" * PARTS + "]",
    "an inline table": "x = {a" + ".a" * PARTS + " = 1}",
    "brackets": "x = " + "[" * PARTS + "]" * PARTS,
    "tables in tables": "x = " + "{a = " * PARTS + "1" + "}" * PARTS,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_is_nested_deeper_than_anybody_writes_is_refused_before_it_is_read(text):
    (told,) = problems(WHOLE + text + "\n")
    assert "the brackets, or the names with dots between them, are nested too deeply" in told
    assert "write" in told


@pytest.mark.parametrize(
    "text", ["1. 2. 3. " * 9, "z. B. u. a. " * 8, "127.0.0.1 " * 40, "x" * 999]
)
def test_dots_in_a_text_are_no_nesting(text):
    assert read(SHOP + f'about = "{text}"\n' + SERVICE + STAFF).shop.about == text.strip()


def test_more_keys_than_anybody_writes_are_refused():
    (told,) = problems(WHOLE + "".join(f"k{n} = 1\n" for n in range(MOST_PLACES)))
    assert told.startswith(f"shop.toml: there are more than {MOST_PLACES} keys and values in it; ")


def test_of_very_many_mistakes_the_first_are_told_and_that_there_are_more():
    *told, more = problems(WHOLE + "".join(f"k{n} = 1\n" for n in range(2 * MOST_PROBLEMS)))
    assert len(told) == MOST_PROBLEMS
    assert more.startswith("shop.toml: there may be more mistakes: mend these first")


def test_a_message_repeats_only_as_much_as_can_be_read():
    long = "x" * 100_000
    lines = [f"{long} = 1", f'[[closures]]\nday = "2026-12-24{long}"', f'[{long}]\ny = "{long}"']
    for line in lines:
        told = problems(WHOLE + line + "\n")
        assert told
        assert all(len(one) < 500 and "write" in one for one in told)
