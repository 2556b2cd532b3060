"""A letter about an appointment that nobody booked: to look at, and to try a shop's own words with.

It needs no database: shop, service and staff member may be rows, or as they would be.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from typing import NamedTuple

from sqlalchemy.orm.attributes import set_committed_value

from booking.i18n import gettext as _
from booking.i18n import nearest, speaking
from booking.operations.outbox import sample_letter
from booking.operations.plan import LETTERS
from booking.storage.models import Booking, Service, Shop, StaffMember
from booking.storage.outbox import LOST_LINK, Letter

from .contents import Content, of_booking, of_lost_links, of_tomorrow
from .invitations import appointment_of
from .letters import message_of, sender_of
from .quoting import one_line
from .when import shop_clock
from .words import MOST_SUBJECT, check_text

PAGE = "https://shop.example/appointment/"
QUARTER = 15
"""Minutes: how long something takes where nobody has said it, which is wrong anyway."""


class Offer(NamedTuple):
    """What is booked, and with whom."""

    service: Service
    member: StaffMember


class Sample(NamedTuple):
    """A letter that nobody gets; `link` is where it leads, and opens nothing."""

    letter: Letter
    booking: Booking
    content: Content
    link: str

    def message(self) -> EmailMessage:
        """Return it as it would go out, from whom the settings say."""
        sender = sender_of(self.content.shop)
        brought = appointment_of(
            self.letter,
            self.booking,
            self.content.shop,
            organizer=sender.address,
            manage_url=self.link,
        )
        return message_of(self.letter, self.content, sender, brought)


def sample(
    shop: Shop,
    offer: Offer,
    name: str,
    *,
    now: datetime,
    language: str = "",
    page: str = PAGE,
) -> Sample:
    """Return the letter of that name (of LETTERS) about an appointment tomorrow at ten.

    Its words are made in the language that is spoken; `page` is what its links begin with.
    """
    zone = shop_clock(shop)
    day = now.astimezone(zone).date() + timedelta(days=1)
    start = datetime.combine(day, time(10), zone).astimezone(UTC)
    booking = _booking(offer, start, now, language)
    letter = sample_letter(booking, *offer, name, now=now)
    letter = replace(letter, facts={**letter.facts, "day": day.isoformat()})
    link = f"{page}example"
    if name == "staff_tomorrow":
        content = of_tomorrow(letter, [booking], shop)
    elif name == LOST_LINK:
        content = of_lost_links([(booking, link)], shop, is_all=True)
    else:
        content = of_booking(letter, booking, shop, link, now)
    return Sample(letter, booking, content, link)


def _booking(offer: Offer, start: datetime, now: datetime, language: str) -> Booking:
    booking = Booking(
        reference="EXAMPLE",
        state="confirmed",
        starts_at=start,
        ends_at=start + timedelta(minutes=offer.service.duration),
        customer_name="Ada Lovelace",
        customer_email="ada@example.com",
        customer_phone="",
        customer_note="",
        customer_zone="",
        answers=[],
        calendar_uid="example",
        created_at=now,
        changes=0,
        language=language,
    )
    set_committed_value(booking, "service", offer.service)
    set_committed_value(booking, "staff_member", offer.member)
    return booking


def telling(services: Sequence[Service]) -> list[Service]:
    """Return those by which most is seen: of the longest name, and of the shortest price."""
    if not services:
        return [Service(name="Haircut", price="", duration=QUARTER)]
    longest = max(services, key=lambda each: len(each.name))
    cheapest = min(services, key=lambda each: len(each.price))
    return [longest, cheapest] if cheapest is not longest else [longest]


def wrong_texts(
    shop: Shop, offers: Sequence[Offer], *, now: datetime
) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield what is wrong with the texts that a shop wrote for its letters, and what to write.

    Each is put into the letter of every one of these services and who gives it (at least one).
    Where it stands is its language, its letter, and "subject" or "text".
    """
    for language, letters in (shop.mail or {}).get("texts", {}).items():
        for name, parts in letters.items():
            for part, written in parts.items():
                if problem := _problem(shop, offers, (language, name, part), written, now):
                    yield (language, name, part), problem


def _problem(
    shop: Shop,
    offers: Sequence[Offer],
    where: tuple[str, str, str],
    written: str,
    now: datetime,
) -> str:
    language, name, part = where
    try:
        check_text(f"{name}.subject" if part == "subject" else name, written)
        for offer in offers:
            with speaking(nearest(language)):  # the letter's; of it is told in the reader's
                made = sample(shop, offer, name, now=now, language=language)
                unmade = _unmade(made)
            _check_made(made, part, unmade)
    except ValueError as error:
        return str(error)
    return ""


def _check_made(made: Sample, part: str, unmade: str) -> None:
    """Refuse what came of a text, by the words that were made of it and by the whole letter."""
    words = made.content.words
    said = words.subject if part == "subject" else " ".join(words.paragraphs)
    if not one_line(said):
        service = one_line(made.booking.service.name, 80)
        raise ValueError(
            _(
                "filled in for %(service)s it is empty; write some words beside that",
                service=service,
            )
        )
    if part == "subject":
        _check_subject(words.subject)
    if unmade:
        raise ValueError(
            _("no letter can be made of it: %(problem)s; mend its template", problem=unmade)
        )


def _check_subject(subject: str) -> None:
    if len(subject.splitlines()) > 1:
        raise ValueError(_("there is a line break in it; write it on one line"))
    if len(subject) > MOST_SUBJECT:
        raise ValueError(
            _(
                "filled in it has %(count)s characters; write one of at most %(most)s",
                count=len(subject),
                most=MOST_SUBJECT,
            )
        )


def broken_letters(shop: Shop, offer: Offer, *, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the names of letters that cannot be made, and why: a host's templates are its own."""
    for name in LETTERS:
        if problem := _unmade(sample(shop, offer, name, now=now)):
            yield name, problem


def _unmade(made: Sample) -> str:
    try:
        made.message()
    except Exception as error:  # noqa: BLE001 - a host's template may do anything
        return f"{type(error).__name__}, {one_line(str(error))}"
    return ""
