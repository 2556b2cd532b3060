"""A letter's headers and parts are what Python's email package would write, for less."""

from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from itertools import product

import pytest

from booking.notifications.mime import IN_ASCII, IN_UTF8, POLICY, Appointment, put_together

VALUES = [
    "Booked: Cut, Thursday, 10:00",
    "Gebucht: Färben & Föhnen, Donnerstag",
    "two  blanks, a\ttab",
    " a blank at either end ",
    "",
    "x" * 70,
    "x" * 66 + " y z",
    "a " * 60,
    "=?utf-8?q?Not_ours?=",
    "half of one =? and ?= of another",
    "a line\r\nBcc: evil@evil.example",
    "a line\nand another",
    "a\vb\x0cc\x1cd\x85e\u2028f",
    "a\x00b\x1b[31m",
    "\ud800",
    "ada@example.com",
    "Ada.O'Neil+x@mail.example.com",
    "a@b, c@d",
    "Ada <ada@example.com>",
    "ada@example.com (a comment)",
    '"a b"@example.com',
    "ada..b@example.com",
    ".ada@example.com",
    "ada@[127.0.0.1]",
    "@example.com",
    "ada@example..com",
    "asa@bücher.example",
    "åsa@example.com",
    "ada@example.com\r\nBcc: evil@evil.example",
    f"{'a' * 64}@{'b' * 60}.example",
]
NAMES = ["Subject", "To", "From", "Reply-To", "Auto-Submitted", "X-Auto-Response-Suppress"]
OURS = {
    "Date": "Sun, 29 Nov 2026 14:36:42 +0000",
    "Message-ID": "<b1efac883750d004199ba856@shop.example>",
    "Content-Type": 'text/calendar; method="REQUEST"; charset="utf-8"',
    "Content-Disposition": 'attachment; filename="invite.ics"',
}


def written(policy, name: str, value: object, how) -> bytes | type:
    message = EmailMessage(policy=policy)
    try:
        message[name] = value
        return message.as_bytes(policy=how)
    except (ValueError, UnicodeError) as error:
        return type(error)


@pytest.mark.parametrize(
    ("ours", "packages"),
    [(IN_ASCII, SMTP.clone(cte_type="7bit")), (IN_UTF8, SMTP.clone(utf8=True))],
    ids=["in ASCII", "in UTF-8"],
)
def test_each_header_is_written_as_the_email_package_writes_it(ours, packages):
    for name, value in [*product(NAMES, VALUES), *OURS.items()]:
        assert written(POLICY, name, value, ours) == written(SMTP, name, value, packages), value
    somebody = Address("Salon Böavista, Lda", "letters", "shop.example")
    assert written(POLICY, "From", somebody, ours) == written(SMTP, "From", somebody, packages)


def test_a_header_that_was_not_parsed_is_for_whoever_looks_at_it():
    message = EmailMessage(policy=POLICY)
    message["To"] = "ada@example.com"
    message["Content-Type"] = OURS["Content-Type"]
    assert message["To"].addresses[0].username == "ada"
    assert message["Content-Type"].params["method"] == "REQUEST"


TEXT = (
    "From the shop \n.\n..\n--=_alternative\n--_alternative\n--=_mixed--\n--_mixed\nä "
    + "ö" * 200
    + "\n-- \nEnd\n"
)


@pytest.mark.parametrize("method", ["REQUEST", None])
def test_whatever_a_letter_says_arrives_as_it_was(method):
    file = b"--=_mixed\r\nBEGIN:VCALENDAR\r\n"
    given = {"To": "ada@example.com", "Subject": "Booked"}
    sent = put_together(given, TEXT, f"<p>{TEXT}", Appointment(file, method)).as_bytes(
        policy=IN_ASCII
    )
    assert max(map(len, sent.splitlines())) <= 78
    arrived = message_from_bytes(sent, policy=default)
    assert arrived.get_body(("plain",)).get_content().splitlines() == TEXT.splitlines()
    assert arrived.get_body(("html",)).get_content().splitlines() == f"<p>{TEXT}".splitlines()
    [attached] = arrived.iter_attachments()
    said = attached.get_content()
    assert (said if method else said.encode()) == file
    assert not any(part.defects for part in arrived.walk())
