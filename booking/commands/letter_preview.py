"""A letter to look at, of an appointment that nobody booked."""

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import click
from sqlalchemy.orm import Session

from booking.notifications.trying_out import preview as preview_of
from booking.operations.plan import LETTERS
from booking.tab_sessions import read_transaction

from .given import written
from .group import now, ready, say
from .letters import letters, text_of


@letters.command("preview")
@click.argument("kind", type=click.Choice(LETTERS))
@click.option("--lang", default="", help="In that language, such as en.")
@click.option("--save", type=click.Path(path_type=Path), help="Write it there, as an .eml file.")
def preview(kind: str, *, lang: str, save: Path | None) -> None:
    """Show what a letter of that KIND would say, in the words of the shop's file."""
    with read_transaction(ready()) as session:
        made = _made(session, kind, lang)
    if save:
        with written(save):
            save.write_bytes(made.as_bytes(policy=SMTP))
        say(f"Written to {save}: open it with a mail program.")
    else:
        say(*text_of(made))


def _made(session: Session, kind: str, language: str) -> EmailMessage:
    made = preview_of(session, kind, now=now(), language=language)
    if made is None:
        raise click.ClickException("Nothing can be booked yet. Run flask booking load shop.toml.")
    return made
