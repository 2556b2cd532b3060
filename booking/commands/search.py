"""Finding what an owner types: as it sounds and as it is keyed in, not letter by letter."""

from __future__ import annotations

import unicodedata

from booking.storage.models import Booking

# What Unicode does not take apart: letters with a stroke, and marks that keyboards do not have.
_ALIKE = str.maketrans(
    {
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
    }
    | dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)
_FEWEST_DIGITS = 4  # of a number that is looked for: fewer are in nearly every number


def is_about(booking: Booking, typed: str) -> bool:
    """Whether the customer's name, e-mail or phone number has this in it."""
    wanted = folded(typed)
    texts = booking.customer_name, booking.customer_email, booking.customer_phone
    if any(wanted in folded(text) for text in texts):
        return True
    number = _number(wanted)
    has_letters = any(map(str.isalpha, wanted))
    in_number = number in _number(folded(booking.customer_phone))
    return len(number) >= _FEWEST_DIGITS and not has_letters and in_number


def folded(text: str) -> str:
    """Without accents, capitals, invisible characters and doubled blanks: İstanbul as istanbul."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c for c in parts if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return " ".join(kept.translate(_ALIKE).split())


def _number(text: str) -> str:
    """Its digits, in whatever script, without the zeros that are only dialled."""
    digits = (unicodedata.digit(c, None) for c in text.replace("(0)", ""))
    return "".join(str(digit) for digit in digits if digit is not None).lstrip("0")
