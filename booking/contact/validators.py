"""What customers type, cleaned and checked: WTForms filters and validators with clear messages.

What takes time is a function of the text alone, and done once in a request: before the transaction,
see `forms.look_over`. Inside it, where everybody waits on SQLite, the same text is only looked up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import email_validator
import phonenumbers
from flask import g, has_app_context
from phonenumbers import PhoneNumberFormat, ValidationResult
from wtforms import Field, Form  # type: ignore[import-untyped]
from wtforms.validators import StopValidation  # type: ignore[import-untyped]

from booking import characters

Check = Callable[[Form, Field], None]
Judge = Callable[[str], str]
AS_SEVERAL = 4  # characters that one letter may be typed as
LINE_BREAKS = frozenset("\n\t")
BLANKS = re.compile(r"(?:\r\n|[^\S\r\x0b\x0c\x1c-\x1f\x85])+")
_BREAKS = re.compile("\r\n|[\u2028\u2029]")
# What stands around an address that was copied out of a letter, a link or a list.
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>[\s.,;]*")
_LINK = re.compile(r"mailto:([^?]*)(\?.*)?", re.IGNORECASE)


def once(judge: Judge) -> Judge:
    """The same, but of a text that this request has judged before only the outcome is told."""

    @wraps(judge)
    def known(text: str) -> str:
        if not has_app_context():
            return judge(text)
        outcomes, asked = g.setdefault("booking_judged", {}), (judge, text)
        if asked not in outcomes:
            outcomes[asked] = _outcome(judge, text)
        judged, refusal = outcomes[asked]
        if refusal is not None:
            raise StopValidation(refusal)
        return str(judged)

    return known


def _outcome(judge: Judge, text: str) -> tuple[str, str | None]:
    try:
        return judge(text), None
    except StopValidation as refused:
        return text, str(refused)


def judged(judge: Judge, most: int) -> Check:
    """A check that depends on the text alone: what it returns is the field's from then on.

    What is far too long for `most` characters is left to `at_most`.
    """
    known = once(judge)

    def check(_form: Form, field: Field) -> None:
        if len(field.data) <= AS_SEVERAL * most:
            field.data = known(field.data)

    return check


def cleaned(clean: Judge, most: int) -> Callable[[Any], str]:
    """A filter that cleans the text, unless it is too long for `most` characters anyway."""
    known = once(clean)

    def filtered(text: Any) -> str:
        sent = text or ""
        return sent if len(sent) > AS_SEVERAL * most else known(sent)

    return filtered


def as_sent(text: str) -> str:
    """What was sent, as it is."""
    return text


def one_line(text: str) -> str:
    """Without what nobody sees, one space between words, none around; the check sees controls."""
    return BLANKS.sub(" ", characters.spelt(text)).strip(" ")


def many_lines(text: str) -> str:
    """Without what nobody sees, one kind of line break, nothing blank around."""
    return characters.spelt(_BREAKS.sub("\n", text))


def address(text: str) -> str:
    """An e-mail address alone, though a name, a link or a comma was copied along with it."""
    written = one_line(characters.bare(text))
    for around in (_IN_BRACKETS, _LINK):
        if found := around.fullmatch(written):
            written = found[1].strip()
    return written.rstrip(" .,;:")


def number(text: str) -> str:
    """A phone number without invisible characters; its check reads what else people write."""
    return one_line(characters.bare(text))


def printable(text: str) -> str:
    """Refuses control characters, and towers of accents that cover other lines."""
    if text.isascii() and text.isprintable():
        return text
    if any(characters.is_unprintable(each) and each not in LINE_BREAKS for each in text):
        raise StopValidation("There are characters in this that cannot be printed. Type it again.")
    if characters.has_towers(text):
        raise StopValidation(f"Use at most {characters.MOST_MARKS} accents on one letter.")
    return text


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


def readable_name(text: str) -> str:
    """Accepts every script, single names and any punctuation, as long as there is a letter."""
    if not any(unicodedata.category(character).startswith("L") for character in text):
        raise StopValidation("Enter your name with at least one letter.")
    return text


def email_address(text: str) -> str:
    """Accepts an address that can exist, in any script; nobody is asked whether it does."""
    try:
        checked = email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError:
        raise StopValidation("Enter an e-mail address in full, like name@example.com.") from None
    return checked.normalized


@lru_cache(maxsize=64)  # one for each region, so that it is known again by itself
def phone_number(region: str | None) -> Judge:
    """Accepts a number of `region` (an ISO country code) as dialled there, and any with '+'."""

    def judge(text: str) -> str:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            raise StopValidation(PHONE_MESSAGE) from None
        if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
            raise StopValidation(PHONE_MESSAGE)
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)

    return judge


PHONE_MESSAGE = "Enter a phone number in full, with + and the country code if it is from abroad."


def among(choices: list[str]) -> Check:
    """Refuses an answer that was not on offer."""

    def check(_form: Form, field: Field) -> None:
        if field.data not in choices:
            raise StopValidation("Choose one of the answers listed.")

    return check
