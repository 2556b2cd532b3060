"""What customers type, cleaned and checked: functions of the text alone, with clear messages.

What takes time is done once for each text: what came of it is kept in a `Memo`, which the caller
hands in and lets go with the request. So a text is judged before the transaction, by
`forms.look_over`, and only looked up inside it, where everybody waits on SQLite.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import email_validator
import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult
from wtforms import Field  # type: ignore[import-untyped]
from wtforms.validators import StopValidation  # type: ignore[import-untyped]

from booking import characters
from booking.i18n import gettext as _
from booking.i18n import ngettext

Memo = dict[Any, Any]
"""What came of the texts of one request."""
Judge = Callable[[str], str]
Check = Callable[[Any, Field], None]
"""A WTForms validator; the form needs nothing but a `memo`."""
AS_SEVERAL = 4  # characters that one letter may be typed as
LINE_BREAKS = frozenset("\n\t")
BLANKS = re.compile(r"(?:\r\n|[^\S\r\x0b\x0c\x1c-\x1f\x85])+")
_BREAKS = re.compile("\r\n|[\u2028\u2029]")
# What stands around an address that was copied out of a letter, a link or a list.
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>[\s.,;]*")
_LINK = re.compile(r"mailto:([^?]*)(\?.*)?", re.IGNORECASE)


def once(judge: Judge, text: str, memo: Memo) -> str:
    """Return what `judge` makes of the text, once for each memo.

    Raises: StopValidation.
    """
    asked = (judge, text)
    if asked not in memo:
        memo[asked] = judged, refusal = _outcome(judge, text)
        memo.setdefault((judge, judged), (judged, refusal))  # what it made of it stays as it is
    judged, refusal = memo[asked]
    if refusal is not None:
        raise StopValidation(refusal)
    return str(judged)


def _outcome(judge: Judge, text: str) -> tuple[str, str | None]:
    try:
        return judge(text), None
    except StopValidation as refused:
        return text, str(refused)


def judged(judge: Judge, most: int) -> Check:
    """Return a check that depends on the text alone: what it returns is the field's from then on.

    What is far too long for `most` characters is left to `at_most`.
    """

    def check(form: Any, field: Field) -> None:
        if len(field.data) <= AS_SEVERAL * most:
            field.data = once(judge, field.data, form.memo)

    return check


def cleaned(clean: Judge, most: int) -> Callable[[str, Memo], str]:
    """Return a function that cleans a text, unless it is too long for `most` characters anyway."""

    def within_reason(text: str, memo: Memo) -> str:
        return text if len(text) > AS_SEVERAL * most else once(clean, text, memo)

    return within_reason


def one_line(text: str) -> str:
    """Remove what nobody sees, put one space between words and none around; controls stay."""
    return BLANKS.sub(" ", characters.spelt(text)).strip(" ")


def many_lines(text: str) -> str:
    """Remove what nobody sees and spaces around; use one kind of line break."""
    return characters.spelt(_BREAKS.sub("\n", text))


def address(text: str) -> str:
    """Return the e-mail address alone, though a name, link or comma was copied along with it."""
    written = one_line(characters.bare(text))
    for around in (_IN_BRACKETS, _LINK):
        if match := around.fullmatch(written):
            written = match[1].strip()
    return written.rstrip(" .,;:")


def number(text: str) -> str:
    """Remove invisible characters from a phone number; its check reads what else people write."""
    return one_line(characters.bare(text))


def printable(text: str) -> str:
    """Refuse control characters, and towers of accents that cover other lines."""
    if text.isascii() and text.isprintable():
        return text
    if any(characters.is_unprintable(each) and each not in LINE_BREAKS for each in text):
        raise StopValidation(
            _("There are characters in this that cannot be printed. Type it again.")
        )
    if characters.has_towers(text):
        raise StopValidation(
            ngettext(
                "Use at most %(number)s accent on one letter.",
                "Use at most %(number)s accents on one letter.",
                characters.MOST_MARKS,
            )
        )
    return text


def given(message: str) -> Check:
    """Return a check that refuses an empty answer and ends the checks of it."""

    def check(_form: Any, field: Field) -> None:
        if not field.data:
            raise StopValidation(message)

    return check


def may_be_empty(_form: Any, field: Field) -> None:
    """End the checks of an optional answer that was left empty."""
    if not field.data:
        raise StopValidation


def at_most(most: int) -> Check:
    """Return a check that refuses more characters, and says how many are too many."""

    def check(_form: Any, field: Field) -> None:
        surplus = len(field.data) - most
        if surplus > 0:
            raise StopValidation(
                ngettext(
                    "Use at most %(number)s character: %(surplus)s less than now.",
                    "Use at most %(number)s characters: %(surplus)s less than now.",
                    most,
                    surplus=surplus,
                )
            )

    return check


def readable_name(text: str) -> str:
    """Accept every script, single names and any punctuation, as long as there is a letter."""
    if not any(unicodedata.category(character).startswith("L") for character in text):
        raise StopValidation(_("Enter your name with at least one letter."))
    return text


def email_address(text: str) -> str:
    """Accept an address that can exist, in any script; nobody is asked whether it does."""
    try:
        checked = email_validator.validate_email(text, check_deliverability=False)
    except email_validator.EmailNotValidError:
        raise StopValidation(_("Enter an e-mail address in full, like name@example.com.")) from None
    return checked.normalized


def problem_of_address(text: str) -> str:
    """Return why that can be no e-mail address, as it is said beside the field; else nothing."""
    try:
        email_address(text)
    except StopValidation as refused:
        return str(refused)
    return ""


@lru_cache(maxsize=64)  # one for each region, so that it is known again by itself
def phone_number(region: str | None) -> Judge:
    """Return a judge for numbers of `region` (ISO country code) as dialled there, or with '+'."""

    def judge(text: str) -> str:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            raise _no_number() from None
        if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
            raise _no_number()
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)

    return judge


def _no_number() -> StopValidation:
    return StopValidation(
        _("Enter a phone number in full, with + and the country code if it is from abroad.")
    )


def among(choices: list[str]) -> Check:
    """Return a check that refuses an answer that was not offered."""

    def check(_form: Any, field: Field) -> None:
        if field.data not in choices:
            raise StopValidation(_("Choose one of the answers listed."))

    return check
