"""Making a row say what the plan says, and telling what that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.business_file.times import length
from booking.storage.claims import release_holds
from booking.storage.models import Booking, Service, StaffMember, hold

K = TypeVar("K")
R = TypeVar("R")
# Of these the values are told too. Texts are only named: what is printed may end up in a log.
TOLD = frozenset({"zone", "slug", "kind", "required", "daily_limit"})
MINUTES = frozenset({"duration", "buffer_before", "buffer_after", "minimum_notice", "slot_step"})
OTHERWISE = {"position": "its place in the order"}


def revised(row: object, values: Mapping[str, Any]) -> list[str]:
    """Give the row these values; what was different, such as "duration 30 min → 1 h"."""
    changed = []
    for name, value in values.items():
        before = getattr(row, name)
        if before != value:
            setattr(row, name, value)
            changed.append(_change(name, before, value))
    return changed


def _change(name: str, before: object, value: object) -> str:
    shown = [in_words(name, before), in_words(name, value)]
    if None in shown:
        return OTHERWISE.get(name, name)
    return f"{name} {' → '.join(map(str, shown))}"


def in_words(name: str, value: object) -> str | None:
    """The value as it would be written in a file; None where only its name is told."""
    if isinstance(value, int) and name in MINUTES:
        return length(value)
    if isinstance(value, int) and name == "booking_window":
        return f"{value} days" if value != 1 else "1 day"
    if name in TOLD:
        return "none" if value is None else str(value)
    return None


def apart(
    rows: Iterable[R], key: Callable[[R], K], wanted: Mapping[K, object]
) -> tuple[dict[K, R], list[R]]:
    """The rows that are still wanted, by their key, and the others."""
    found = list(rows)
    kept = {key(row): row for row in found if key(row) in wanted}
    return kept, [row for row in found if row not in kept.values()]


def told(what: str, changed: list[str]) -> Iterator[str]:
    """One line about what was changed; none when nothing was."""
    if changed:
        yield f"{what}: {', '.join(changed)}"


def returned(row: Service | StaffMember, what: str) -> Iterator[str]:
    """Take back what was retired: it stands in the file again."""
    if row.retired:
        row.retired = False
        yield f"{what}: back, no longer retired"


def drop(session: Session, row: Service | StaffMember, what: str) -> Iterator[str]:
    """Take out what vanished from the file: retired where bookings keep it, else deleted."""
    service = isinstance(row, Service)
    ours = (Booking.service_id if service else Booking.staff_member_id) == row.id
    if not session.scalar(select(exists().where(ours))):
        _release_holds(session, row)
        session.delete(row)
        session.flush()
        yield f"{what}: deleted"
    elif not row.retired:
        _release_holds(session, row)
        row.retired = True
        yield f"{what}: retired, because there are bookings of it"


def _release_holds(session: Session, row: Service | StaffMember) -> None:
    column = hold.c.service_id if isinstance(row, Service) else hold.c.staff_member_id
    release_holds(session, session.scalars(select(hold.c.id).where(column == row.id)).all())
