"""A letter to look at, of an appointment that nobody booked and that is rolled back."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from secrets import token_bytes, token_hex

import click
from sqlalchemy.orm import Session

from booking.notifications.letters import compose
from booking.operations.outbox import sample_letter
from booking.operations.plan import LETTERS
from booking.state import current_sidebook
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking, Service, StaffMember
from booking.tab_sessions import run_in_transaction

from .database_checks import OnlyTried
from .group import now, ready, say
from .letters import letters, text_of


@letters.command("preview")
@click.argument("kind", type=click.Choice(LETTERS))
@click.option("--lang", default="", help="In that language, such as en.")
@click.option("--save", type=click.Path(path_type=Path), help="Write it there, as an .eml file.")
def preview(kind: str, *, lang: str, save: Path | None) -> None:
    """Show what a letter of that KIND would say, in the words of the shop's file."""
    made: list[EmailMessage] = []

    def work(session: Session) -> None:
        made[:] = [_made(session, kind, lang)]
        raise OnlyTried

    with suppress(OnlyTried):
        run_in_transaction(ready(), work)
    if save:
        save.write_bytes(made[0].as_bytes(policy=SMTP))
        say(f"Written to {save}: open it with a mail program.")
    else:
        say(*text_of(made[0]))


def _made(session: Session, kind: str, language: str) -> EmailMessage:
    catalogue, at = read_catalogue(session), now()
    if not catalogue.services:
        raise click.ClickException("Nothing can be booked yet. Run flask booking load shop.toml.")
    zone, service = catalogue.zone, catalogue.services[0]
    member = catalogue.offering(service.id)[0]
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    start = datetime.combine(tomorrow, time(10), zone).astimezone(UTC)
    booking = _booking(service, member, start, at, language)
    session.add(booking)
    session.flush()
    letter = sample_letter(booking, service, member, kind, now=at)
    letter = replace(letter, facts={**letter.facts, "day": tomorrow.isoformat()})
    address = current_sidebook().links.address or "https://shop.example/appointment/"
    message = compose(session, letter, now=at, manage_url=lambda *_: f"{address}example")
    if message is None:
        raise click.ClickException(f"There is nothing to say in a letter of the kind {kind}.")
    return message


def _booking(
    service: Service, member: StaffMember, start: datetime, at: datetime, language: str
) -> Booking:
    return Booking(
        reference="EXAMPLE",
        draft=token_hex(),
        fingerprint="",
        service_id=service.id,
        staff_member_id=member.id,
        starts_at=start,
        ends_at=start + timedelta(minutes=service.duration),
        customer_name="Ada Lovelace",
        customer_email="ada@example.com",
        manage_token_hash=token_bytes(32),
        calendar_uid="example",
        created_at=at,
        language=language,
    )
