"""The key that makes customers' links: where it comes from, and where it is in use.

It is not in the database, so that a stolen one opens no link: SECRET_KEY, else a file beside the
instance that the first start makes. The database knows a fingerprint of each key, so that a process
with another one says so. Neither key nor file is ever logged.
"""

import hashlib
import hmac
import logging
import os
import secrets
import socket
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from booking.config import ConfigurationError
from booking.files import read_whole
from booking.operations.links import TwoKeys
from booking.storage.links import KeyUse, key_uses, note_key
from booking.transactions.sessions import Retry, read_transaction, run_in_transaction

FILE = "booking.key"
OURS, FLASKS, FALLBACKS = "BOOKING_SECRET_KEY", "SECRET_KEY", "SECRET_KEY_FALLBACKS"
SHORTEST = 16  # letters of a secret that somebody chose
_SHORTEST_FILE = 32
_MOST_BYTES = 4096
_OTHERS = stat.S_IROTH | stat.S_IWOTH
_MAKE_ONE = "python -c 'import secrets; print(secrets.token_hex(32))'"
_DAY = 24 * 60 * 60
IN_USE = 7 * _DAY
"""Seconds since its last use after which a key is not reckoned with any more; each day is noted."""
_PATIENCE = 60
"""Seconds until the database is asked again where it could not be."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LinkKey:
    """What one app makes links with. Of `keys` the first makes them; the others made some.

    `source` is 'secret' or 'file'; `place` says where without telling it. `is_short`: somebody who
    has the database could try secrets until one fits.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    fingerprints: tuple[str, ...]
    source: str
    place: str
    is_short: bool = False


def link_key_of(app: Flask, written: Sequence[str] = ()) -> LinkKey:
    """Return the key of this app; its file is made where there is neither secret nor file.

    `written` is what BOOKING_SECRET_KEY says: the secret that makes links, and those before it.

    Raises: ConfigurationError with the remedy.
    """
    found, path = [*_secrets(app.config, written)], Path(app.instance_path) / FILE
    source = "secret" if found else "file"
    if not found:
        found = [_kept(path)]
    else:
        with suppress(ConfigurationError, OSError):  # what was made before there was a secret
            found.append(_read(path))
    where = f"{socket.gethostname()}\0{path if source == 'file' else ''}"
    return LinkKey(
        keys=tuple(hmac.digest(each, b"sidebook:link-key:v1", "sha256") for each in found),
        fingerprints=tuple(map(_fingerprint, found)),
        source=source,
        place=hashlib.sha256(where.encode()).hexdigest()[:32],
        is_short=len(found[0]) < SHORTEST,
    )


def _fingerprint(secret: bytes) -> str:
    return hmac.digest(secret, b"sidebook:link-key:fingerprint:v1", "sha256").hex()[:32]


def _secrets(config: Mapping[str, Any], written: Sequence[str]) -> Iterator[bytes]:
    """The secrets that are set, the one that makes links first.

    Raises: ConfigurationError.
    """
    fallbacks = config.get(FALLBACKS) or ()
    if isinstance(fallbacks, str | bytes):
        raise ConfigurationError(f"{FALLBACKS} is one text. Write a list of earlier keys.")
    for value in (*written, config.get(FLASKS), *fallbacks):
        if value and not isinstance(value, str | bytes):
            raise ConfigurationError(f"{FLASKS} is neither text nor bytes. Write a text.")
        if value:
            yield value.encode() if isinstance(value, str) else value


# -- the file --------------------------------------------------------------------------------------


def _kept(path: Path) -> bytes:
    """What the file says; made now if there is none.

    Raises: ConfigurationError.
    """
    try:
        _make(path)
        return _read(path)
    except OSError as error:
        raise ConfigurationError(
            f"The key for customers' links cannot be kept in {path} ({error.strerror}). Let the "
            f"user that serves read and write there, or set {FLASKS} ({OURS} for "
            f"booking.create_app), the same on all machines: {_MAKE_ONE}"
        ) from error


def _make(path: Path) -> None:
    """Write a new key, unless somebody has done so: of several at once, one does."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(file, f"{secrets.token_hex(32)}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)


def _read(path: Path) -> bytes:
    """What the file says.

    Raises: ConfigurationError where it can be no secret, OSError.
    """
    content = read_whole(path, _MOST_BYTES)
    for _ in range(50):  # whoever makes it at this moment has not written it yet
        if content:
            break
        time.sleep(0.02)
        content = read_whole(path, _MOST_BYTES)
    secret = content.strip()
    if not _SHORTEST_FILE <= len(secret) <= _MOST_BYTES:
        raise ConfigurationError(
            f"{path} holds no key for customers' links: it has {len(secret)} letters. Restore it "
            "from where you keep it. If nobody has it, delete the file, and a new key is made: "
            "links that were handed out stay good."
        )
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        raise ConfigurationError(
            f"Others on this machine can read or change {path}, which makes customers' links. "
            f"Run: chmod 600 {path}"
        )
    return secret


# -- where it is in use ----------------------------------------------------------------------------


class KeyNote:
    """What one process has said and written down of its key, and until when that will do."""

    def __init__(self) -> None:
        self.good_until = 0.0

    def require(self, session: Session, key: LinkKey, now: float) -> None:
        """Note that the key is in use: with the first page, and once a day.

        In a transaction of its own, so nobody may be writing on this session. A database that
        cannot be asked, or a role that may not write, keeps nobody from booking.

        Raises: TwoKeys where another machine makes links with a file of its own.
        """
        self.good_until = now + _PATIENCE
        engine = session.get_bind()
        if isinstance(engine, Connection):  # in a host's own transaction, which another would await
            return
        own = Session(engine)
        try:
            uses = _uses(own)
            _compare(key, uses, int(now))
            if not _is_noted(key, uses, int(now)):
                _note(own, key, uses, int(now))
            self.good_until = now + _DAY
        except TwoKeys:
            self.good_until = 0.0
            raise
        except (SQLAlchemyError, Retry):
            _log.debug("The key of customers' links could not be noted.", exc_info=True)
        finally:
            own.close()


def _uses(session: Session) -> list[KeyUse]:
    with read_transaction(session) as reading:
        return key_uses(reading)


def _is_noted(key: LinkKey, uses: Sequence[KeyUse], now: int) -> bool:
    return any(
        (each.fingerprint, each.source, each.place) == (key.fingerprints[0], key.source, key.place)
        and each.last_used_at > now - _DAY
        for each in uses
    )


def _note(session: Session, key: LinkKey, uses: Sequence[KeyUse], now: int) -> None:
    use = KeyUse(key.fingerprints[0], key.source, key.place, now, now)
    known = use.fingerprint in {each.fingerprint for each in uses}
    run_in_transaction(session, lambda writing: note_key(writing, use, known=known))


def _compare(key: LinkKey, uses: Sequence[KeyUse], now: int) -> None:
    """Log what is not as it should be.

    Raises: TwoKeys.
    """
    if other := elsewhere(key, uses, now):
        raise TwoKeys(TWO_FILES.format(days=max(0, now - other.last_used_at) // _DAY))
    latest = [changed(key, use) for use in uses if use.last_used_at == uses[0].last_used_at]
    if latest and all(latest):
        _log.warning("%s", latest[0])


TWO_FILES = (
    "Another machine, or another folder, makes customers' links with a key file of its own (used "
    f"{{days}} days ago). Set the same {FLASKS} on all of them ({OURS} for booking.create_app), or "
    f"copy {FILE} from there into this instance folder"
)


def elsewhere(key: LinkKey, uses: Sequence[KeyUse], now: int) -> KeyUse | None:
    """Return another place's key file that is in use: nobody said which of the two it should be."""
    if key.source == "secret":
        return None
    return next(
        (
            each
            for each in uses
            if each.source == "file"
            and each.place != key.place
            and each.fingerprint not in key.fingerprints
            and each.last_used_at > now - IN_USE
        ),
        None,
    )


def changed(key: LinkKey, last: KeyUse) -> str:
    """Return what to say where the key used last is none of this app's; empty if it is one."""
    if last.fingerprint in key.fingerprints:
        return ""
    stay = "Links that were handed out stay good, and letters will have new ones."
    if last.source == key.source == "file":
        return f"The key file of customers' links ({FILE}) is not the one used before. {stay}"
    if key.source == "file":
        return f"Customers' links were made with {FLASKS}, which is not set here: set it. {stay}"
    return (
        f"Customers' links were made with another key than {FLASKS} here. If it was changed, name "
        f"the one before in {FALLBACKS}; if this is one of several machines, set the same on all. "
        f"{stay}"
    )
