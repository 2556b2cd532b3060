"""Load the business that a file describes, and write the file of the business as it is.

What would be changed is shown first to whoever sits at a terminal. What was changed at the desk
since the file was made is not undone unseen: it is named, and takes a word of its own.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import click
from sqlalchemy.orm import Session

from booking.business_file.load import MOST_BYTES, read_business
from booking.business_file.write import business_file
from booking.files import read_whole
from booking.operations.current_plan import current_plan
from booking.operations.owners import Removal, bookings_outside_hours, large_removals
from booking.operations.plan import BusinessPlan
from booking.operations.plan_versions import versions_of
from booking.operations.shop import Change
from booking.operations.shop_changes import load_business
from booking.scheduling.clock import local_day, to_minute, zone
from booking.state import current_sidebook
from booking.storage import reads
from booking.tab_sessions import run_in_transaction, run_read_only

from .business import sentence
from .database_checks import OnlyTried
from .given import written
from .group import as_called, booking_commands, is_agreed, now, ready, say, sits_there, when
from .letter_checks import texts_at

_UNDOING = "These were changed at the desk since this file was made, and loading it undoes them:"
_DRY_RUN = "This is a dry run: nothing is changed. Loading the file would tell:"


@booking_commands.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--if-empty", is_flag=True, help="Only when no business was loaded before.")
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Unasked, and if more than half of something goes.")
@click.option("--force", is_flag=True, help="Even if it undoes what was changed at the desk.")
def load(file: Path, *, if_empty: bool, dry_run: bool, yes: bool, force: bool) -> None:
    """Make the business what FILE says (docs/business-file.md describes it).

    At a terminal it shows what would change, and asks.
    """
    plan = read_business(_bytes_of(file), name=str(file), now=now(), check=texts_at(now()))
    refuse_without_mail(plan)
    loading = Loading(plan, file, if_empty=if_empty, yes=yes, force=force)
    if dry_run:
        say(_DRY_RUN, *loading.tried())
    elif yes or not sits_there():
        say(*loading.done())
    else:
        _ask_first(loading)


def _ask_first(loading: "Loading") -> None:
    said = loading.tried()
    say(*said)
    if not loading.changed:
        return
    if not is_agreed("Load it?"):
        say("Nothing was changed.")
        return
    expected, loading.force = loading.changed, True  # what it undoes was among what was shown
    loading.done(expected)
    say("Loaded.")


class Loading:
    """A file that is loaded, for once and for all or to see what would come of it."""

    def __init__(
        self, plan: BusinessPlan, file: Path, *, if_empty: bool, yes: bool, force: bool
    ) -> None:
        self.plan, self.file = plan, file
        self.if_empty, self.yes, self.force = if_empty, yes, force
        self.changed: list[str] = []
        self.session = ready()
        # Read before and after, not in between: a year of appointments keeps customers waiting.
        self.before = run_read_only(self.session, _outside_hours)

    def tried(self) -> list[str]:
        """Return what loading it would tell, and change nothing."""
        lines: list[str] = []

        def work(session: Session) -> None:
            lines[:] = [*self._work(session, only_tried=True), *_to_call(session, self.before)]
            raise OnlyTried

        with suppress(OnlyTried):
            run_in_transaction(self.session, work, idempotent=True)
        return lines

    def done(self, expected: Sequence[str] | None = None) -> list[str]:
        """Load it and return what there is to tell; `expected` are the changes that were shown.

        Raises: ClickException where it may not be loaded, or others would be made by now.
        """
        work = partial(self._work, expected=expected)
        lines = run_in_transaction(self.session, work, idempotent=True)
        to_call = run_read_only(self.session, lambda session: [*_to_call(session, self.before)])
        return [*lines, *to_call]

    def _work(
        self, session: Session, *, only_tried: bool = False, expected: Sequence[str] | None = None
    ) -> list[str]:
        if self.if_empty and reads.shop(session):
            return ["A business is loaded already: nothing was changed."]
        warnings = self._large_removals(session, only_tried=only_tried)
        loaded = load_business(session, self.plan, self.plan.versions)
        self.changed = [sentence(each) for each in loaded.changes]
        if expected is not None and self.changed != list(expected):
            raise click.ClickException(
                "Somebody changed the business meanwhile. Nothing was changed: load it again."
            )
        warnings += self._undone(loaded.undone, only_tried=only_tried)
        changes = self.changed or ["Nothing changed."]
        return [*self.plan.notes, *_unasked(self.plan), *changes, *warnings]

    def _large_removals(self, session: Session, *, only_tried: bool) -> list[str]:
        taken_out = large_removals(session, self.plan)
        if not taken_out or self.yes:
            return []
        warning = f"{self.file} takes out {removals(taken_out)}, so loading it needs --yes."
        if only_tried and not sits_there():
            return [warning]
        raise click.ClickException(
            f"{warning} Nothing was changed: make sure that this is the file of this shop "
            "(--dry-run)."
        )

    def _undone(self, undone: Sequence[Change], *, only_tried: bool) -> list[str]:
        if not undone or (self.force and not only_tried):
            return []
        warning = [_UNDOING, *(f"  {sentence(each)}" for each in undone)]
        if only_tried:
            return warning
        advice = (
            "Nothing was changed. Write down what the desk has, and bring the file up to it: flask "
            "booking write FILE. Or undo it all the same: --force."
        )
        raise click.ClickException("\n".join([*warning, advice]))


@booking_commands.command()
@click.argument("file", type=click.Path(path_type=Path))
def write(file: Path) -> None:
    """Write the business as it is into a new FILE, to be changed and loaded again."""
    plan = run_read_only(ready(), current_plan)
    if not plan.shop.name:
        raise click.ClickException("There is no business yet. Load one, or make it at the desk.")
    day = local_day(to_minute(now()), zone(plan.shop.zone))
    with written(file):
        try:
            with file.open("x", encoding="utf-8", newline="\n") as new:
                new.write(business_file(plan, versions_of(plan), day=day))
        except FileExistsError:
            raise click.ClickException(f"{file} is there already. Name another file.") from None
    say(f"Written into {file}. Remarks of a file that was loaded before are not in it.")


def _outside_hours(session: Session) -> set[int]:
    return {booking.id for booking in bookings_outside_hours(session, now())}


def _to_call(session: Session, before: set[int]) -> Iterator[str]:
    """The appointments that this file leaves without anybody who works then."""
    outside = [one for one in bookings_outside_hours(session, now()) if one.id not in before]
    if not outside:
        return
    yield "These appointments stay, but nobody works then any more. Call, move or cancel them:"
    shop_zone = reads.shop_zone(session)
    for booking in outside:
        yield f"  {booking.reference}  {when(booking, shop_zone)}  {booking.staff_member.name}"


def refuse_without_mail(plan: BusinessPlan) -> None:
    """Raise ClickException where customers would have to answer a letter, and none is sent."""
    asking = [one.slug for one in plan.services if one.confirm_by_mail]
    if asking and not current_sidebook().settings.mail_url:
        raise click.ClickException(
            f"{asking[0]} has confirm_by_mail, but no letters are sent. Set BOOKING_MAIL_URL, or "
            "leave confirm_by_mail out. Nothing was changed."
        )


def _unasked(plan: BusinessPlan) -> Iterator[str]:
    """Of what somebody has to decide nobody is told: neither by a letter nor by a host's event."""
    deciding = [one.slug for one in plan.services if one.approval]
    if deciding and not current_sidebook().settings.mail_url:
        yield as_called(
            f"{', '.join(deciding)}: you decide about what is booked (approval), and no letters "
            "are sent that tell you so. Set BOOKING_MAIL_URL, or look with "
            "flask booking list --all."
        )


def _bytes_of(file: Path) -> bytes:
    try:
        return read_whole(file, MOST_BYTES)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}.") from error


def removals(taken_out: list[Removal]) -> str:
    """Say what would go, such as "2 of 3 services (cut, shave)"."""
    kinds = {"services": "services", "staff": "staff members"}
    return " and ".join(
        f"{len(one.slugs)} of {one.total} {kinds[one.kind]} ({', '.join(one.slugs)})"
        for one in taken_out
    )
