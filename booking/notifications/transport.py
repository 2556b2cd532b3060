"""How a letter leaves: by SMTP, as a file in a folder, or as a line of the log."""

import logging
import re
import smtplib
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Protocol

from booking.addresses import domain_in_ascii
from booking.characters import is_unprintable
from booking.mail_settings import MailServer

from .connection import Connection, TimeLimit
from .dialogue import Hear
from .mime import IN_ASCII, IN_UTF8

ACCEPTED, TEMPORARY, PERMANENT = "accepted", "temporary", "permanent"
_PAUSING = (421, 451, 452)
_NOT_THE_LETTERS = (530, 534, 535, 538)  # log in first, another way, with another password
_MOST_WORDS = 300
_NO_SMTPUTF8 = "our server cannot send to such an address (no SMTPUTF8)"
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
    server: MailServer,
    *,
    seconds: float,
    letters_a_connection: int,
    our_name: str,
    hear: Hear = lambda _line: None,
) -> Transport:
    """Return the way that the settings name.

    `seconds` is the time for opening a connection, and again for each letter; `our_name` is what
    we call ourselves to a mail server. `hear` is told what is said to it, and what it answers.
    """
    if server.kind == "log":
        return _Log()
    if server.folder is not None:
        return _Folder(server.folder)
    return _Smtp(server, seconds, letters_a_connection, our_name, hear)


def in_ascii(address: str) -> str:
    """Return the address with an international domain as it travels; its local part stays."""
    if address.isascii():
        return address
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
            self._write(f"{name}.eml", message.as_bytes(policy=IN_UTF8))
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


class _Smtp:
    """Hands letters to a mail server, several by one connection."""

    def __init__(
        self,
        server: MailServer,
        seconds: float,
        letters_a_connection: int,
        our_name: str,
        hear: Hear,
    ) -> None:
        self._server, self._seconds, self._our_name = server, seconds, our_name
        self._most, self._sent, self._hear = letters_a_connection, 0, hear
        self._time = TimeLimit(seconds)
        self._connection: Connection | None = None

    @contextmanager
    def connected(self) -> Iterator[None]:
        with self._time.kept():
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
            with self._time.of(connection):
                return self._hand_over(connection, message, in_ascii(sender), recipient)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return _answer_of(error, recipient)
        except BaseException:
            self._drop()  # in the midst of a letter; the next one would be taken for a part of it
            raise

    def _ready(self) -> Connection:
        """The connection, opened anew where it has carried enough, or the server has closed it."""
        if self._connection and (self._sent >= self._most or not self._is_there(self._connection)):
            self._leave()
        if self._connection is None:
            self._sent = 0
            self._connection = Connection(self._server, self._seconds, self._our_name, self._hear)
            with self._time.of(self._connection):
                self._connection.open()
        return self._connection

    def _is_there(self, connection: Connection) -> bool:
        if connection.is_quiet():
            return True
        with self._time.of(connection):
            return self._goes_on(connection)

    def _goes_on(self, connection: Connection) -> bool:
        """Whether the server takes another letter by this connection; a refused one is over."""
        with suppress(smtplib.SMTPException, OSError):
            return connection.rset()[0] == 250
        return False

    def _hand_over(
        self, connection: Connection, message: EmailMessage, sender: str, recipient: str
    ) -> Answer:
        self._sent += 1
        travels = in_ascii(recipient)
        if not connection.has_extn("smtputf8"):
            if not (sender + travels).isascii():
                return Answer("permanent", _NO_SMTPUTF8)
            _leave_out_an_answering_address_of_other_letters(message)
        is_international = not (sender + travels + _answers_to(message)).isascii()
        options = ["SMTPUTF8", "BODY=8BITMIME"] if is_international else []
        code, words = connection.mail(sender, options)
        if code == 250:
            code, words = connection.rcpt(travels)
        if code in (250, 251):
            if not (is_international or recipient.isascii()):
                del message["To"]
                message["To"] = travels
            # In ASCII, which every server takes, where the addresses are.
            written = message.as_bytes(policy=IN_UTF8 if is_international else IN_ASCII)
            code, words = connection.data(written)
        if code != 250 and not self._goes_on(connection):
            self._drop()
        return _answer(code, words, travels)

    def _leave(self) -> None:
        if self._connection:
            with suppress(smtplib.SMTPException, OSError), self._time.of(self._connection):
                self._connection.quit()
        self._drop()

    def _drop(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


def _answers_to(message: EmailMessage) -> str:
    return str(message["Reply-To"] or "")


def _leave_out_an_answering_address_of_other_letters(message: EmailMessage) -> None:
    # As an encoded word it would be nobody's; without it, answers go to whoever the letter is from.
    if not _answers_to(message).isascii():
        del message["Reply-To"]


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
