"""Letters as an owner sees them: what went out, what did not and why, and how it would look.

They are personal: an address is shown to whoever asks here, and is in no log.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import partial
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from booking.mail_settings import MailServer, mailbox
from booking.notifications.letters import compose
from booking.notifications.transport import ACCEPTED, Answer
from booking.notifications.trying_out import plain_text, send_test_letter
from booking.operations.letter_retries import AT_ONCE
from booking.operations.letter_retries import retry as retry_failed
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.letter_reads import (
    Listed,
    letter_numbered,
    letters_to_retry,
    newest_letters,
)
from booking.tab_sessions import read_transaction, run_in_transaction, run_read_only

from .given import NUMBER
from .group import booking_commands, now, plain, ready, say, short, table
from .lookup import booking_named

HEAD = ("letter", "due", "what", "to", "", "about", "state", "answer")


@booking_commands.group(invoke_without_command=True)
@click.option("--failed", is_flag=True, help="Only what our mail server has not taken.")
@click.option("--about", help="Only those about that appointment (its reference).")
@click.option("--most", type=click.IntRange(1, 10_000), default=50, help="How many; 50 otherwise.")
@click.pass_context
@with_appcontext
def letters(context: click.Context, *, failed: bool, about: str | None, most: int) -> None:
    """List letters, the newest first; or do something about them."""
    if context.invoked_subcommand:
        return
    with read_transaction(ready()) as session:
        number = booking_named(session, about).id if about else None
        listed = newest_letters(session, most=most, only_failed=failed, booking_id=number)
        lines = list(table([HEAD, *_rows(listed, reads.shop_zone(session))])) if listed else []
    say(*lines or ["No such letter." if failed or about else "No letter was written yet."])


def _rows(listed: Sequence[Listed], zone: ZoneInfo) -> Iterator[tuple[str, ...]]:
    for one, reference in listed:
        yield (
            str(one.id),
            _when(one.due_at, zone),
            one.kind,
            one.role,
            short(one.recipient),
            reference or "-",
            _state(one.state),
            short(one.answer) or "-",
        )


def _state(state: str) -> str:
    return state.replace("_", " ")


def _when(seconds: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone(zone):%Y-%m-%d %H:%M}"


@letters.command("show")
@click.argument("number", type=NUMBER)
def show(number: int) -> None:
    """Show all that is known of the letter of that NUMBER, and what it says."""
    with read_transaction(ready()) as session:
        listed = letter_numbered(session, number)
        if listed is None:
            raise click.ClickException(
                f"There is no letter {number}, or it was purged. flask booking letters lists them."
            )
        lines = list(_details(listed, reads.shop_zone(session)))
        due = datetime.fromtimestamp(listed.letter.due_at, UTC)
        is_a_letter = listed.letter.role != "host"
        message = compose(session, listed.letter, now=due) if is_a_letter else None
    say(*lines, *(["", *text_of(message)] if message else []))


def text_of(message: EmailMessage) -> Iterator[str]:
    """Write its subject and what it says in plain text, a line each."""
    yield f"Subject: {message['Subject']}"
    yield ""
    yield from plain_text(message).splitlines()


def _details(listed: Listed, zone: ZoneInfo) -> Iterator[str]:
    one, reference = listed
    moments = {
        "written": one.created_at,
        "due": one.due_at,
        "at the latest": one.last_moment,
        "not again before": one.leased_until,
        "ended": one.ended_at,
    }
    known = {
        "letter": f"{one.id}, {one.kind} to the {one.role}",
        "to": one.recipient,
        "about": reference,
        "language": one.language,
        "state": _state(one.state),
        "tries": str(one.tries or ""),
        "answer": one.answer,
        **{name: _when(at, zone) for name, at in moments.items() if at is not None},
        **{f"{name} then": str(value) for name, value in one.facts.items() if value},
    }
    widest = max(map(len, known))
    for name, value in known.items():
        if value:
            yield f"{name:<{widest}}  {plain(value)}"


@letters.command("test")
@click.argument("address")
def try_out(address: str) -> None:
    """Send a letter to ADDRESS now, and show what the mail server is told and answers."""
    server, to = current_sidebook().settings.mail_url, _mailbox(address)
    answer = send_test_letter(current_sidebook(), to, hear=say)
    if server is None or answer is None:
        raise click.ClickException(
            "No letters are sent. Write BOOKING_MAIL_URL, such as smtp://user:password@host:587, "
            "and what it needs beside it (docs/letters.md)."
        )
    if answer.outcome != ACCEPTED:
        raise click.ClickException(f"The letter was not taken ({answer.outcome}): {answer.words}")
    say(_taken(server, answer))


def _taken(server: MailServer, answer: Answer) -> str:
    if server.folder:
        return f"No mail server was asked: the letter was {answer.words}, in {server.folder}."
    if server.kind == "log":
        return f"No mail server was asked: the letter was {answer.words}, without its text."
    return f"The letter was taken: {answer.words}"


def _mailbox(address: str) -> str:
    try:
        return mailbox(address).address
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@letters.command("retry")
@click.argument("numbers", type=NUMBER, nargs=-1)
def retry(numbers: Sequence[int]) -> None:
    """Send again what failed: all of it, or the letters of these NUMBERS; and wait no longer.

    What has lost its point by now, or is not true any more, is left out.
    """
    at, done = now(), 0
    with read_transaction(ready()) as session:
        which = letters_to_retry(session, numbers or None, now=int(at.timestamp()))
    for some in _parts(which) if which else [()]:  # of none still the pause is over
        done += len(run_in_transaction(ready(), partial(retry_failed, numbers=some, now=at)))
    say(f"{done} letters are due now." if done else "There is no such letter to send again.")


@letters.command("plan")
def plan() -> None:
    """Plan the reminders of appointments to come, as the shop's file says now.

    For those that were booked while mail was off, or before its reminders were changed.
    """
    planned = withdrawn = 0
    coming = run_read_only(ready(), partial(reads.coming_bookings, now=now()))
    remind = partial(current_sidebook().outbox.plan_reminders, now=now())
    for some in _parts(coming):
        new, old = run_in_transaction(ready(), partial(remind, numbers=some))
        planned, withdrawn = planned + new, withdrawn + old
    say(f"Planned {planned} reminders, and withdrew {withdrawn} that are not wanted any more.")


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]
