"""Customers: who they are, all that is stored about one, and how nothing of it is left.

An address or a number may be a whole family's, so whoever is to be exported or erased is named once
more where several share it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from booking.characters import folded
from booking.contact.phones import whole_number
from booking.contact.stored import as_json, as_text, touched_in_words
from booking.files import write_private
from booking.operations import customers, erasure
from booking.operations.customer_export import stored_about
from booking.operations.customers import NoSuchCustomer, NothingToSplit
from booking.operations.erasure import HasComingBookings
from booking.operations.whose import Somebody, addresses_in, chosen, somebodies
from booking.spreadsheet import csv_lines
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.customers import all_customers
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.customer_rows import customer_rows
from booking.web.rendering import get_shop, phone_region

from .given import NUMBER, written
from .group import agenda, booking_commands, now, ready, require_yes, say, table
from .lookup import booking_named
from .wiping import wipe_what_was_deleted

Command = Callable[..., Any]
WHO = "WHO is an e-mail address, a phone number, or the reference of an appointment."


@booking_commands.group("customer")
def customer_commands() -> None:
    """List, export and erase customers; merge, split and block them."""


def chooses(command: Command) -> Command:
    """Add what says which of several is meant."""
    for option in (
        click.option("--all", "everybody", is_flag=True, help="Everybody who shares it."),
        click.option("--name", help="Of those who share it, whoever booked under that name."),
        click.option("--customer", type=NUMBER, help="Of those who share it, by number."),
    ):
        command = option(command)
    return command


@customer_commands.command("list")
@click.option("--csv", "file", type=click.Path(path_type=Path), help="Write a spreadsheet.")
def list_customers(file: Path | None) -> None:
    """Show all customers: number, name, appointments, how often nobody came, the last one."""
    if file:
        _write_customers(file)
        return
    with read_transaction(ready()) as session:
        zone = reads.shop_zone(session)
        rows = [
            (
                *(str(each.id), each.name),
                *(str(each.figures.bookings), str(each.figures.no_shows)),
                str(each.figures.last.astimezone(zone).date()) if each.figures.last else "",
                "blocked" if each.blocked_at else "",
            )
            for each in all_customers(session)
        ]
    titles = ("customer", "name", "appointments", "no-shows", "last", "web")
    say(*(table([titles, *rows]) if rows else ["There are no customers yet."]))


def _write_customers(file: Path) -> None:
    """Write the spreadsheet that the desk has, a part at a time."""
    with read_transaction(ready()) as session, written(file):
        lines = write_private(file, csv_lines(customer_rows(session)))
    say(f"{file}: {lines - 1} customers. It holds personal data.")


@customer_commands.command(epilog=WHO)
@click.argument("who")
@click.argument("file", type=click.Path(path_type=Path))
@chooses
def export(who: str, file: Path, **choice: Any) -> None:
    """Write all that is stored about WHO to FILE (JSON), and for people to FILE.txt."""
    with read_transaction(ready()) as session:
        whose = chosen(session, _choose(_somebodies(session, who), who, **choice))
        document = stored_about(session, whose, now=now(), hashed=_hashed())
    text = file.with_name(f"{file.name}.txt")
    with written(file):
        write_private(file, as_json(document))
        write_private(text, as_text(document))
    say(f"{file} and {text}: {len(whose.bookings)} appointments. They hold personal data.")


@customer_commands.command(epilog=WHO)
@click.argument("who")
@chooses
@click.option("--yes", is_flag=True, help="Erase them.")
def erase(who: str, *, yes: bool, **choice: Any) -> None:
    """Erase all that is stored about WHO; appointments stay as figures of nobody."""

    def work(session: Session) -> list[str]:
        whose = chosen(session, _choose(_somebodies(session, who), who, **choice))
        counted = erasure.touched(session, whose, _hashed())
        lines = [f"{what}: {number}" for what, number in touched_in_words(dict(counted))]
        names = ", ".join(whose.names or [row.name for row in whose.customers])
        require_yes([names, *lines], "erasing them", given=yes)
        try:
            erasure.erase(session, whose, now=now(), hashed=_hashed())
        except HasComingBookings as left:
            raise click.ClickException(_to_come(session, left)) from left
        return [f"Erased: {names}.", *lines]

    done = run_in_transaction(ready(), work)
    say(*done, wipe_what_was_deleted(current_sidebook().engine))


@customer_commands.command()
@click.argument("into", type=NUMBER)
@click.argument("others", type=NUMBER, nargs=-1, required=True)
def merge(into: int, others: Sequence[int]) -> None:
    """Let the customers OTHERS be one with the customer INTO (numbers, as `list` has them)."""
    with in_words():
        done = run_in_transaction(
            ready(), lambda session: customers.merge(session, into, others, now=now())
        )
    say(f"They are customer {done.id}, {done.name}, now. Undo it by: flask booking customer part.")


@customer_commands.command()
@click.argument("customer", type=NUMBER)
def part(customer: int) -> None:
    """Let CUSTOMER, which was merged into another, be one of its own again."""
    with in_words():
        run_in_transaction(ready(), lambda session: customers.part(session, customer, now=now()))
    say(f"Customer {customer} is one of its own again.")


@customer_commands.command()
@click.argument("references", nargs=-1, required=True)
def split(references: Sequence[str]) -> None:
    """Make a customer of the appointments REFERENCES, which are some of one customer's."""

    def work(session: Session) -> int:
        bookings = [booking_named(session, each) for each in references]
        return customers.split(session, bookings, now=now())

    with in_words():
        number = run_in_transaction(ready(), work)
    say(f"They are customer {number}'s now.")


@customer_commands.command(epilog=WHO)
@click.argument("who")
@chooses
def block(who: str, **choice: Any) -> None:
    """Let WHO book by the web no more; the desk and the shell still may."""
    say(*_each_customer(who, "is not to book online any more.", customers.block, choice, now=now()))


@customer_commands.command(epilog=WHO)
@click.argument("who")
@chooses
def unblock(who: str, **choice: Any) -> None:
    """Let WHO book by the web again."""
    say(*_each_customer(who, "may book online.", customers.unblock, choice, now=now()))


def _each_customer(
    who: str, done: str, verb: Callable[..., None], choice: dict[str, Any], **named: Any
) -> list[str]:
    def work(session: Session) -> list[str]:
        people = _choose(_somebodies(session, who), who, **choice)
        rows = {each.customer.id: each.customer for each in people if each.customer}
        for number in rows:
            verb(session, number, **named)
        return [f"Customer {row.id}, {row.name}, {done}" for row in rows.values()]

    return run_in_transaction(ready(), work, idempotent=True)


def _somebodies(session: Session, who: str) -> list[Somebody]:
    """Whom the words may mean.

    Raises: ClickException where they mean nobody.
    """
    found = somebodies(session, reference=who)
    if "@" in who:
        found = somebodies(session, email=who.strip())
    elif not found:
        number = whole_number(who, phone_region(get_shop(session)))
        found = somebodies(session, phone=number) if number else []
    if not found:
        raise click.ClickException(f'Nothing is stored about "{who}". {WHO}')
    return found


def _choose(
    found: Sequence[Somebody],
    who: str,
    *,
    customer: int | None,
    name: str | None,
    everybody: bool,
) -> list[Somebody]:
    """Those of them who are meant.

    Raises: ClickException, with who there is, where that is not clear.
    """
    meant = [
        each
        for each in found
        if (customer is None or (each.customer and each.customer.id == customer))
        and (name is None or folded(each.name) == folded(name))
    ]
    if len(meant) == 1 or (meant and (everybody or customer is not None)):
        return meant
    say(*table([("customer", "name", "appointments", "addresses"), *map(_cells, found)]))
    how = "nobody of those was named" if not meant else f'several people share "{who}"'
    raise click.ClickException(
        f"Nothing was changed: {how}. Say who is meant: --customer, --name, or --all."
    )


def _cells(one: Somebody) -> tuple[str, ...]:
    number = str(one.customer.id) if one.customer else ""
    return number, one.name, str(len(one.bookings)), ", ".join(addresses_in(one))


def _to_come(session: Session, left: HasComingBookings) -> str:
    lines = agenda(left.bookings, reads.shop_zone(session))
    say(*lines)
    return (
        "Nothing was changed: these appointments are to come, or under way. Cancel them first: "
        f"flask booking cancel {left.bookings[0].reference}."
    )


def _hashed() -> erasure.Hashed:
    return current_sidebook().links.hashed_addresses


@contextmanager
def in_words() -> Iterator[None]:
    """Say which customers there are not, or what cannot be split."""
    try:
        yield
    except NoSuchCustomer as error:
        raise click.ClickException(
            "There is no such customer. flask booking customer list shows them."
        ) from error
    except NothingToSplit as error:
        raise click.ClickException(
            "Nothing was changed: name some, and not all, of one customer's appointments."
        ) from error
