"""A connection to a mail server, with its time in all.

A server may answer slowly, a byte a second if it likes, and each byte would begin a socket's own
time limit anew. So opening a connection, and then each letter, has its time in all, after which the
connection is cut off.
"""

import os
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from threading import Event, Thread

from booking.mail_settings import MailServer

from .dialogue import Hear, OverheardSMTP

_LOOKS = 20
"""How often within the time of a letter it is looked whether that is over."""
_TRUSTED_FOR = 3600
"""Seconds for which authorities are trusted as they were read: reading them takes as long as ten
letters, and keeps whoever else is served by this process waiting."""


class Connection(OverheardSMTP):
    """A connection that another thread can cut off in any of its states, also in a handshake."""

    def __init__(self, server: MailServer, seconds: float, our_name: str, hear: Hear) -> None:
        super().__init__(
            hear=hear, password=server.password, timeout=seconds, local_hostname=our_name
        )
        self._host, self._server = server.host, server
        self._end: socket.socket | None = None

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # One after the other, each for the whole time, they would outlast the letter's lease.
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        share = timeout / max(1, len(addresses))
        plain: socket.socket = super()._get_socket(host, port, share)  # type: ignore[misc]
        plain.settimeout(timeout)
        self._end = plain.dup()  # of the same connection, whatever becomes of the first
        self._end.settimeout(0)
        if self._server.kind == "smtps":
            return _trusting().wrap_socket(plain, server_hostname=host)
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
            self.starttls(context=_trusting())
            self.ehlo_or_helo_if_needed()
        if self._server.user:
            self.login(self._server.user, self._server.password)

    def is_quiet(self) -> bool:
        """Tell whether it is open, and the server has said nothing unasked, as before it closes."""
        if self._end is None:
            return False
        try:
            self._end.recv(1, socket.MSG_PEEK)
        except OSError as error:
            return isinstance(error, BlockingIOError)
        return False

    def cut_off(self) -> None:
        """End it for whoever waits for it in another thread."""
        if self._end:
            with suppress(OSError):
                self._end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it on our side."""
        super().close()
        end, self._end = self._end, None
        if end:
            end.close()


class TimeLimit:
    """Cuts a connection off that takes longer in all than it may."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._over = seconds, Event()
        self._limited: tuple[float, Connection] | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Have somebody look at the clock meanwhile: one thread, and not one for each letter."""
        self._over.clear()
        Thread(target=self._keep, name="letters' time", daemon=True).start()
        try:
            yield
        finally:
            self._over.set()

    @contextmanager
    def of(self, connection: Connection) -> Iterator[None]:
        """Let what is done with the connection meanwhile take its time in all, and no more."""
        self._limited = time.monotonic() + self._seconds, connection
        try:
            yield
        finally:
            self._limited = None

    def _keep(self) -> None:
        while not self._over.wait(self._seconds / _LOOKS):
            limited = self._limited
            if limited and time.monotonic() > limited[0]:
                limited[1].cut_off()


def _trusting() -> ssl.SSLContext:
    """By whom a server may be vouched for: the system's authorities, or the operator's own."""
    named = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    return _context(named, int(time.monotonic() / _TRUSTED_FOR))


@lru_cache(maxsize=1)
def _context(_named: tuple[str | None, str | None], _hour: int) -> ssl.SSLContext:
    return ssl.create_default_context()
