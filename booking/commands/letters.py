"""Letters as an owner sees them: what went out, what did not and why, and how it would look.

They are personal: an address is shown to whoever asks here, and is in no log.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from functools import partial
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from booking.mail_settings import Mailbox, mailbox
from booking.notifications.delivery import transport_of
from booking.notifications.letters import compose
from booking.notifications.transport import ACCEPTED
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.deliveries import end_pauses
from booking.storage.letter_reads import (
    Listed,
    letter_numbered,
    letters_to_retry,
    newest_letters,
    retry_letters,
)
from booking.tab_sessions import read_transaction, run_in_transaction, run_read_only

from .group import booking_commands, now, plain, ready, say, short, table
from .lookup import booking_named

HEAD = ("letter", "due", "what", "to", "", "about", "state", "answer")
AT_A_TIME = 50
"""Letters or bookings that are changed in one transaction: whoever books waits for it."""


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
@click.argument("number", type=int)
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
    body = message.get_body(("plain",))
    yield f"Subject: {message['Subject']}"
    yield ""
    yield from str(body.get_content() if body else "").splitlines()


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
    """Send a letter to ADDRESS now, and show what the mail server says."""
    transport, sender = transport_of(current_sidebook()), current_sidebook().settings.mail_from
    if transport is None or sender is None:
        raise click.ClickException(
            "No letters are sent. Write BOOKING_MAIL_URL, such as smtp://user:password@host:587, "
            "and what it needs beside it (docs/letters.md)."
        )
    to = _mailbox(address)
    with transport.connected():
        answer = transport.send(_test_letter(sender, to), sender=sender.address, recipient=to)
    if answer.outcome != ACCEPTED:
        raise click.ClickException(f"The letter was not taken ({answer.outcome}): {answer.words}")
    say(f"The letter was taken: {answer.words}")


def _mailbox(address: str) -> str:
    try:
        return mailbox(address).address
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _test_letter(sender: Mailbox, to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = "A letter to try mail out"
    message["Date"], message["Message-ID"] = (
        localtime(),
        make_msgid(domain=sender.address.rpartition("@")[2]),
    )
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("Letters of your booking pages arrive here. There is nothing to do.\n")
    return message


@letters.command("retry")
@click.argument("numbers", type=int, nargs=-1)
def retry(numbers: Sequence[int]) -> None:
    """Send again what failed: all of it, or the letters of these NUMBERS; and wait no longer.

    What has lost its point by now, or is not true any more, is left out.
    """
    at, done = int(now().timestamp()), 0
    with read_transaction(ready()) as session:
        which = letters_to_retry(session, numbers, now=at)
    run_in_transaction(ready(), end_pauses)
    for some in _parts(which):
        done += run_in_transaction(ready(), partial(retry_letters, numbers=some, now=at))
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
    for start in range(0, len(numbers), AT_A_TIME):
        yield numbers[start : start + AT_A_TIME]
