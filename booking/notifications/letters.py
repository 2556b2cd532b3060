"""A letter as it goes out: from a row of the outbox, with what it says made at this moment.

It is the same letter at every try: its Message-ID and its date are the row's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.i18n import ENGLISH, Language, load_languages, speaking
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.models import Booking, Shop
from booking.storage.outbox import Letter

from .contents import Content, of_booking
from .quoting import one_line
from .rendering import render


@dataclass(frozen=True)
class Sender:
    """Who letters are from, and where answers go; by default the shop's name and address."""

    address: str
    name: str = ""
    reply_to: str = ""


def compose(
    session: Session, letter: Letter, *, now: datetime, sender: Sender | None = None
) -> EmailMessage | None:
    """Return the letter as a message; None where it has lost its point, or its booking is gone.

    It is from whom the app's settings say, unless a `sender` is given.
    """
    shop = reads.shop(session)
    if shop is None or _is_too_late(letter, now):
        return None
    with speaking(language_of(letter.language)):
        content = _content(session, letter, shop, now)
        return _message(letter, content, sender or _sender()) if content else None


def _sender() -> Sender:
    settings: Any = current_sidebook().settings
    reply_to = settings.mail_reply_to
    return Sender(
        settings.mail_from.address, settings.mail_from.name, reply_to.address if reply_to else ""
    )


def language_of(tag: str) -> Language:
    """Return the language of that tag, else the nearest that we speak, else English."""
    known = _languages()
    return known.get(tag) or known.get(tag.partition("-")[0]) or ENGLISH


@cache
def _languages() -> Mapping[str, Language]:
    return load_languages()


def _is_too_late(letter: Letter, now: datetime) -> bool:
    return letter.last_moment is not None and letter.last_moment <= now.timestamp()


def _content(session: Session, letter: Letter, shop: Shop, now: datetime) -> Content | None:
    booking = session.scalar(_BOOKING.where(Booking.id == letter.booking_id))
    if booking is None or (letter.kind == "reminder" and booking.state != "confirmed"):
        return None
    return of_booking(letter, booking, shop, _link(session, booking), now)


_BOOKING = select(Booking).options(joinedload(Booking.service), joinedload(Booking.staff_member))


def _link(_session: Session, _booking: Booking) -> str:
    return ""


def _message(letter: Letter, content: Content, sender: Sender) -> EmailMessage:
    text, html = render(content.name, letter=content)
    message = EmailMessage(policy=SMTP)
    for name, value in _headers(letter, content, sender).items():
        message[name] = value
    # Not every server takes letters of eight bits, so none is sent.
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def _headers(letter: Letter, content: Content, sender: Sender) -> dict[str, object]:
    domain = sender.address.rpartition("@")[2].encode("idna").decode()
    shop = content.shop
    reply_to = sender.reply_to or shop.email
    # A reminder is written down long before it goes out, and would be found among older letters.
    made = datetime.fromtimestamp(max(letter.created_at, letter.due_at), UTC)
    return {
        "From": Address(one_line(sender.name or shop.name), addr_spec=sender.address),
        **({"Reply-To": Address(addr_spec=reply_to)} if reply_to else {}),
        "To": Address(addr_spec=letter.recipient),
        "Subject": one_line(content.words.subject, 250),
        "Date": format_datetime(made),
        "Message-ID": f"<{letter.message_id}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
