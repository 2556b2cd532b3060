"""Look up what a command's words name: an appointment, a service, people, a customer.

As it sounds and as it is keyed in, not letter by letter; where nothing is found, the message says
what there is instead.
"""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.contact import forms
from booking.operations.bookings import Customer
from booking.storage import reads
from booking.storage.bookings import WIDTHS
from booking.storage.models import Booking, Service, StaffMember
from booking.web.rendering import get_shop, phone_region

# What Unicode does not take apart: letters with a stroke, and marks that keyboards do not have.
_ALIKE = str.maketrans(
    {
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
    }
    | dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)
_FEWEST_DIGITS = 4  # of a number that is looked for: fewer are in nearly every number


def is_about(booking: Booking, typed: str) -> bool:
    """Tell whether the customer's name, e-mail or phone number has this in it."""
    wanted = folded(typed)
    texts = booking.customer_name, booking.customer_email, booking.customer_phone
    if any(wanted in folded(text) for text in texts):
        return True
    number = _number(wanted)
    has_letters = any(map(str.isalpha, wanted))
    in_number = number in _number(folded(booking.customer_phone))
    return len(number) >= _FEWEST_DIGITS and not has_letters and in_number


def folded(text: str) -> str:
    """Take off accents, capitals, invisible characters and doubled blanks: İstanbul is istanbul."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c for c in parts if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return " ".join(kept.translate(_ALIKE).split())


def _number(text: str) -> str:
    """Its digits, in whatever script, without the zeros that are only dialled."""
    digits = (unicodedata.digit(c, None) for c in text.replace("(0)", ""))
    return "".join(str(digit) for digit in digits if digit is not None).lstrip("0")


Command = Callable[..., Any]


def booking_named(session: Session, reference: str) -> Booking:
    """Return the appointment of that reference."""
    if found := reads.booking_by_reference(session, reference):
        return found
    raise click.ClickException(
        "No appointment has that reference. flask booking list --all shows them."
    )


def service_named(session: Session, slug: str) -> Service:
    """Return the service of that slug, if it can be booked."""
    known = {service.slug: service for service in reads.services(session)}
    if found := known.get(slug) or _called(slug, list(known.values())):
        return found
    raise click.ClickException(f"No service is called {slug}. There are: {', '.join(known)}.")


def staff_offering(session: Session, service: Service, slug: str | None) -> Sequence[StaffMember]:
    """Return who of that slug offers the service; without a slug everybody who does."""
    known = {member.slug: member for member in service.staff if not member.retired}
    if slug is None:
        return list(known.values())
    if found := known.get(staff_named(session, slug).slug):
        return [found]
    raise click.ClickException(
        f"{slug} does not offer {service.name}. There are: {', '.join(known)}."
    )


def staff_named(session: Session, slug: str) -> StaffMember:
    """Return the staff member of that slug, even one who left: appointments may remain."""
    found = reads.staff_by_slug(session, slug)
    if found := found or _called(slug, list(session.scalars(select(StaffMember)))):
        return found
    known = {member.slug for service in reads.services(session) for member in service.staff}
    raise click.ClickException(f"Nobody is called {slug}. There are: {', '.join(sorted(known))}.")


Named = TypeVar("Named", Service, StaffMember)


def _called(typed: str, known: Sequence[Named]) -> Named | None:
    """The one whose slug or name that may be; None where it may be several, or nobody."""
    wanted = folded(typed)
    by_slug = [one for one in known if folded(one.slug) == wanted.replace(" ", "-")]
    found = by_slug or [one for one in known if folded(one.name) == wanted]
    return found[0] if len(found) == 1 else None


def like_option(text: str) -> Callable[[Command], Command]:
    """Make the option --like: what is like the one that is named, by visitor or by network."""
    words = {width.replace("_", "-"): width for width in WIDTHS}
    return click.option(
        "--like",
        is_flag=False,
        flag_value="visitor",
        type=click.Choice(list(words)),
        callback=lambda _context, _option, word: words.get(word),
        help=f"{text} Alone it means the visitor, one address.",
    )


_ASKED = [
    forms.NAME._replace(missing="Say who comes."),
    forms.EMAIL._replace(required=False),
    forms.PHONE,
    forms.FieldSpec("note", "Note", "textarea", maxlength=forms.NOTE_LENGTH),
]


def customer_of(session: Session, typed: dict[str, str]) -> Customer:
    """Return the customer; whoever telephones may leave no address and no number."""
    form = forms.details_form(_ASKED, typed, phone_region(get_shop(session)), memo={})
    if not form.validate():
        wrong = [f"--{name}: {message}" for name, message in forms.first_messages(form).items()]
        raise click.ClickException("\n".join([*wrong, "Nothing was changed."]))
    return Customer(**form.data, zone=reads.shop_zone(session).key)
