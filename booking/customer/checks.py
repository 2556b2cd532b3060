"""What customers type, cleaned and checked: WTForms filters and validators with clear messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import email_validator
import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult
from wtforms import Field, Form  # type: ignore[import-untyped]
from wtforms.validators import StopValidation  # type: ignore[import-untyped]

from booking import characters

Check = Callable[[Form, Field], None]
MOST_COMPOSED = 8000  # characters: four times the longest answer, for letters typed as several
LINE_BREAKS = frozenset("\n\t")
BLANKS = re.compile(r"(?:\r\n|[^\S\r\x0b\x0c\x1c-\x1f\x85])+")
_BREAKS = re.compile("\r\n|[\u2028\u2029]")
# What stands around an address that was copied out of a letter, a link or a list.
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>[\s.,;]*")
_LINK = re.compile(r"mailto:([^?]*)(\?.*)?", re.IGNORECASE)


def as_sent(text: Any) -> str:
    """What was sent, as it is."""
    return text or ""


def one_line(text: Any) -> str:
    """Without what nobody sees, one space between words, none around; the check sees controls."""
    return BLANKS.sub(" ", tidied(text or "", characters.spelt)).strip(" ")


def many_lines(text: Any) -> str:
    """Without what nobody sees, one kind of line break, nothing blank around."""
    return tidied(_BREAKS.sub("\n", text or ""), characters.spelt)


def address(text: Any) -> str:
    """An e-mail address alone, though a name, a link or a comma was copied along with it."""
    written = one_line(tidied(text or "", characters.bare))
    for around in (_IN_BRACKETS, _LINK):
        if found := around.fullmatch(written):
            written = found[1].strip()
    return written.rstrip(" .,;:")


def number(text: Any) -> str:
    """A phone number without invisible characters; its check reads what else people write."""
    return one_line(tidied(text or "", characters.bare))


def tidied(text: str, tidy: Callable[[str], str]) -> str:
    """The text made tidy, unless it is too long for any field of ours anyway."""
    # Marks that are out of order are sorted one by one: forty thousand of them took two seconds.
    return text if len(text) > MOST_COMPOSED else tidy(text)


def printable(_form: Form, field: Field) -> None:
    """Refuses control characters, and towers of accents that cover other lines."""
    if any(characters.is_unprintable(each) and each not in LINE_BREAKS for each in field.data):
        raise StopValidation("There are characters in this that cannot be printed. Type it again.")
    if characters.has_towers(field.data):
        raise StopValidation(f"Use at most {characters.MOST_MARKS} accents on one letter.")


def given(message: str) -> Check:
    """Refuses an empty answer; passes over every later check of an answer that is not there."""

    def check(_form: Form, field: Field) -> None:
        if not field.data:
            raise StopValidation(message)

    return check


def may_be_empty(_form: Form, field: Field) -> None:
    """Ends the checks of an optional answer that was left empty."""
    if not field.data:
        raise StopValidation


def at_most(characters: int) -> Check:
    """Refuses more characters than fit, and says how many are too many."""

    def check(_form: Form, field: Field) -> None:
        surplus = len(field.data) - characters
        if surplus > 0:
            raise StopValidation(f"Use at most {characters} characters: {surplus} less than now.")

    return check


def readable_name(_form: Form, field: Field) -> None:
    """Accepts every script, single names and any punctuation, as long as there is a letter."""
    if not any(unicodedata.category(character).startswith("L") for character in field.data):
        raise StopValidation("Enter your name with at least one letter.")


def email_address(_form: Form, field: Field) -> None:
    """Accepts an address that can exist, in any script; nobody is asked whether it does."""
    try:
        checked = email_validator.validate_email(field.data, check_deliverability=False)
    except email_validator.EmailNotValidError:
        raise StopValidation("Enter an e-mail address in full, like name@example.com.") from None
    field.data = checked.normalized


def phone_number(region: str | None) -> Check:
    """Accepts a number of `region` (an ISO country code) as dialled there, and any with '+'."""

    def check(_form: Form, field: Field) -> None:
        try:
            number = phonenumbers.parse(field.data, region)
        except phonenumbers.NumberParseException:
            raise StopValidation(PHONE_MESSAGE) from None
        if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
            raise StopValidation(PHONE_MESSAGE)
        field.data = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)

    return check


PHONE_MESSAGE = "Enter a phone number in full, with + and the country code if it is from abroad."


def among(choices: list[str]) -> Check:
    """Refuses an answer that was not on offer."""

    def check(_form: Form, field: Field) -> None:
        if field.data not in choices:
            raise StopValidation("Choose one of the answers listed.")

    return check
