"""A letter as it goes out: from a row of the outbox, with what it says made at this moment.

It is the same letter at every try: its Message-ID and its date are the row's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.addresses import domain_in_ascii
from booking.i18n import ENGLISH, Language, load_languages, speaking
from booking.operations.daily_lists import TOMORROW
from booking.operations.links import CONFIRMATION, DECISION
from booking.operations.lost_links import bookings_asked_for
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking, Shop
from booking.storage.outbox import ADDRESS_CHANGED, LOST_LINK, Letter

from .contents import MOST_ENTRIES, Content, of_booking, of_lost_links, of_tomorrow
from .invitations import attach, way_for
from .quoting import one_line
from .rendering import render
from .when import shop_clock

ManageUrl = Callable[[Session, Booking], str]
PURPOSES = {"please_confirm": CONFIRMATION, "to_decide": DECISION}


@dataclass(frozen=True)
class Sender:
    """Who letters are from, and where answers go; by default the shop's name and address."""

    address: str
    name: str = ""
    reply_to: str = ""


def compose(
    session: Session,
    letter: Letter,
    *,
    now: datetime,
    sender: Sender | None = None,
    manage_url: ManageUrl | None = None,
) -> EmailMessage | None:
    """Return the letter as a message; None where it has lost its point, or its booking is gone.

    Who it is from, and what links to bookings are, the app says unless they are given.
    """
    shop = reads.shop(session)
    if shop is None or _is_too_late(letter, now) or _has_left(session, letter):
        return None
    sender, manage_url = sender or _sender(shop), manage_url or _manage_url
    # The shop's own language is the first that we speak; a row has the customer's.
    with speaking(language_of(letter.language if letter.role == "customer" else "")):
        if letter.kind == LOST_LINK:
            return _lost_links(session, letter, shop, sender, manage_url, now)
        if letter.kind == TOMORROW:
            return _list(session, letter, shop, sender)
        return _about_a_booking(session, letter, shop, sender, manage_url, now)


def _sender(shop: Shop) -> Sender:
    settings = current_sidebook().settings
    mail_from, reply_to = settings.mail_from, settings.mail_reply_to
    if mail_from is None:  # a letter that is only looked at
        return Sender(shop.email or "nobody@shop.invalid")
    return Sender(mail_from.address, mail_from.name, reply_to.address if reply_to else "")


def language_of(tag: str) -> Language:
    """Return the language of that tag, else the nearest that we speak, else English."""
    known = _languages()
    return known.get(tag) or known.get(tag.partition("-")[0]) or ENGLISH


@cache
def _languages() -> Mapping[str, Language]:
    return load_languages()


def _is_too_late(letter: Letter, now: datetime) -> bool:
    return letter.last_moment is not None and letter.last_moment <= now.timestamp()


def _has_left(session: Session, letter: Letter) -> bool:
    """Whether it is to somebody who works here no more: who comes is none of their business."""
    member = read_catalogue(session).staff.get(letter.staff_member_id or 0)
    return member is not None and member.retired


def _list(session: Session, letter: Letter, shop: Shop, sender: Sender) -> EmailMessage | None:
    day = date.fromisoformat(letter.facts["day"])
    staff = [letter.staff_member_id] if letter.staff_member_id else []
    bookings = reads.bookings_of_day(session, staff, day, shop_clock(shop))
    return _message(letter, of_tomorrow(letter, bookings, shop), sender) if bookings else None


def _lost_links(
    session: Session,
    letter: Letter,
    shop: Shop,
    sender: Sender,
    manage_url: ManageUrl,
    now: datetime,
) -> EmailMessage | None:
    sidebook = current_sidebook()
    bookings = bookings_asked_for(
        session,
        letter,
        hashed=sidebook.links.hashed_address(letter.recipient),
        at_most=sidebook.settings.letters_per_address,
        now=now,
        most=MOST_ENTRIES + 1,
    )
    shown = bookings[:MOST_ENTRIES]
    links = [(each, link) for each in shown if (link := manage_url(session, each))]
    if not links:
        return None
    return _message(letter, of_lost_links(links, shop, is_all=shown == bookings), sender)


def _about_a_booking(
    session: Session,
    letter: Letter,
    shop: Shop,
    sender: Sender,
    manage_url: ManageUrl,
    now: datetime,
) -> EmailMessage | None:
    booking = session.scalar(_BOOKING.where(Booking.id == letter.booking_id))
    if booking is None or (letter.kind == "reminder" and booking.state != "confirmed"):
        return None
    if letter.role == "customer" and not _is_customers(letter, booking):
        return None
    link = _link(session, letter, booking, manage_url)
    way = way_for(letter, shop, organizer=sender.address)
    content = of_booking(letter, booking, shop, link, now, is_invited=way == "REQUEST")
    message = _message(letter, content, sender)
    # What is older than its name in calendars is named by our host.
    named_by = link or ("" if booking.calendar_uid else current_sidebook().settings.public_url)
    attach(message, letter, booking, shop, organizer=sender.address, manage_url=named_by or "")
    return message


def _link(session: Session, letter: Letter, booking: Booking, manage_url: ManageUrl) -> str:
    """Where its button leads. Not to the manage link for staff: their letters are shared."""
    if purpose := PURPOSES.get(letter.kind):
        return current_sidebook().links.url_for(booking, purpose)
    return manage_url(session, booking) if letter.role == "customer" else ""


def _is_customers(letter: Letter, booking: Booking) -> bool:
    """Whether it goes to the address of today: the one of before must not learn the new link."""
    is_same = letter.recipient.casefold() == booking.customer_email.casefold()
    return is_same or letter.kind == ADDRESS_CHANGED


_BOOKING = select(Booking).options(joinedload(Booking.service), joinedload(Booking.staff_member))


def _manage_url(session: Session, booking: Booking) -> str:
    return current_sidebook().links.manage_url(session, booking)


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
    domain = domain_in_ascii(sender.address.rpartition("@")[2])
    shop = content.shop
    reply_to = sender.reply_to or shop.email
    # A reminder is written down long before it goes out, and would be found among older letters.
    made = datetime.fromtimestamp(max(letter.created_at, letter.due_at), UTC)
    return {
        "From": _mailbox(sender.address, one_line(sender.name or shop.name)),
        **({"Reply-To": _mailbox(reply_to)} if reply_to else {}),
        "To": _mailbox(letter.recipient),
        "Subject": one_line(content.words.subject, 250),
        "Date": format_datetime(made),
        "Message-ID": f"<{letter.message_id}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


def _mailbox(address: str, name: str = "") -> Address:
    # Given whole, an address of other letters than ASCII's is refused.
    username, _, domain = address.rpartition("@")
    return Address(name, username, domain)
