"""The group `flask booking …`, and what its commands share.

Every mistake is one clear line on stderr and an exit status other than 0, never a stack trace.

Everything that commands print passes here: it may hold what strangers typed. A terminal acts on
control characters, and shows text backwards where an invisible character says so; a redirected
output may know a few hundred characters and nothing else. Tables have cells under each other, none
wider than people can scan; times are in the shop's zone.
"""

import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from booking.business_file.section import BusinessFileError
from booking.database import UnusableDatabase
from booking.i18n.formats import format_time
from booking.now import utc_now
from booking.operations.links import Links, TwoKeys
from booking.state import current_sidebook
from booking.storage.models import Booking, PendingMove
from booking.tab_sessions import CommitOutcomeUnknown
from booking.transactions.errors import NoDatabaseFile, state_of
from booking.transactions.sessions import Retry
from booking.transactions.watching import AnySession

# Invisible, or not printable as Python sees it, and yet a part of how words are spelled: they join
# and separate letters, and Arabic writes some signs around numbers with them.
_SPELLING = frozenset(
    "\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
)


def say(*lines: str) -> None:
    """Print each on a line of its own."""
    for text in lines:
        click.echo(_fitting(plain(text), sys.stdout))


def sits_there() -> bool:
    """Tell whether somebody sits at a terminal, who can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def is_agreed(question: str) -> bool:
    """Ask somebody who sits there; Enter alone is no."""
    return click.confirm(question)


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


def agenda(
    bookings: Sequence[Booking], zone: ZoneInfo, moves: Mapping[int, PendingMove] | None = None
) -> Iterator[str]:
    """Write a table: a line for each booking, with the other time that it is asked to be moved to.

    `moves` are those that wait, by their booking's id.
    """
    asked = {number: f"asked for {when(move, zone)}" for number, move in (moves or {}).items()}
    return table(
        [
            (
                when(booking, zone),
                short(booking.staff_member.name),
                short(booking.service.name),
                short(booking.customer_name),
                booking.reference,
                ", ".join(filter(None, [booking.state_at(now()), asked.get(booking.id)])),
            )
            for booking in bookings
        ]
    )


def details(booking: Booking, zone: ZoneInfo, move: PendingMove | None = None) -> Iterator[str]:
    """Write all that is known about one booking, a line each; `move`: what is asked of it."""
    known = [
        ("reference", booking.reference),
        ("state", _state(booking, zone)),
        ("when", f"{when(booking, zone)} ({zone.key})"),
        ("asked for", _asked(move, zone) if move else ""),
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


def _state(booking: Booking, zone: ZoneInfo) -> str:
    """The state by the clock: until when it is pending and for what, or who cancelled it."""
    state = booking.state_at(now())
    if state == "pending" and booking.pending_until:
        until = _moment(datetime.fromtimestamp(booking.pending_until, UTC), zone)
        waits = {"mail": "its customer's word by mail", "approval": "the shop's approval"}
        what = waits.get(booking.pending_for, "a word")
        return f"pending, waits for {what} until {until}"
    by = "clock" if booking.has_lapsed(now()) else booking.cancelled_by
    return f"{state} by the {by}" if by else state


def _asked(move: PendingMove, zone: ZoneInfo) -> str:
    """The other time, with whom, and until when the shop can decide."""
    what = f"{when(move, zone)} with {move.staff_member.name}"
    return f"{what}, waits for the shop's approval until {_moment(move.waits_until, zone)}"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone).date()} {time_of_day(at, zone)}"


def when(booking: Booking | PendingMove, zone: ZoneInfo) -> str:
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


class FriendlyErrorGroup(AppGroup):
    """A group whose commands say what is the matter instead of showing where it happened."""

    def make_context(self, *given: Any, **more: Any) -> click.Context:
        with in_plain_words():
            return super().make_context(*given, **more)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with in_plain_words():
                return super().invoke(ctx)
        except click.ClickException as error:
            if (text := as_called(error.message)) == error.message:
                raise
            raise worded(error, text) from error


booking_commands = FriendlyErrorGroup("booking", help="Set up the business and look after its day.")


def as_called(text: str) -> str:
    """Return the text with our commands as they are called in this app."""
    context: click.Context | None = click.get_current_context()
    while context and context.command is not booking_commands:
        context = context.parent
    return text.replace("flask booking ", f"flask {context.info_name} ") if context else text


def ready() -> AnySession:
    """Return the database session, once every table of this version is there."""
    from booking.migrate import current, pending  # noqa: PLC0415 - Alembic takes 0.2 s that only commands spend

    if missing := pending(current_sidebook().engine):
        version = current(current_sidebook().engine)
        state = f"at version {version}, and needs {missing[-1]}" if version else "not set up yet"
        raise click.ClickException(f"The database is {state}. Run flask booking init first.")
    return current_sidebook().session


def links() -> Links:
    """Return how this app makes customers' links, once it is noted that its key is in use.

    Raises: TwoKeys.
    """
    sidebook = current_sidebook()
    sidebook.note_key(sidebook.session)
    return sidebook.links


def now() -> datetime:
    """Return when the command runs."""
    return utc_now()


_CANNOT_WRITE = ("unable to open database file", "readonly database")
_CANNOT_REACH = (
    *("connection failed", "connection is bad", "connection attempts failed"),
    *("could not connect", "connection refused"),
)
_STATES_IN_THE_WAY = {"40001", "40P01", "55P03"}
_NO_SCHEMA = "3F000"
_MAKE_A_SCHEMA = (
    ". Make a schema that the search_path of the role or the database names, or let it name one "
    "that is there."
)
_BUSY = "The database is busy. Nothing was changed: run it again in a moment."
_IN_THE_WAY = ("locked", "lock timeout", "deadlock", "serialize")


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn what may go wrong without anybody's fault in the code into a line for the owner."""
    try:
        yield
    except click.ClickException as error:
        raise harmless(error) from error
    except tuple(_WORDS) as error:
        words = next(words for kind, words in _WORDS.items() if isinstance(error, kind))
        raise harmless(click.ClickException(words(error))) from error
    except OSError as error:
        if error.filename is None:  # about no file that somebody named
            raise
        problem = f"{error.filename} cannot be used: {error.strerror}. Name another file."
        raise harmless(click.ClickException(problem)) from error
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        remedy = "PostgreSQL needs its driver: pip install 'sidebook[postgres]'"
        raise click.ClickException(remedy) from error


def said(error: DBAPIError) -> str:
    """Return the driver's first line: what follows may quote rows, and rows are people."""
    return (str(error.orig).splitlines() or ["no reason given"])[0]


def is_in_the_way(error: DBAPIError) -> bool:
    """Tell whether somebody else's work was in the way, which is over in a moment."""
    # A server may speak any language, so PostgreSQL is asked for its number.
    return state_of(error) in _STATES_IN_THE_WAY or any(
        part in said(error).lower() for part in _IN_THE_WAY
    )


def _database_trouble(error: DBAPIError) -> str:
    reason = said(error)
    words = reason.lower()
    if isinstance(error.orig, NoDatabaseFile):
        return reason
    if isinstance(error, IntegrityError):
        return "Somebody else changed the same things. Nothing was changed: run it again."
    if any(part in words for part in _CANNOT_WRITE):
        return (
            f"The database cannot be opened for writing ({reason}). Make its folder and file "
            "writable, or let BOOKING_DATABASE_URL name another place."
        )
    if any(part in words for part in _CANNOT_REACH):
        return _no_connection(reason)
    if is_in_the_way(error):
        return _BUSY
    hint = _MAKE_A_SCHEMA if state_of(error) == _NO_SCHEMA else ""
    return f"The database answered: {reason}{hint}"


def _no_connection(reason: str) -> str:
    _, answered, why = reason.partition("FATAL:")
    if answered:
        return (
            f"The database server answers, but not to this ({why.strip()}). Look at the user, the "
            "password and the database's name in BOOKING_DATABASE_URL."
        )
    return f"The database does not answer ({reason}). Start it, or look at BOOKING_DATABASE_URL."


_WORDS: dict[type[Exception], Callable[[Any], str]] = {
    BusinessFileError: lambda error: "\n".join(
        ["the file was not loaded, and nothing was changed.", *map(plain, error.problems)]
    ),
    UnusableDatabase: str,
    CommitOutcomeUnknown: lambda _: (
        "The connection was lost while saving, so it may or may not have been saved. Look before "
        "you run it again: flask booking list."
    ),
    Retry: lambda _: _BUSY,
    TwoKeys: lambda error: f"{error}.",
    DBAPIError: _database_trouble,
    ArgumentError: lambda error: f"The database URL cannot be used: {error}",
}
