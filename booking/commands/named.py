"""What a command's words name: an appointment, a service, people. Or what there is instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.storage import reads
from booking.storage.bookings import WIDTHS
from booking.storage.models import Booking, Service, StaffMember

from .search import folded

Command = Callable[..., Any]


def booking_named(session: Session, reference: str) -> Booking:
    """The appointment of that reference."""
    if found := reads.booking_by_reference(session, reference):
        return found
    raise click.ClickException(
        "No appointment has that reference. flask booking list --all shows them."
    )


def service_named(session: Session, slug: str) -> Service:
    """The service of that slug, if it can be booked."""
    known = {service.slug: service for service in reads.services(session)}
    if found := known.get(slug) or _called(slug, list(known.values())):
        return found
    raise click.ClickException(f"No service is called {slug}. There are: {', '.join(known)}.")


def staff_offering(session: Session, service: Service, slug: str | None) -> Sequence[StaffMember]:
    """Who of that slug offers the service; without a slug everybody who does."""
    known = {member.slug: member for member in service.staff if not member.retired}
    if slug is None:
        return list(known.values())
    if found := known.get(staff_named(session, slug).slug):
        return [found]
    raise click.ClickException(
        f"{slug} does not offer {service.name}. There are: {', '.join(known)}."
    )


def staff_named(session: Session, slug: str) -> StaffMember:
    """The staff member of that slug, even one who left: appointments may remain."""
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
    """The option --like: what is like the one that is named, by visitor or by network."""
    words = {width.replace("_", "-"): width for width in WIDTHS}
    return click.option(
        "--like",
        is_flag=False,
        flag_value="visitor",
        type=click.Choice(list(words)),
        callback=lambda _context, _option, word: words.get(word),
        help=f"{text} Alone it means the visitor, one address.",
    )
