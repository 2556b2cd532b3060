"""What a booking is found by: the words of its customer's name, the e-mail, the phone's end.

A row for each of them, as bytes, because bytes are in one order in every database and collation: so
an ordinary index finds what begins with something. A phone number is kept backwards, so that its
end is a beginning. The rows are written in the transaction of whatever writes the booking.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    LargeBinary,
    Table,
    bindparam,
    delete,
    insert,
)
from sqlalchemy.orm import Session

from booking.characters import folded
from booking.transactions.statements import FixedStatement

from .base import Base

search_key = Table(
    "booking_search_key",
    Base.metadata,
    Column("key", LargeBinary(128), primary_key=True),
    Column(
        "booking_id",
        BigInteger,
        ForeignKey("booking_booking.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
)

WORD, EMAIL, PHONE = b"n", b"e", b"p"
"""What a key begins with: whether it is of a name, an e-mail or a phone number."""

_LONGEST = 127  # bytes of a key behind its kind
_MOST_WORDS = 12
_WITHIN_A_WORD = re.compile(r"['.]")
_WORDS = re.compile(r"[^\W_]+")
_NO_DIGIT = re.compile(r"\D")


def words_of(text: str) -> list[str]:
    """Return the words of a name, as names are compared: O'Brien is one, Anna-Lena are two."""
    return _WORDS.findall(_WITHIN_A_WORD.sub("", folded(text)))


def digits_of(phone: str) -> str:
    """Return the digits of a phone number as 0 to 9, whoever's digits they are."""
    return "".join(str(int(digit)) for digit in _NO_DIGIT.sub("", phone))


def key_of(kind: bytes, text: str) -> bytes:
    """Return the key of a word, an e-mail or a phone number's digits, or what begins one."""
    said = text[::-1] if kind == PHONE else text
    return kind + said.encode("utf-8", "ignore")[:_LONGEST]


def keys_of(name: str, email: str, phone: str) -> list[bytes]:
    """Return what a booking of this customer is found by, in order, each once."""
    keys = {key_of(WORD, word) for word in words_of(name)[:_MOST_WORDS]}
    if email:
        keys.add(key_of(EMAIL, folded(email)))
    if digits := digits_of(phone):
        keys.add(key_of(PHONE, digits))
    return sorted(keys)


def write_search_keys(session: Session, booking_id: int, keys: Iterable[bytes]) -> None:
    """Write what a new booking is found by."""
    if given := list(keys):
        values: dict[str, Any] = {f"key_{place}": key for place, key in enumerate(given)}
        _inserting(len(given)).execute(session, {"booking": booking_id, **values})


def renew_search_keys(connection: Connection, booking_id: int, keys: Iterable[bytes]) -> None:
    """Write what a booking is found by from now on, in place of what there was."""
    connection.execute(delete(search_key).where(search_key.c.booking_id == booking_id))
    if rows := [{"key": key, "booking_id": booking_id} for key in keys]:
        connection.execute(insert(search_key).values(rows))


@lru_cache(maxsize=16)
def _inserting(keys: int) -> FixedStatement:
    number = bindparam("booking", type_=search_key.c.booking_id.type)
    rows = [
        {"booking_id": number, "key": bindparam(f"key_{place}", type_=search_key.c.key.type)}
        for place in range(keys)
    ]
    return FixedStatement(insert(search_key).values(rows))
