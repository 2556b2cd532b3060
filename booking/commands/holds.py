"""Times that are only held: who keeps them, and how the owner takes them back.

Visitors and their networks are letters here: nobody can tell an address from them, nor, another
day, that it is the same one. Whole unfinished bookings are revoked here as well.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from string import ascii_uppercase
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from booking import tab_sessions
from booking.operations.history import SHELL
from booking.operations.owners import let_go
from booking.scheduling.clock import day_interval, from_minute, local_day, to_minute
from booking.storage import reads
from booking.storage.bookings import WIDTHS
from booking.storage.catalogue import read_catalogue
from booking.storage.holds import HoldFilter, live_holds
from booking.storage.models import Hold
from booking.tab_sessions import read_transaction, run_in_transaction, run_read_only

from .given import NUMBER
from .group import booking_commands, now, ready, require_yes, say, short, span, table, time_of_day
from .lookup import Day, day, instant, like_option, staff_named

HEAD = ("tab", "time", "staff", "service", "since", "until", "visitor", "network", "wide network")
LET_GO = "These times were let go of, and can be booked again. Their tabs may choose them again."


@booking_commands.command()
@click.option("--day", "on", type=day, help="Only times on that day.")
@click.option("--staff", help="Only with that staff member (a slug).")
def holds(on: Day | None, staff: str | None) -> None:
    """Show the times that are held while somebody books them, and by how many visitors."""
    with read_transaction(ready()) as session:
        live = live_holds(session, _which(session, on, staff), now=now())
        lines = list(_lines(session, live, _names(session)))
    say(*(lines or ["No such time is held." if on or staff else "No time is held."]))


@booking_commands.command()
@click.argument("tab", type=NUMBER, required=False)
@like_option("Also all that the same visitor or network holds.")
@click.option("--day", "on", type=day, help="All times on that day.")
@click.option("--staff", help="All times with that staff member (a slug).")
@click.option("--all", "everything", is_flag=True, help="Whatever is held.")
@click.option("--yes", is_flag=True, help="Let go of several at once.")
def release(
    tab: int | None,
    *,
    like: str | None,
    on: Day | None,
    staff: str | None,
    everything: bool,
    yes: bool,
) -> None:
    """Let go of the time that TAB holds, or of several. Who was booking it may choose again."""
    if tab is None and (like or not (on or staff or everything)):
        raise click.UsageError(
            "Name the tab whose time is to be let go of (flask booking holds shows them), or "
            "--day, --staff, or --all."
        )

    names = run_read_only(ready(), _names)  # of all that is held: nobody is to wait for that

    def work(session: Session) -> list[str]:
        which = replace(_which(session, on, staff), tab=tab)
        if like:
            which = replace(which, tab=None, like=_mark(session, which, like))
        lines = list(_lines(session, let_go(session, which, actor=SHELL, now=now()), names))
        if like or tab is None:
            require_yes(lines[1:], "letting go of them", given=yes)
        return lines

    lines = run_in_transaction(ready(), work, idempotent=True)
    say(*([*lines, LET_GO] if lines else ["No such time is held: nothing was changed."]))


def describe_released(session: Session, gone: Sequence[Hold]) -> Iterator[str]:
    """Return what became of holds that an appointment took the place of."""
    catalogue = read_catalogue(session)
    for held in gone:
        yield (
            f"Let go of for it: {catalogue.every_service[held.service_id].name} on "
            f"{span(held.starts_at, held.ends_at, catalogue.zone)}, "
            f"which tab {held.tab_session_id} held since {_since(held, catalogue.zone)}."
        )


def _which(session: Session, on: Day | None, staff: str | None) -> HoldFilter:
    zone = read_catalogue(session).zone
    member = staff_named(session, staff).id if staff else None
    if on is None:
        return HoldFilter(staff_member_id=member)
    first, end = day_interval(on(local_day(to_minute(now()), zone)), zone)
    return HoldFilter(staff_member_id=member, between=(from_minute(first), from_minute(end)))


def _mark(session: Session, which: HoldFilter, width: str) -> tuple[str, bytes]:
    live = live_holds(session, which, now=now())
    if not live:
        raise click.ClickException(f"Tab {which.tab} holds no time. Nothing was changed.")
    mark: bytes | None = getattr(live[0], width)
    if mark is None:
        raise click.ClickException(
            "Nothing tells who holds that time, so none is known to be like it."
        )
    return width, mark


Names = Mapping[tuple[str, bytes | None], str]


def _names(session: Session) -> Names:
    """A letter for each visitor and network, with how many times it holds; good for one list."""
    live = live_holds(session, HoldFilter(), now=now())
    named = {}
    for width in WIDTHS:
        counts = Counter(mark for held in live if (mark := getattr(held, width)) is not None)
        for place, (mark, number) in enumerate(counts.most_common()):
            named[width, mark] = f"{_letters(place)} ({number})"
    return named


def _lines(session: Session, live: Sequence[Hold], names: Names) -> Iterator[str]:
    if not live:
        return
    catalogue = read_catalogue(session)
    zone = catalogue.zone
    rows = [
        (
            str(held.tab_session_id),
            span(held.starts_at, held.ends_at, zone),
            short(catalogue.staff[held.staff_member_id].name),
            short(catalogue.every_service[held.service_id].name),
            _since(held, zone),
            time_of_day(held.expires, zone),
            *(names.get((width, getattr(held, width)), "-") for width in WIDTHS),
        )
        for held in sorted(live, key=lambda held: (held.starts_at, held.id))
    ]
    yield from table([HEAD, *rows])


def _since(held: Hold, zone: ZoneInfo) -> str:
    return time_of_day(datetime.fromtimestamp(held.held_since, UTC), zone)


def _letters(place: int) -> str:
    more, last = divmod(place, len(ascii_uppercase))
    return (_letters(more - 1) if more else "") + ascii_uppercase[last]


@booking_commands.command()
@click.argument("tab", type=NUMBER, required=False)
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
        raise click.UsageError(
            "Name one: the number of a tab (flask booking holds shows some), --user, or --all."
        )
    if tab is None and not yes:
        raise click.ClickException("Nothing was changed: ending several at once needs --yes.")
    zone = run_read_only(ready(), reads.shop_zone)
    since = None if before is None else instant(before, now(), zone)
    if tab is not None:
        ended = tab_sessions.revoke(tab)
    elif user is not None:
        ended = tab_sessions.revoke_user(user)
    else:
        ended = tab_sessions.revoke_all(before=since)
    say(f"{ended} ended." if ended else "Nothing to end was found.")
