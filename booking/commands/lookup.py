"""Look up what a command's words name: an appointment, a service, people, a customer; a time.

As it sounds and as it is keyed in, not letter by letter; where nothing is found, the message says
what there is instead.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.characters import folded
from booking.contact import forms
from booking.i18n.date_input import (
    YEARS,
    InvalidValue,
    Moment,
    WrittenOtherwise,
    counted,
    moment,
    starting,
)
from booking.i18n.formats import format_utc_offset as offset_of
from booking.operations.bookings import Customer
from booking.scheduling.clock import from_minute, instants, local_day, to_minute
from booking.storage import reads
from booking.storage.bookings import WIDTHS
from booking.storage.models import Booking, Service, StaffMember
from booking.web.rendering import get_shop, phone_region

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


def _number(text: str) -> str:
    """Its digits, in whatever script, without the zeros that are only dialled."""
    digits = (unicodedata.digit(c, None) for c in text.replace("(0)", ""))
    return "".join(str(digit) for digit in digits if digit is not None).lstrip("0")


Command = Callable[..., Any]


def booking_named(session: Session, reference: str) -> Booking:
    """Return the appointment of that reference."""
    if booking := reads.booking_by_reference(session, reference):
        return booking
    raise click.ClickException(
        "No appointment has that reference. flask booking list --all shows them."
    )


def service_named(session: Session, slug: str) -> Service:
    """Return the service of that slug, if it can be booked."""
    known = {service.slug: service for service in reads.services(session)}
    if service := known.get(slug) or _called(slug, list(known.values())):
        return service
    raise click.ClickException(f"No service is called {slug}. There are: {', '.join(known)}.")


def staff_offering(session: Session, service: Service, slug: str | None) -> Sequence[StaffMember]:
    """Return who of that slug offers the service; without a slug everybody who does."""
    known = {member.slug: member for member in service.staff if not member.retired}
    if slug is None:
        return list(known.values())
    if member := known.get(staff_named(session, slug).slug):
        return [member]
    raise click.ClickException(
        f"{slug} does not offer {service.name}. There are: {', '.join(known)}."
    )


def staff_named(session: Session, slug: str) -> StaffMember:
    """Return the staff member of that slug, even one who left: appointments may remain."""
    member = reads.staff_by_slug(session, slug)
    if member := member or _called(slug, list(session.scalars(select(StaffMember)))):
        return member
    known = {member.slug for service in reads.services(session) for member in service.staff}
    raise click.ClickException(f"Nobody is called {slug}. There are: {', '.join(sorted(known))}.")


Named = TypeVar("Named", Service, StaffMember)


def _called(typed: str, known: Sequence[Named]) -> Named | None:
    """The one whose slug or name that may be; None where it may be several, or nobody."""
    wanted = folded(typed)
    by_slug = [one for one in known if folded(one.slug) == wanted.replace(" ", "-")]
    fitting = by_slug or [one for one in known if folded(one.name) == wanted]
    return fitting[0] if len(fitting) == 1 else None


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


# How days are written elsewhere. Told, never taken over: 3/4 is April here and March there.
_ELSEWHERE = (
    *("%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y-%m-%d"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y"),
    *("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%B %d, %Y", "%b %d, %Y"),
)
# 01:30 (UTC+1) as it is printed, or 01:30+01:00, 01:30Z. Only behind a time: dates have hyphens.
_OFFSET = re.compile(
    r"(?P<text>.*?\d:\d\d)(?: ?\(?(?P<utc>UTC|Z))?"
    r"(?:(?P<sign>[-+\N{MINUS SIGN}])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?)?\)?",
    re.ASCII | re.IGNORECASE,
)


Day = Callable[[date], date]
"""A day, perhaps one that is counted from another, such as "next friday": given today it is one."""


def day(written: str) -> Day:
    """Return the day as it is counted from today.

    Raises: BadParameter, which says what to write.
    """
    written = _with_usual_digits(written)
    with suppress(InvalidValue):
        counted(written, date.min.replace(year=YEARS[0]))
        return partial(counted, written)
    if named := _read(written, "%Y-%m-%d"):
        if named.year in YEARS:
            return lambda _today: named
        raise click.BadParameter(
            f"{named} is too far away; write a year from {YEARS[0]} to {YEARS[-1]}"
        )
    remedy = " or ".join(_meant(written)) or (
        'one such as 2026-12-24, "tomorrow", "next friday", "+3 weeks"'
    )
    raise click.BadParameter(f'"{written}" is not a day as it is written here; write {remedy}')


def instant(written: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a time on the zone's clock, in the forms of a business file.

    Of an hour that comes twice it is the first, unless the offset stands behind it as it is
    printed, (UTC), or as computers write it, +00:00.
    """
    today = local_day(to_minute(now), zone)
    text, offset = _apart(_with_usual_digits(written))
    try:
        named = moment(text, today)
        if named.minute is None:
            raise WrittenOtherwise(f'say the time of day, too: "{named.day} 14:30"')
        return starting(named, zone) if offset is None else _at(named, offset, zone)
    except WrittenOtherwise as wrong:
        raise click.ClickException(f"{written}: {wrong}.") from wrong
    except InvalidValue as wrong:
        raise click.ClickException(f"{written}: {wrong}. {_example(text, today)}.") from wrong


def has_offset(written: str) -> bool:
    """Tell whether the time is written with how far its clock stands from UTC."""
    return _apart(_with_usual_digits(written))[1] is not None


def _apart(written: str) -> tuple[str, timedelta | None]:
    """The time on the wall, and how far its clock stands from UTC where that is written."""
    match = _OFFSET.fullmatch(written.strip())
    if not match or not (match["utc"] or match["sign"]):
        return written, None
    ahead = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    return match["text"], -ahead if match["sign"] in ("-", "\N{MINUS SIGN}") else ahead


def _at(moment: Moment, offset: timedelta, zone: ZoneInfo) -> datetime:
    possible = [from_minute(each) for each in instants(moment.day, moment.minute or 0, zone)]
    fitting = [each for each in possible if each.astimezone(zone).utcoffset() == offset]
    if fitting:
        return fitting[0]
    starting(moment, zone)  # says it of a time that the clock leaves out
    shown = " and ".join(offset_of(each.astimezone(zone)) for each in possible)
    raise WrittenOtherwise(f"the clock of {zone.key} is at {shown} then; write that, or nothing")


def _example(written: str, today: date) -> str:
    head, _, time = written.strip().rpartition(" ")
    if meant := [f'"{day} {time}"' for day in _meant(head)]:
        return f"Write {' or '.join(meant)}"
    return f'Write it with its time of day, such as "{today} 14:30" or "next friday 9:00"'


def _meant(written: str) -> list[str]:
    """The days that may be meant by one that is written as elsewhere."""
    days = (_read(written, form) for form in _ELSEWHERE)
    return list({each.isoformat(): None for each in days if each and each.year in YEARS})


def _with_usual_digits(written: str) -> str:
    return unicodedata.normalize("NFKC", written)


def _read(written: str, form: str) -> date | None:
    with suppress(ValueError):
        return datetime.strptime(written.strip(), form).date()  # noqa: DTZ007 - a day has no zone
    return None
