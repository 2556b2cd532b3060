"""What waits for the shop to decide, on whatever day: it stands above today."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from booking.i18n import formats, ngettext
from booking.i18n import gettext as _
from booking.owner.access import Person
from booking.scheduling.clock import from_minute
from booking.storage.agenda import MOST_WAITING, waiting
from booking.storage.catalogue import Catalogue

from .entries import WISHED, Entry, Shown, staff_seen

NOBODY = -1  # a number that no staff member has


class Waiting(NamedTuple):
    """One that waits: when it would be, and the appointment."""

    when: str
    entry: Entry


class Undecided(NamedTuple):
    """All of them, and how many wait for whoever looks."""

    heading: str
    lines: list[Waiting]


def standing(session: Session, catalogue: Catalogue, person: Person, now: datetime) -> str:
    """Return a text that is another as soon as something else waits for this person."""
    return repr(waiting(session, now=now, staff_member_id=own_number(catalogue, person)))


def undecided(session: Session, shown: Shown) -> Undecided:
    """Return what waits, the earliest first, as far as it is any of this person's business.

    What a colleague's customer wishes to have with them is among it, and decided by others.
    """
    number = own_number(shown.catalogue, shown.person)
    new, wished = waiting(session, now=shown.now, staff_member_id=number)
    entries = [shown.entry(each, "pending") for each in new]
    entries += [shown.entry(each, WISHED) for each in wished]
    entries.sort(key=lambda each: (each.start, each.reference))
    lines = [
        Waiting(formats.format_moment(from_minute(each.start), shown.zone), each)
        for each in entries[:MOST_WAITING]
    ]
    own = sum(bool(each.entry.url) for each in lines)
    heading = ngettext(
        "%(number)s waits for your decision", "%(number)s wait for your decision", own, number=own
    )
    return Undecided(heading if own else _("Waits for the decision of others"), lines)


def own_number(catalogue: Catalogue, person: Person) -> int | None:
    """Return the number of the staff member who sees only their own; None for who sees all."""
    if not person.sees_only_own:
        return None
    return next((each.id for each in staff_seen(catalogue, person)), NOBODY)
