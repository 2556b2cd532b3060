"""The group `flask booking …`, and what its commands share.

Every mistake is one clear line on stderr and an exit status other than 0, never a stack trace.
"""

from datetime import UTC, datetime
from typing import Any

import click
from flask.cli import AppGroup

from booking.state import current_sidebook
from booking.transactions.watching import AnySession

from .error_messages import in_plain_words
from .output import worded


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
        found = f"at version {version}, and needs {missing[-1]}" if version else "not set up yet"
        raise click.ClickException(f"The database is {found}. Run flask booking init first.")
    return current_sidebook().session


def now() -> datetime:
    """Return when the command runs."""
    return datetime.now(UTC)
