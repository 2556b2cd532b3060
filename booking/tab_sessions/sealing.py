"""Drafts at rest: each sealed under its own random key, that key wrapped under the tab's id.

Without the id a copy of the database opens no draft, and putting an old sealed text back is
noticed, because the row's version is part of what is authenticated.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class SealBroken(Exception):
    """A stored draft does not open: the row was changed by something other than this library."""


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
    return _decrypt(_wrapping(tab_id), wrapped, b"wrap")


def seal(plain: bytes, draft_key: bytes, version: int) -> bytes:
    """The draft as it is stored for this version of its row."""
    return _encrypt(draft_key, plain, b"draft:%d" % version)


def unseal(sealed: bytes, draft_key: bytes, version: int) -> bytes:
    """The draft back. Raises SealBroken."""
    return _decrypt(draft_key, sealed, b"draft:%d" % version)


def enclose(plain: bytes, reference: str, purpose: str) -> bytes:
    """What one tab leaves for another, readable only with the reference to it."""
    return _encrypt(_enclosing(reference, purpose), plain, b"reference")


def disclose(enclosed: bytes, reference: str, purpose: str) -> bytes:
    """What was left for the holder of this reference. Raises SealBroken."""
    return _decrypt(_enclosing(reference, purpose), enclosed, b"reference")


def _wrapping(tab_id: str) -> bytes:
    return derive(tab_id.encode("ascii"), "wrap")


def _enclosing(reference: str, purpose: str) -> bytes:
    return derive(reference.encode("ascii"), "reference:" + purpose)


def _encrypt(key: bytes, plain: bytes, context: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def _decrypt(key: bytes, stored: bytes, context: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(stored[:_NONCE], stored[_NONCE:], context)
    except (InvalidTag, ValueError) as broken:
        raise SealBroken("a stored draft does not open with its tab's id") from broken
