"""Take back what tabs have stored: after a leak, or where somebody fills the shop."""

from __future__ import annotations

from datetime import datetime

import click

from booking import tab_sessions
from booking.storage import reads
from booking.tab_sessions import read_transaction

from .days import instant
from .group import booking_commands, now, ready
from .output import say

ONE_OF = "Name one: the number of a tab (flask booking holds shows some), --user, or --all."


@booking_commands.command()
@click.argument("tab", type=int, required=False)
@click.option("--user", help="All tabs that are tied to that user of your app.")
@click.option("--all", "everything", is_flag=True, help="Every tab, whatever it is doing.")
@click.option("--before", help="With --all: only what was begun before that time.")
@click.option("--yes", is_flag=True, help="End several at once.")
def revoke(
    tab: int | None, *, user: str | None, everything: bool, before: str | None, yes: bool
) -> None:
    """End the unfinished booking of TAB, or of several: answers erased, times let go of.

    Their pages say so with the next answer, and a new booking can be begun. What is booked stays.
    """
    if sum((tab is not None, user is not None, everything)) != 1 or (before and not everything):
        raise click.UsageError(ONE_OF)
    if tab is None and not yes:
        raise click.ClickException("Nothing was changed: ending several at once needs --yes.")
    ended = _revoke(tab, user, _instant(before))
    say(f"{ended} ended." if ended else "Nothing to end was found.")


def _revoke(tab: int | None, user: str | None, before: datetime | None) -> int:
    ready()
    if tab is not None:
        return tab_sessions.revoke(tab)
    if user is not None:
        return tab_sessions.revoke_user(user)
    return tab_sessions.revoke_all(before=before)


def _instant(written: str | None) -> datetime | None:
    if written is None:
        return None
    with read_transaction(ready()) as session:
        return instant(written, now(), reads.shop_zone(session))
