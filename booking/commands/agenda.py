"""The owner's book, read: who comes when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from booking.i18n.date_input import YEARS
from booking.scheduling.clock import day_interval, from_minute, local_day, to_minute
from booking.storage import reads
from booking.storage.models import Booking
from booking.tab_sessions import read_transaction

from .days import Counted, day
from .group import booking_commands, now, ready
from .lines import agenda, details
from .named import booking_named, staff_named
from .output import say
from .search import is_about

END_OF_TIME = date(YEARS[-1], 12, 31)
DAYS = 'A day is 2026-12-24, "tomorrow", "next friday" or "+3 weeks", counted from today.'


@booking_commands.command("list", epilog=DAYS)
@click.option("--from", "first", type=day, help="First day. Default: today.")
@click.option("--to", "last", type=day, help="Last day. Default: the first.")
@click.option("--all", "everything", is_flag=True, help="Without a last day: all to come.")
@click.option("--staff", help="Only with that staff member (a slug).")
@click.option("--customer", help="Only whose name, e-mail or phone has this in it; all to come.")
def list_bookings(
    first: date | Counted | None,
    last: date | Counted | None,
    *,
    everything: bool,
    staff: str | None,
    customer: str | None,
) -> None:
    """Show the appointments of a day or several, in the shop's zone."""
    with read_transaction(ready()) as session:
        zone = reads.shop_zone(session)
        start, end = _days(first, last, zone, endless=everything or bool(customer))
        span = day_interval(start, zone)[0], day_interval(end, zone)[1]
        found = reads.bookings_between(session, *map(from_minute, span))
        lines = list(agenda(_of(session, found, staff, customer), zone))
    for line in lines or [f"No {_such(staff, customer)} {_when(start, end)}."]:
        say(line)


@booking_commands.command()
@click.argument("reference")
def show(reference: str) -> None:
    """Show all that is known about one appointment."""
    with read_transaction(ready()) as session:
        for line in details(booking_named(session, reference), reads.shop_zone(session)):
            say(line)


def _days(
    first: date | Counted | None, last: date | Counted | None, zone: ZoneInfo, *, endless: bool
) -> tuple[date, date]:
    today = local_day(to_minute(now()), zone)
    begins, ends = (one(today) if isinstance(one, Counted) else one for one in (first, last))
    start = begins or today
    end = ends or (END_OF_TIME if endless else start)
    if end < start:
        raise click.ClickException("--to is before --from: swap them.")
    return start, end


def _of(
    session: Session, found: Sequence[Booking], staff: str | None, customer: str | None
) -> list[Booking]:
    member = staff_named(session, staff) if staff else None
    return [
        booking
        for booking in found
        if (member is None or booking.staff_member_id == member.id)
        and (customer is None or is_about(booking, customer))
    ]


def _such(staff: str | None, customer: str | None) -> str:
    return "such appointments" if staff or customer else "appointments"


def _when(start: date, end: date) -> str:
    if end == END_OF_TIME:
        return f"from {start} on"
    return f"on {start}" if start == end else f"from {start} to {end}"
