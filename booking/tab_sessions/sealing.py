"""Drafts at rest: each sealed under its own random key, that key wrapped under the tab's id.

Without the id a copy of the database opens no draft, and putting an old sealed text back is
noticed, because the row's version is part of what is authenticated.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class SealBroken(Exception):
    """What is stored does not open: something other than this library changed it.

    `what` did not: a draft, a draft's key, or what one tab left for another (a hand-over). `flow`
    and `row` say whose tab's, where that is known.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.flow: str | None = None
        self.row: int | None = None

    def __str__(self) -> str:
        flow = f"flow {self.flow}, " if self.flow else ""
        whose = "" if self.row is None else f" ({flow}row {self.row})"
        return f"{self.what} that is stored does not open with its secret{whose}"


@contextmanager
def of(flow: str | None, row: int) -> Iterator[None]:
    """Say of a SealBroken whose row it was."""
    try:
        yield
    except SealBroken as broken:
        broken.flow, broken.row = flow, row
        raise


def derive(secret: bytes, purpose: str) -> bytes:
    """32 bytes that only the holder of this secret can name, different for every purpose."""
    info = b"tab-session:v1:" + purpose.encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret)


def new_draft_key() -> bytes:
    """A fresh key for one draft."""
    return AESGCM.generate_key(bit_length=256)


def wrap(draft_key: bytes, tab_id: str) -> bytes:
    """The draft's key, readable only with the tab's id."""
    return _encrypt(_wrapping(tab_id), draft_key, b"wrap")


def unwrap(wrapped: bytes, tab_id: str) -> bytes:
    """The draft's key back. Raises SealBroken."""
    return _decrypt(_wrapping(tab_id), wrapped, b"wrap", "a draft's key")


def seal(plain: bytes, draft_key: bytes, version: int) -> bytes:
    """The draft as it is stored for this version of its row."""
    return _encrypt(draft_key, plain, b"draft:%d" % version)


def unseal(sealed: bytes, draft_key: bytes, version: int) -> bytes:
    """The draft back. Raises SealBroken."""
    return _decrypt(draft_key, sealed, b"draft:%d" % version, "a draft")


def enclose(plain: bytes, reference: str, purpose: str) -> bytes:
    """What one tab leaves for another, readable only with the reference to it."""
    return _encrypt(_enclosing(reference, purpose), plain, b"reference")


def disclose(enclosed: bytes, reference: str, purpose: str) -> bytes:
    """What was left for the holder of this reference. Raises SealBroken."""
    return _decrypt(
        _enclosing(reference, purpose), enclosed, b"reference", f"a hand-over of {purpose}"
    )


def _wrapping(tab_id: str) -> bytes:
    return derive(tab_id.encode("ascii"), "wrap")


def _enclosing(reference: str, purpose: str) -> bytes:
    return derive(reference.encode("ascii"), "reference:" + purpose)


def _encrypt(key: bytes, plain: bytes, context: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def _decrypt(key: bytes, stored: bytes, context: bytes, what: str) -> bytes:
    try:
        return AESGCM(key).decrypt(stored[:_NONCE], stored[_NONCE:], context)
    except (InvalidTag, ValueError) as broken:
        raise SealBroken(what) from broken
