"""A letter as it goes out: from a row of the outbox, with what it says made at this moment.

It is the same letter at every try: its Message-ID and its date are the row's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.addresses import domain_in_ascii, is_same_address
from booking.i18n import nearest, speaking
from booking.operations.changes import is_movable
from booking.operations.daily_lists import TOMORROW
from booking.operations.events import Event
from booking.operations.letter_rows import asked_for, facts_of
from booking.operations.links import CONFIRMATION, DECISION, numbers_of
from booking.operations.lost_links import bookings_asked_for
from booking.operations.plan import is_off
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking, Shop
from booking.storage.outbox import (
    ADDRESS_CHANGED,
    CONFIRM_ADDRESS,
    LOST_LINK,
    MOVE_AWAITING_APPROVAL,
    MOVE_TO_DECIDE,
    SERIES,
    Letter,
)
from booking.storage.pending_moves import pending_move, waiting_move
from booking.storage.series import bookings_numbered

from .contents import MOST_ENTRIES, Content, of_booking, of_lost_links, of_tomorrow
from .invitations import appointment_of, way_for
from .mime import POLICY, Appointment, put_together, would_be_written_so
from .quoting import one_line
from .rendering import render
from .series import file_of_series, is_still_so, of_series
from .transport import in_ascii
from .when import shop_clock
from .words import MOST_SUBJECT

ManageUrl = Callable[[Session, Booking], str]
PURPOSES = {
    "please_confirm": CONFIRMATION,
    CONFIRM_ADDRESS: CONFIRMATION,
    "to_decide": DECISION,
    MOVE_TO_DECIDE: DECISION,
}
CONFIRMED_ONLY = ("reminder", CONFIRM_ADDRESS)
"""What says nothing any more of an appointment that does not stand."""
STILL_ASKED = (MOVE_AWAITING_APPROVAL, MOVE_TO_DECIDE)
"""What says nothing any more of another time that is not asked for."""


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
    sender, manage_url = sender or sender_of(shop), manage_url or _manage_url
    # A row has the customer's language; whose is not known, or not spoken here, reads the shop's.
    theirs = letter.language if letter.role == "customer" else ""
    with speaking(nearest(theirs, shop.language)):
        if letter.kind == LOST_LINK:
            return _lost_links(session, letter, shop, sender, manage_url, now)
        if letter.kind == TOMORROW:
            return _list(session, letter, shop, sender)
        if letter.kind in SERIES.values():
            return _about_a_series(session, letter, shop, sender, manage_url, now)
        return _about_a_booking(session, letter, shop, sender, manage_url, now)


def sender_of(shop: Shop) -> Sender:
    """Return who letters of this shop are from, as the settings say."""
    settings = current_sidebook().settings
    mail_from, reply_to = settings.mail_from, settings.mail_reply_to
    if mail_from is None:  # a letter that is only looked at
        return Sender(shop.email or "nobody@shop.invalid")
    return Sender(mail_from.address, mail_from.name, reply_to.address if reply_to else "")


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
    return message_of(letter, of_tomorrow(letter, bookings, shop), sender) if bookings else None


def _lost_links(
    session: Session,
    letter: Letter,
    shop: Shop,
    sender: Sender,
    manage_url: ManageUrl,
    now: datetime,
) -> EmailMessage | None:
    if is_off(shop.mail, LOST_LINK):  # since it was asked for
        return None
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
    return message_of(letter, of_lost_links(links, shop, is_all=shown == bookings), sender)


def _about_a_series(
    session: Session,
    letter: Letter,
    shop: Shop,
    sender: Sender,
    manage_url: ManageUrl,
    now: datetime,
) -> EmailMessage | None:
    every = bookings_numbered(session, letter.facts["series"])
    if not (bookings := [each for each in every if is_still_so(letter, each, now)]):
        return None
    links = {}
    if letter.role == "customer":
        links = {each.id: manage_url(session, each) for each in bookings}
    content = of_series(letter, bookings, shop, links)
    host = current_sidebook().settings.public_url or ""
    file = file_of_series(letter, bookings, shop, links, host)
    return message_of(letter, content, sender, file)


def _about_a_booking(
    session: Session,
    letter: Letter,
    shop: Shop,
    sender: Sender,
    manage_url: ManageUrl,
    now: datetime,
) -> EmailMessage | None:
    booking = session.scalar(_BOOKING.where(Booking.id == letter.booking_id))
    if booking is None or (letter.kind in CONFIRMED_ONLY and booking.state != "confirmed"):
        return None
    if letter.role == "customer" and not _is_customers(letter, booking):
        return None
    if letter.kind in STILL_ASKED and not _is_still_asked(session, letter, booking, now):
        return None
    if letter.kind == CONFIRM_ADDRESS:
        letter = _as_it_stands(letter, booking, now)
    link = _link(session, letter, booking, manage_url)
    way = way_for(letter, shop, organizer=sender.address)
    content = of_booking(
        letter,
        booking,
        shop,
        link,
        now,
        is_invited=way == "REQUEST",
        is_movable=letter.role != "customer" or _is_movable(session, booking),
    )
    # What is older than its name in calendars is named by our host.
    named_by = link or ("" if booking.calendar_uid else current_sidebook().settings.public_url)
    brought = appointment_of(
        letter, booking, shop, organizer=sender.address, manage_url=named_by or ""
    )
    return message_of(letter, content, sender, brought)


def _as_it_stands(letter: Letter, booking: Booking, now: datetime) -> Letter:
    """The letter with today's facts: a move does not end its question, and would make it untrue."""
    event = Event("booked", now, "customer")
    today = facts_of(booking, booking.service, booking.staff_member, event)
    return replace(letter, facts={**letter.facts, **today})


def _link(session: Session, letter: Letter, booking: Booking, manage_url: ManageUrl) -> str:
    """Where its button leads. Not to the manage link for staff: their letters are shared."""
    if purpose := PURPOSES.get(letter.kind):
        number, *_earlier = numbers_of(booking, purpose)
        if letter.kind == CONFIRM_ADDRESS:
            number = letter.message_id.encode()
        if letter.kind == MOVE_TO_DECIDE and (move := pending_move(session, booking.id)):
            number = move.number
        return current_sidebook().links.url_for(booking, purpose, number)
    return manage_url(session, booking) if letter.role == "customer" else ""


def _is_movable(session: Session, booking: Booking) -> bool:
    """Whether its page would move it, were it not too late."""
    move = pending_move(session, booking.id)
    staff = read_catalogue(session).offering(booking.service_id)
    return is_movable(booking, staff, move.times if move else 0)


def _is_still_asked(session: Session, letter: Letter, booking: Booking, now: datetime) -> bool:
    """Whether what it says somebody asks for is what is asked for now."""
    move = waiting_move(session, booking.id, now)
    return move is not None and asked_for(move)["asked"] == letter.facts["asked"]


def _is_customers(letter: Letter, booking: Booking) -> bool:
    """Whether it goes to the address of today: the one of before must not learn the new link."""
    is_same = is_same_address(letter.recipient, booking.customer_email)
    return is_same or letter.kind in (ADDRESS_CHANGED, CONFIRM_ADDRESS)


_BOOKING = select(Booking).options(joinedload(Booking.service), joinedload(Booking.staff_member))


def _manage_url(session: Session, booking: Booking) -> str:
    return current_sidebook().links.manage_url(session, booking)


def message_of(
    letter: Letter, content: Content, sender: Sender, appointment: Appointment | None = None
) -> EmailMessage:
    """Return the letter with its texts, and what it brings to calendars."""
    text, html = render(content.name, letter=content)
    return put_together(_headers(letter, content, sender), text, html, appointment)


def _headers(letter: Letter, content: Content, sender: Sender) -> dict[str, Any]:
    domain = domain_in_ascii(sender.address.rpartition("@")[2])
    shop = content.shop
    # Written as it travels: only the recipient's own address is seen to by whoever sends it.
    reply_to = in_ascii(sender.reply_to or shop.email)
    # A reminder is written down long before it goes out, and would be found among older letters.
    made = datetime.fromtimestamp(max(letter.created_at, letter.due_at), UTC)
    return {
        "From": _from(sender.address, one_line(sender.name or shop.name)),
        **({"Reply-To": address_in_header(reply_to)} if reply_to else {}),
        "To": address_in_header(letter.recipient),
        "Subject": one_line(content.words.subject, MOST_SUBJECT),
        "Date": format_datetime(made),
        "Message-ID": f"<{letter.message_id}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


@lru_cache(maxsize=8)
def _from(address: str, name: str) -> Any:
    """The header whole: a sender is the same in every letter, and its name is long to parse."""
    return POLICY.header_factory("From", address_in_header(address, name))


def address_in_header(address: str, name: str = "") -> Address | str:
    """Return an address, and a name beside it, as From, Reply-To and To of a letter take it."""
    if not name and would_be_written_so("To", address):
        return address
    # Given whole, an address of other letters than ASCII's is refused.
    username, _, domain = address.rpartition("@")
    return Address(name, username, domain)
