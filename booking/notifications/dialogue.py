"""What is said to a mail server and what it answers, in order, for whoever looks on.

Never a password: what is sent to log in is not told, and where a server repeats it, it is taken out
of the answer for everybody, since answers are kept.
"""

import smtplib
from base64 import b64encode
from collections.abc import Callable
from typing import Any

Hear = Callable[[str], None]
"""Told a line: what we say begins with ">", and what the server answers with "<".
What a server says may hold anything, so whoever prints it makes it plain."""
_GO_ON = 354
_LOG_IN = 334  # "and now the next part of user or password"


class OverheardSMTP(smtplib.SMTP):
    """A connection whose dialogue `hear` is told line by line, as it happens.

    Of `password` nothing is told, and nothing of it stays in an answer.
    """

    def __init__(self, *, hear: Hear, password: str, **options: Any) -> None:
        self._hear, self._password = hear, password
        self._code, self._secrets = 0, set[str]()
        super().__init__(**options)

    def connect(self, host: str = "localhost", port: int = 0, *more: Any) -> tuple[int, bytes]:
        """Connect, and return what the server says first."""
        self._hear(f"> (connecting to {host}, port {port})")
        return super().connect(host, port, *more)

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command."""
        self._hear(f"> {self._told(cmd, args)}")
        super().putcmd(cmd, args)

    def _told(self, cmd: str, args: str) -> str:
        if self._code == _LOG_IN:
            self._secrets.add(cmd)
            return "(user or password)"
        if cmd.upper() == "AUTH":
            mechanism, _, secret = args.partition(" ")
            known = {secret, self._password, b64encode(self._password.encode()).decode()}
            self._secrets |= known - {""}
            return f"AUTH {mechanism}"
        return " ".join(filter(None, [cmd.upper(), args]))

    def getreply(self) -> tuple[int, bytes]:
        """Return the next answer, which may have several lines, without any password."""
        code, words = super().getreply()
        self._code = code
        if code != _LOG_IN:  # what is asked there must be answered as it is
            words = self._without_secrets(words)
        for line in words.splitlines() or [b""]:
            self._hear(f"< {code} {line.decode(errors='replace')}")
        if code == _GO_ON:
            self._hear("> (the letter)")
        return code, words

    def _without_secrets(self, words: bytes) -> bytes:
        for secret in sorted(self._secrets, key=len, reverse=True):
            words = words.replace(secret.encode(), "…".encode())
        return words
