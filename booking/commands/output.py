"""Everything that commands print passes here: it may hold what strangers typed.

A terminal acts on control characters, and shows text backwards where an invisible character says
so; a redirected output may know a few hundred characters and nothing else. Tables have cells under
each other, none wider than people can scan; times are in the shop's zone.
"""

import sys
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TextIO
from zoneinfo import ZoneInfo

import click

from booking.i18n.formats import format_time
from booking.storage.models import Booking

# Invisible, or not printable as Python sees it, and yet a part of how words are spelled: they join
# and separate letters, and Arabic writes some signs around numbers with them.
_SPELLING = frozenset(
    "\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
)


def say(*lines: str) -> None:
    """Print each on a line of its own."""
    for text in lines:
        click.echo(_fitting(plain(text), sys.stdout))


def require_yes(lines: Sequence[str], what: str, *, given: bool) -> None:
    """Show what would go and refuse, unless --yes was given or there is nothing to lose."""
    if given or not lines:
        return
    say(*lines)
    raise click.ClickException(f"Nothing was changed: {what} needs --yes.")


def plain(text: str) -> str:
    """Put it on one line, without what could drive a terminal or turn the text around."""
    # As Python writes it, a control is such as \x1b and a mark of direction such as \u202e.
    spaced = "".join(" " if c.isspace() else c for c in text)
    return "".join(c if c.isprintable() or c in _SPELLING else repr(c)[1:-1] for c in spaced)


def harmless(error: click.ClickException) -> click.ClickException:
    """Return the same refusal, with what it repeats of a file or a command line made plain."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error  # a page of help, and nobody's words
    lines = error.format_message().split("\n")
    return worded(error, _fitting("\n".join(map(plain, lines)), sys.stderr))


def worded(error: click.ClickException, text: str) -> click.ClickException:
    """Return the same refusal in other words, with the exit status that it had."""
    if isinstance(error, click.UsageError):
        return click.UsageError(text, error.ctx)
    return click.ClickException(text)


def _fitting(text: str, stream: TextIO | None) -> str:
    """With an escape in place of what the stream's encoding lacks, so that no line is lost."""
    encoding = getattr(stream, "encoding", None) or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)


MOST_WIDE = 32
_CUT = "..."


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Write a line for each row, columns as wide as they need to be."""
    cells = [[plain(text) for text in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (padded_to(wide, text) for text, wide in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def width(text: str) -> int:
    """Count the columns a terminal takes for it: Chinese takes two, an accent of its own none."""
    return sum(map(_columns, text))


def padded_to(wide: int, text: str) -> str:
    """Add blanks behind it up to so many columns."""
    return text + " " * (wide - width(text))


def short(name: str) -> str:
    """Cut the name to what a column may be wide: one long one must not widen every row."""
    shown = plain(name)
    if width(shown) <= MOST_WIDE and len(shown) <= 2 * MOST_WIDE:
        return shown
    left, kept = MOST_WIDE - len(_CUT), ""
    for character in shown[: 2 * MOST_WIDE]:
        left -= _columns(character)
        if left < 0:
            break
        kept += character
    return kept.rstrip() + _CUT


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def agenda(bookings: Sequence[Booking], zone: ZoneInfo) -> Iterator[str]:
    """Write a table: a line for each booking."""
    return table(
        [
            (
                when(booking, zone),
                short(booking.staff_member.name),
                short(booking.service.name),
                short(booking.customer_name),
                booking.reference,
                booking.state,
            )
            for booking in bookings
        ]
    )


def details(booking: Booking, zone: ZoneInfo) -> Iterator[str]:
    """Write all that is known about one booking, a line each."""
    by = f" by the {booking.cancelled_by}" if booking.cancelled_by else ""
    known = [
        ("reference", booking.reference),
        ("state", booking.state + by),
        ("when", f"{when(booking, zone)} ({zone.key})"),
        ("service", booking.service.name),
        ("staff", booking.staff_member.name),
        ("customer", booking.customer_name),
        ("e-mail", booking.customer_email),
        ("phone", booking.customer_phone),
        ("their zone", booking.customer_zone),
        ("note", booking.customer_note),
        *((str(answer["label"]), _answer(answer["value"])) for answer in booking.answers),
    ]
    lines = [(plain(label), plain(value)) for label, value in known if value]
    widest = max(width(label) for label, _ in lines)
    for label, value in lines:
        yield f"{padded_to(widest, label)}  {value}"


def when(booking: Booking, zone: ZoneInfo) -> str:
    """Write date and times on the wall clock of the zone."""
    return span(booking.starts_at, booking.ends_at, zone)


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Write 2026-12-24 14:30-15:00; an end that is a whole day later or more has its date."""
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    after = f"{last} " if end - start >= timedelta(days=1) else ""
    return f"{day} {time_of_day(start, zone)}-{after}{time_of_day(end, zone)}"


def time_of_day(instant: datetime, zone: ZoneInfo) -> str:
    """Write 14:30, and in an hour that comes twice 01:30 (UTC+1), as customers read it."""
    return format_time(instant, zone).replace("\N{MINUS SIGN}", "-")  # as one types it


def _answer(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
