"""Where letters leave and from whom, as an operator writes it down.

Each raises ValueError that says what to write, and never repeats a password.
"""

import math
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

import email_validator

from booking.addresses import is_host

_PORTS = {"smtp": 587, "smtps": 465}
_OPTIONS = {"": True, "tls=starttls": True, "tls=none": False}
_FORMS = (
    "Write smtp://user:password@host:587, smtps://user:password@host:465, file:///a/folder or log:"
)


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed over: a mail server, a folder for .eml files, or our own log.

    Without `is_encrypted` user, password and letters are sent as they are. `user` is empty where
    the server asks for none; `folder` is that of "file", None otherwise.
    """

    kind: Literal["smtp", "smtps", "file", "log"]
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    is_encrypted: bool = True
    folder: Path | None = None


@dataclass(frozen=True)
class Mailbox:
    """An e-mail address, its domain in ASCII, with the name shown beside it or none."""

    address: str
    name: str = ""


def mail_server(text: str) -> MailServer:
    """Return what BOOKING_MAIL_URL names; a folder that is not there yet is made.

    Raises: ValueError.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        # From nowhere: what it says quotes the address, and with it perhaps the password.
        raise ValueError(f"{_FORMS}; in a password write / as %2F, @ as %40, : as %3A.") from None
    if text.strip() == "log:":
        return MailServer("log")
    if parts.scheme == "file":
        return MailServer("file", folder=_folder(parts))
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    is_whole = is_host(host) and not parts.path.strip("/") and not parts.fragment
    if parts.scheme not in _PORTS or not is_whole:
        raise ValueError(f"{_FORMS}.")
    if parts.query not in _OPTIONS or (parts.scheme == "smtps" and parts.query):
        raise ValueError("After ? write tls=none, for an smtp:// server without STARTTLS.")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not f"{user}{password}".isascii():
        raise ValueError("Its user and password can have letters without accents only.")
    return MailServer(
        "smtps" if parts.scheme == "smtps" else "smtp",
        host.strip("[]"),
        port or _PORTS[parts.scheme],
        user,
        password,
        _OPTIONS[parts.query],
    )


def without_password(text: str) -> str:
    """Return the address of a mail server as it may be shown."""
    before, _, host = text.rpartition("@")
    return f"{before.partition('://')[0]}://***@{host}" if before else text


def mailbox(text: str) -> Mailbox:
    """Return an address that stands alone or as Name <address>.

    Raises: ValueError.
    """
    try:
        checked = email_validator.validate_email(
            text.strip(),
            allow_display_name=True,
            check_deliverability=False,
            test_environment=True,
        )
    except email_validator.EmailNotValidError as error:
        raise ValueError(
            f"{error} Write an address, such as shop@shop.example, or "
            '"The Shop" <shop@shop.example>.'
        ) from None
    return Mailbox(f"{checked.local_part}@{checked.ascii_domain}", checked.display_name or "")


def rate(value: object) -> float:
    """Return how many letters may leave in a second; 0: as many as can.

    Raises: ValueError.
    """
    with suppress(TypeError, ValueError):
        number = float(str(value))
        if math.isfinite(number) and number >= 0:
            return number
    raise ValueError("Write a number such as 5, or 0.5 for thirty a minute; 0: as fast as they go.")


def delivery(value: object) -> str:
    """Return who delivers: "thread" or "command".

    Raises: ValueError.
    """
    if value not in ("thread", "command"):
        raise ValueError("Write thread, or command where flask booking deliver --watch runs.")
    return str(value)


def _folder(parts: SplitResult) -> Path:
    """The folder, which nobody else on this machine can look into: letters are personal.

    Raises: ValueError.
    """
    from urllib.request import url2pathname  # noqa: PLC0415 - slow to load, for a folder only

    folder = Path(url2pathname(parts.path))
    is_whole = folder.is_absolute() and folder != Path("/") and "\0" not in str(folder)
    if parts.netloc or parts.query or not is_whole:
        raise ValueError("Write file:// and the whole path of a folder, such as file:///srv/mail.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as error:
        raise ValueError(
            f"{folder} cannot be made ({error.strerror}). Write a folder that can be written into."
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"{folder} cannot be written into. Make it this user's, or name another.")
    if os.name == "posix" and mode & 0o077:
        raise ValueError(
            f"Others on this machine can look into {folder}. Write a folder that is not there yet, "
            f"or run: chmod 700 {folder}"
        )
    return folder
