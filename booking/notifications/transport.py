"""How a letter leaves: by SMTP, as a file in a folder, or as a line of the log.

A server may answer slowly, a byte a second if it likes, and each byte would begin a socket's own
time limit anew. So a connection, and then each letter, has its time in all, after which the
connection is cut off.
"""

import logging
import re
import smtplib
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from pathlib import Path
from threading import Timer
from typing import Literal, Protocol

from booking.addresses import domain_in_ascii
from booking.characters import is_unprintable
from booking.mail_settings import MailServer

ACCEPTED, TEMPORARY, PERMANENT = "accepted", "temporary", "permanent"
_PAUSING = (421, 451, 452)
_NOT_THE_LETTERS = (530, 534, 535, 538)  # log in first, another way, with another password
_MOST_WORDS = 300
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What became of a letter that was handed over, and the server's words without addresses.

    `pauses`: it is not about this letter, and the others should wait, too.
    """

    outcome: Literal["accepted", "temporary", "permanent"]
    words: str
    pauses: bool = False


class Transport(Protocol):
    """One way for letters to leave."""

    def connected(self) -> AbstractContextManager[None]:
        """Keep the connection that letters share meanwhile; it is opened for the first of them."""

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Answer:
        """Hand one letter over, inside `connected()`. Whatever happens is an answer."""


def transport_for(
    server: MailServer, *, seconds: float, letters_a_connection: int, our_name: str
) -> Transport:
    """Return the way that the settings name.

    `seconds` is the time for opening a connection, and again for each letter; `our_name` is what
    we call ourselves to a mail server.
    """
    if server.kind == "log":
        return _Log()
    if server.folder is not None:
        return _Folder(server.folder)
    return _Smtp(server, seconds, letters_a_connection, our_name)


def in_ascii(address: str) -> str:
    """Return the address with an international domain as it travels; its local part stays."""
    local, _, domain = address.rpartition("@")
    with suppress(UnicodeError):
        domain = domain_in_ascii(domain)
    return f"{local}@{domain}"


class _Log:
    """Writes what a letter's head says, save who it is from and to."""

    shown = ("Date", "Message-ID", "Subject", "Content-Language")

    def connected(self) -> AbstractContextManager[None]:
        _log.setLevel(logging.INFO)
        return nullcontext()

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Answer:  # noqa: ARG002 - nobody is told
        head = ", ".join(f"{name}: {message[name]}" for name in self.shown if message[name])
        _log.info("Letter: %s", head)
        return Answer("accepted", "written into the log")


@dataclass(frozen=True)
class _Folder:
    """Writes each letter as a file, which is there whole or not at all.

    Its name is that of its Message-ID: a letter that is sent again replaces itself.
    """

    folder: Path

    def connected(self) -> AbstractContextManager[None]:
        return nullcontext()

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Answer:  # noqa: ARG002 - as the interface has it
        name = re.sub(r"[^\w.-]", "", message["Message-ID"].partition("@")[0], flags=re.ASCII)
        try:
            self._write(f"{name}.eml", message.as_bytes(policy=SMTPUTF8))
        except OSError as error:
            return Answer("temporary", error.strerror or type(error).__name__, pauses=True)
        return Answer("accepted", f"written as {name}.eml")

    def _write(self, name: str, content: bytes) -> None:
        # tempfile makes it for this user alone.
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", delete=False) as file:
            written = Path(file.name)
            try:
                file.write(content)
                file.flush()
                written.replace(self.folder / name)
            except BaseException:
                written.unlink(missing_ok=True)
                raise


class _Connection(smtplib.SMTP):
    """A connection that another thread can cut off in any of its states, also in a handshake."""

    def __init__(self, server: MailServer, seconds: float, our_name: str) -> None:
        super().__init__(timeout=seconds, local_hostname=our_name)
        self._host, self._server, self._context = server.host, server, ssl.create_default_context()
        self._end: socket.socket | None = None

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # One after the other, each for the whole time, they would outlast the letter's lease.
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        share = timeout / max(1, len(addresses))
        plain: socket.socket = super()._get_socket(host, port, share)  # type: ignore[misc]
        plain.settimeout(timeout)
        self._end = plain.dup()  # of the same connection, whatever becomes of the first
        if self._server.kind == "smtps":
            return self._context.wrap_socket(plain, server_hostname=host)
        return plain

    def open(self) -> None:
        """Connect, encrypt and log in, as the settings say.

        Raises: smtplib.SMTPException, OSError.
        """
        code, words = self.connect(self._server.host, self._server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        self.ehlo_or_helo_if_needed()
        if self._server.kind == "smtp" and self._server.is_encrypted:
            self.starttls(context=self._context)
            self.ehlo_or_helo_if_needed()
        if self._server.user:
            self.login(self._server.user, self._server.password)

    def cut_off(self) -> None:
        """End it for whoever waits for it in another thread."""
        if self._end:
            with suppress(OSError):
                self._end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        super().close()
        end, self._end = self._end, None
        if end:
            end.close()


class _Smtp:
    """Hands letters to a mail server, several by one connection."""

    def __init__(
        self, server: MailServer, seconds: float, letters_a_connection: int, our_name: str
    ) -> None:
        self._server, self._seconds, self._our_name = server, seconds, our_name
        self._most, self._sent = letters_a_connection, 0
        self._connection: _Connection | None = None

    @contextmanager
    def connected(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._leave()

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Answer:
        try:
            connection = self._ready()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Answer("temporary", _words_of(error), pauses=True)
        try:
            with self._at_most(connection):
                return self._hand_over(connection, message, in_ascii(sender), in_ascii(recipient))
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return _answer_of(error, recipient)

    def _ready(self) -> _Connection:
        """The connection, opened anew where it has carried enough, or the server has closed it."""
        if self._connection and (self._sent >= self._most or not self._is_there(self._connection)):
            self._leave()
        if self._connection is None:
            self._sent, self._connection = (
                0,
                _Connection(self._server, self._seconds, self._our_name),
            )
            with self._at_most(self._connection):
                self._connection.open()
        return self._connection

    def _is_there(self, connection: _Connection) -> bool:
        with self._at_most(connection):
            return self._goes_on(connection)

    def _goes_on(self, connection: _Connection) -> bool:
        """Whether the server takes another letter by this connection; a refused one is over."""
        with suppress(smtplib.SMTPException, OSError):
            return connection.rset()[0] == 250
        return False

    def _hand_over(
        self, connection: _Connection, message: EmailMessage, sender: str, recipient: str
    ) -> Answer:
        self._sent += 1
        is_international = not (sender + recipient).isascii()
        if is_international and not connection.has_extn("smtputf8"):
            return Answer("permanent", "our server cannot send to such an address (no SMTPUTF8)")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if is_international else []
        code, words = connection.mail(sender, options)
        if code == 250:
            code, words = connection.rcpt(recipient)
        if code in (250, 251):
            code, words = connection.data(_wire(message, recipient, utf8=is_international))
        if code != 250 and not self._goes_on(connection):
            self._drop()
        return _answer(code, words, recipient)

    @contextmanager
    def _at_most(self, connection: _Connection) -> Iterator[None]:
        timer = Timer(self._seconds, connection.cut_off)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _leave(self) -> None:
        if self._connection:
            with suppress(smtplib.SMTPException, OSError), self._at_most(self._connection):
                self._connection.quit()
        self._drop()

    def _drop(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


def _wire(message: EmailMessage, recipient: str, *, utf8: bool) -> bytes:
    """The letter as it travels: in ASCII, which every server takes, where the address is."""
    if not utf8 and not str(message["To"] or "").isascii():
        del message["To"]
        message["To"] = recipient  # with its domain as it travels
    return message.as_bytes(policy=SMTPUTF8 if utf8 else SMTP.clone(cte_type="7bit"))


def _answer(code: int, words: bytes, recipient: str) -> Answer:
    text = f"{code} {_without_addresses(words.decode(errors='replace'), recipient)}"[:_MOST_WORDS]
    if code == 250:
        return Answer("accepted", text)
    if 500 <= code < 600 and code not in _NOT_THE_LETTERS:
        return Answer("permanent", text)
    return Answer("temporary", text, pauses=code in _PAUSING or code in _NOT_THE_LETTERS)


def _answer_of(error: Exception, recipient: str) -> Answer:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return _answer(error.smtp_code, words if isinstance(words, bytes) else b"", recipient)
    return Answer("temporary", _words_of(error))


def _words_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        said = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        return f"{error.smtp_code} {_without_addresses(said)}"[:_MOST_WORDS]
    said = _without_addresses(str(error)) or type(error).__name__
    return f"no answer from our server: {said}"[:_MOST_WORDS]


def _without_addresses(words: str, recipient: str = "") -> str:
    """Anything like an address becomes three dots, and so does this one's own local part.

    What cannot be printed, no terminal and no PostgreSQL takes: a server's word that could not be
    written down would have its letter sent again for ever.
    """
    local = recipient.rpartition("@")[0]
    said = "".join(" " if is_unprintable(each) else each for each in words)
    text = _ADDRESS.sub("…", " ".join(said.split()))
    return text.replace(local, "…") if len(local) > 2 else text
