"""A letter's parts put together as mail programs expect them: headers, two texts, an appointment.

Python's email package parses each header as it is set, and once more whenever it is looked at; that
was two fifths of what a letter cost. So what it would write as it is (plain ASCII on one line) is
kept as it is, and parsed only for somebody who asks.
"""

import re
from base64 import encodebytes
from collections.abc import Iterable, Mapping
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from functools import cache, lru_cache
from quopri import encodestring
from typing import Any, NamedTuple

ATTACHED_AS = "invite.ics"
_ADDRESSED = ("from", "reply-to", "to")
# "=?" would begin an encoded word, and a blank at either end be lost.
_PLAIN = re.compile(r"(?!.*=\?)[!-~](?:[ -~]*[!-~])?")
_WORD = r"[\w!#$%&'*+/=?^`{|}~-]+"
_MAILBOX = re.compile(rf"{_WORD}(?:\.{_WORD})*@[\w.-]+", re.ASCII)
# What lies between two of these cannot hold them: it is quoted-printable, where a number follows a
# "=", or base64, where at most another one does.
_ALTERNATIVE, _MIXED = "=_alternative", "=_mixed"


class Appointment(NamedTuple):
    """An appointment for calendars: an invitation by a method, or a file without one (None)."""

    file: bytes
    method: str | None


def put_together(
    headers: Mapping[str, Any], text: str, html: str, appointment: Appointment | None = None
) -> EmailMessage:
    """Return a letter of two texts of one content, and what it brings to calendars.

    An invitation is the last alternative to the texts, by which mail programs know it, and attached
    as well, for those that show only what is attached. A file is attached and nothing else.
    """
    message = EmailMessage(policy=POLICY)
    for name, value in headers.items():
        message[name] = value
    message["MIME-Version"] = "1.0"
    texts = [_text("plain", text), _text("html", html)]
    if appointment is None:
        return _several(message, "alternative", _ALTERNATIVE, texts)
    if appointment.method is None:
        form = f'text/calendar; charset="utf-8"; name="{ATTACHED_AS}"'
    else:
        form = f'application/ics; name="{ATTACHED_AS}"'
        invitation = f'text/calendar; method="{appointment.method}"; charset="utf-8"'
        texts.append(_file(invitation, appointment.file))
    attached = _file(form, appointment.file)
    attached["Content-Disposition"] = f'attachment; filename="{ATTACHED_AS}"'
    said = _several(EmailMessage(policy=POLICY), "alternative", _ALTERNATIVE, texts)
    return _several(message, "mixed", _MIXED, [said, attached])


def _several(
    whole: EmailMessage, kind: str, boundary: str, parts: Iterable[EmailMessage]
) -> EmailMessage:
    whole["Content-Type"] = f'multipart/{kind}; boundary="{boundary}"'
    for part in parts:
        whole.attach(part)
    return whole


def _text(kind: str, text: str) -> EmailMessage:
    # Not every server takes letters of eight bits, so none is sent.
    body = encodestring(text.encode()).decode("ascii")
    return _part(f'text/{kind}; charset="utf-8"', "quoted-printable", body)


def _file(content_type: str, file: bytes) -> EmailMessage:
    # In base64, so that no server changes a line's end.
    return _part(content_type, "base64", encodebytes(file).decode("ascii"))


def _part(content_type: str, encoding: str, body: str) -> EmailMessage:
    part = EmailMessage(policy=POLICY)
    part["Content-Type"] = content_type
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(body)
    return part


class _Registry(HeaderRegistry):
    """Makes the class of a header once; the package's own makes one for each header it meets."""

    def __init__(self) -> None:
        super().__init__()
        self._class_of = cache(super().__getitem__)

    def __getitem__(self, name: str) -> Any:
        return self._class_of(name.lower())


class _Policy(EmailPolicy):
    """The package's own policy, which keeps as they are the values that it would write so."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if type(value) is str and would_be_written_so(name, value):
            return name, value
        return super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        if type(value) is str and name.lower().startswith("content-"):
            return _parsed(name, value)
        return super().header_fetch_parse(name, value)


def would_be_written_so(name: str, value: str) -> bool:
    """Tell whether the email package writes this value of ours as it is, but for folding it.

    Addresses are parsed unless they are plain, because anybody may have typed them.
    """
    pattern = _MAILBOX if name.lower() in _ADDRESSED else _PLAIN
    return pattern.fullmatch(value) is not None


POLICY = _Policy(linesep="\r\n", header_factory=_Registry())
IN_ASCII = POLICY.clone(cte_type="7bit")
IN_UTF8 = POLICY.clone(utf8=True)
"""How a letter is written: as every server takes it, and for what has to be in other letters."""


@lru_cache(maxsize=32)
def _parsed(name: str, value: str) -> Any:
    """A header about the form of a part, of which there are few, and which each part is asked."""
    return POLICY.header_factory(name, value)
