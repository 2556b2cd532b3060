"""Passwords: what makes a good one, and whether one is right, by Argon2.

Argon2 takes 64 MiB and a good part of a tenth of a second on purpose. So two of them run at most at
once in a process, and never while the database waits: `turn()` comes before any transaction.
"""

import gzip
import string
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from booking.i18n import gettext as _

SHORTEST, LONGEST = 10, 500  # characters
AT_ONCE = 2
COMMON = Path(__file__).with_name("common_passwords.txt.gz")
"""The 16,282 of eight characters or more among the 50,000 that are used most, in small letters."""
ABOUT_US = ("sidebook", "appointment", "booking", "reception")
"""Words that whoever guesses tries first because of what this is (ASVS 6.1.2)."""
_AROUND = string.digits + string.punctuation + " "
_turns, _turns_of_strangers = BoundedSemaphore(AT_ONCE), BoundedSemaphore(AT_ONCE - 1)
_hasher = PasswordHasher()  # RFC 9106's second choice: 64 MiB, three passes, four lanes


class TooBusy(Exception):
    """Raised where two are looked at already: nobody waits for a turn, and keeps a thread."""


@contextmanager
def turn(*, is_stranger: bool = False) -> Iterator[None]:
    """Do what is done inside as one of two at once, of which one at most is a stranger's.

    So a flood of tries leaves a turn to those whose browser, session or link is known.

    Raises: TooBusy.
    """
    with _one_of(_turns_of_strangers if is_stranger else None), _one_of(_turns):
        yield


@contextmanager
def _one_of(turns: BoundedSemaphore | None) -> Iterator[None]:
    if turns and not turns.acquire(blocking=False):
        raise TooBusy
    try:
        yield
    finally:
        if turns:
            turns.release()


def hashed(password: str) -> str:
    """Return what is stored of a password; inside a `turn()`."""
    return _hasher.hash(_normal(password))


def is_right(password_hash: str, password: str) -> bool:
    """Return whether that is the password; inside a `turn()`.

    An empty hash, of nobody or of who has set none, takes as long and is never right.
    """
    try:
        _hasher.verify(password_hash or _nobodys(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Return whether it was made with less than what is asked for now."""
    return _hasher.check_needs_rehash(password_hash)


def refusal(password: str, *about: str) -> str:
    """Return why that cannot become a password, as it is said beside the field; else nothing.

    `about` are words that whoever guesses tries first: the address, the names.
    """
    normal = _normal(password)
    if len(normal) < SHORTEST:
        return _(
            "Use %(number)s characters or more: a few words are easy to keep.", number=SHORTEST
        )
    if len(normal) > LONGEST:
        return _("Use %(number)s characters or less.", number=LONGEST)
    plain = normal.casefold()
    if any(_is_most_of(plain, word.casefold()) for word in (*ABOUT_US, *about)):
        return _("That is easily guessed: it is mostly a name, an address or what this is.")
    if len(set(plain)) < 5 or _repeats(plain) or _is_common(plain):
        return _("That is among the passwords that are tried first. Add some words to it.")
    return ""


def _repeats(password: str) -> bool:
    return password in (password * 2)[1:-1]


def _is_common(password: str) -> bool:
    """Whether it is one of a list, alone or between figures and signs: sunshine in sunshine1!."""
    return bool({password, password.strip(_AROUND)} & _common_ones())


@cache
def _common_ones() -> frozenset[str]:
    text = gzip.decompress(COMMON.read_bytes()).decode()
    return frozenset(text.split("\n"))


def _is_most_of(password: str, word: str) -> bool:
    return len(word) > 3 and word in password and len(password) - len(word) < 6


def _normal(password: str) -> str:
    # Keyboards write one letter in several ways (NIST SP 800-63B, 3.1.1.2).
    return unicodedata.normalize("NFKC", password[: 2 * LONGEST])


@cache
def _nobodys() -> str:
    return _hasher.hash("of nobody")
