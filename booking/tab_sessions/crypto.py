"""Drafts at rest: each sealed under its own random key, that key wrapped under the tab's id.

The id is a secret: 32 random bytes that the browser made. The database knows its digest only, and
without the id a copy of the database opens no draft. Putting an old sealed text back is noticed,
because the row's version is part of what is authenticated; so is the number of the format, of which
there is one today. The labels and contexts below are part of what is stored: they never change.
"""

import hashlib
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT = 0
"""In which format new drafts are sealed; a row without a number has format 0."""
CIPHERS: dict[int, Any] = {0: AESGCM}
"""What seals the drafts of each format that can be read."""
_NONCE = 12  # bytes


class Unreadable(Exception):
    """What is stored cannot be opened: `what` says what, `flow` and `row` whose, where known."""

    reason = "cannot be opened"

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.flow: str | None = None
        self.row: int | None = None

    def __str__(self) -> str:
        flow = f"flow {self.flow}, " if self.flow else ""
        whose = "" if self.row is None else f" ({flow}row {self.row})"
        return f"{self.what} that is stored {self.reason}{whose}"


class SealBroken(Unreadable):
    """It does not open with its secret: something other than this library changed it."""

    reason = "does not open with its secret"


class UnknownFormat(Unreadable):
    """Its format is none of this release's: a newer release wrote it."""

    reason = "has a format that this release does not know"


class naming_row:  # noqa: N801 - read as `with naming_row(…)`; a generator takes twice as long
    """Note the flow and the number of the row on what is raised because it cannot be opened."""

    def __init__(self, flow: str | None, row: int) -> None:
        self._whose = flow, row

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, Unreadable):
            error.flow, error.row = self._whose


def derive(secret: bytes, purpose: str) -> bytes:
    """Derive 32 bytes that only this secret leads to, others for every purpose."""
    info = b"tab-session:v1:" + purpose.encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret)


def digest(tab_id: str) -> bytes:
    """Return what the database looks a tab up by. 256 random bits need no salt."""
    return hashlib.sha256(b"tab-session:v1:" + tab_id.encode("ascii")).digest()


def new_draft_key() -> bytes:
    """Make a fresh key for one draft."""
    return AESGCM.generate_key(bit_length=256)


def wrap(draft_key: bytes, tab_id: str, number: int | None = FORMAT) -> bytes:
    """Encrypt the key of a draft of format `number`, readable only with the tab's id."""
    return _encrypt(_wrapping(tab_id), draft_key, b"wrap", number)


def unwrap(wrapped: bytes, tab_id: str, number: int | None) -> bytes:
    """Return the draft's key; `number` is its row's format.

    Raises: SealBroken, UnknownFormat.
    """
    return _decrypt(_wrapping(tab_id), wrapped, b"wrap", number, "a draft's key")


def seal(plain: bytes, draft_key: bytes, version: int, number: int | None = FORMAT) -> bytes:
    """Encrypt a draft as it is stored for this version of its row, in format `number`."""
    return _encrypt(draft_key, plain, b"draft:%d" % version, number)


def unseal(sealed: bytes, draft_key: bytes, version: int, number: int | None) -> bytes:
    """Return the draft; `number` is its row's format.

    Raises: SealBroken, UnknownFormat.
    """
    return _decrypt(draft_key, sealed, b"draft:%d" % version, number, "a draft")


def encrypt_handover(plain: bytes, reference: str, purpose: str) -> bytes:
    """Encrypt what one tab leaves for another, readable only with the reference to it."""
    return _encrypt(_handover_key(reference, purpose), plain, b"reference", 0)


def decrypt_handover(sealed: bytes, reference: str, purpose: str) -> bytes:
    """Return what was left for the holder of this reference.

    Raises: SealBroken.
    """
    what = f"a hand-over of {purpose}"
    return _decrypt(_handover_key(reference, purpose), sealed, b"reference", 0, what)


def _wrapping(tab_id: str) -> bytes:
    return derive(tab_id.encode("ascii"), "wrap")


def _handover_key(reference: str, purpose: str) -> bytes:
    return derive(reference.encode("ascii"), "reference:" + purpose)


def _encrypt(key: bytes, plain: bytes, label: bytes, number: int | None) -> bytes:
    nonce = os.urandom(_NONCE)
    cipher = CIPHERS[number or 0](key)
    sealed: bytes = cipher.encrypt(nonce, plain, _authenticated(label, number))
    return nonce + sealed


def _decrypt(key: bytes, stored: bytes, label: bytes, number: int | None, what: str) -> bytes:
    if (number or 0) not in CIPHERS:
        raise UnknownFormat(f"{what} of format {number}")
    cipher, nonce, text = CIPHERS[number or 0](key), stored[:_NONCE], stored[_NONCE:]
    try:
        opened: bytes = cipher.decrypt(nonce, text, _authenticated(label, number))
    except (InvalidTag, ValueError) as broken:
        raise SealBroken(what) from broken
    return opened


def _authenticated(label: bytes, number: int | None) -> bytes:
    """What is authenticated beside the text. Format 0 was stored before there were others."""
    return b"%b:format:%d" % (label, number) if number else label
