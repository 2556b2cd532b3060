"""Find bookings by what somebody types who looks for one: a beginning, an end, a reference.

Each way is an index of its own, and the number of statements is the same whatever there is.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, select, union
from sqlalchemy.orm import Session, joinedload

from booking.characters import folded

from .bookings import Booking
from .search_keys import (
    EMAIL,
    PHONE,
    WORD,
    digits_of,
    key_of,
    search_key,
    words_of,
)

LEAST_LETTERS, LEAST_DIGITS = 2, 3
_MOST_WORDS = 4
_PHONE = re.compile(r"[\d\s()+./-]+")
_END = b"\xff"  # behind whatever UTF-8 writes


def find_bookings(
    session: Session,
    text: str,
    *,
    now: datetime,
    staff: Collection[int] | None = None,
    most: int = 50,
) -> Sequence[Booking]:
    """Return up to `most` bookings that the text may mean: those to come first, the next on top.

    The text is the beginning of a word of the name (or of several words), the beginning of the
    e-mail, the end of the phone number, or the whole reference. `staff`: only appointments with
    these people (their numbers); None: with anybody. Empty for a text that says too little.
    """
    meant = matching(text)
    if meant is None:
        return ()
    query = select(Booking).where(meant)
    if staff is not None:
        query = query.where(Booking.staff_member_id.in_(staff))
    is_over = case((Booking.starts_at >= now, 0), else_=1)
    to_come = case((Booking.starts_at >= now, Booking.starts_at))
    query = query.order_by(is_over, to_come, Booking.starts_at.desc(), Booking.id).limit(most)
    load = joinedload(Booking.service), joinedload(Booking.staff_member)
    return session.scalars(query.options(*load)).all()


def matching(text: str) -> ColumnElement[bool] | None:
    """Return the SQL condition for bookings that the text may mean; None if it says too little."""
    ways = _ways(text)
    # A set of numbers, not conditions joined by OR: PostgreSQL would look through all bookings.
    return Booking.id.in_(union(*ways)) if ways else None


def says_enough(text: str) -> bool:
    """Tell whether something can be looked for with that text."""
    return bool(_ways(text))


def _ways(text: str) -> list[Select[int]]:
    """What finds the numbers of the bookings that the text may mean; none if it says too little."""
    asked = text.strip()
    reference = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", asked))).upper()
    ways = [select(Booking.id).where(Booking.reference == reference)]
    if _PHONE.fullmatch(asked):
        # Whoever dials within the country begins with a zero that is not in the whole number.
        digits = digits_of(asked).lstrip("0")
        return [*ways, _begins(PHONE, digits)] if len(digits) >= LEAST_DIGITS else []
    if "@" in asked:
        return [_begins(EMAIL, folded(asked))] if asked[0] != "@" else []
    first, *others = words_of(asked)[:_MOST_WORDS] or [""]
    if len(first) + sum(map(len, others)) < (LEAST_LETTERS if asked.isascii() else 1):
        return []
    every_word = _begins(WORD, first)
    for word in others:
        every_word = every_word.where(every_word.selected_columns[0].in_(_begins(WORD, word)))
    ways.append(every_word)
    if not re.search(r"\s", asked):
        ways.append(_begins(EMAIL, folded(asked)))
    return ways


def _begins(kind: bytes, text: str) -> Select[int]:
    key, table = key_of(kind, text), search_key.alias()
    return select(table.c.booking_id).where(table.c.key >= key, table.c.key < key + _END)
