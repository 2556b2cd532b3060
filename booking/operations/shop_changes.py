"""Change one part of the business, or load the whole of it, so that nobody overwrites another.

Whoever changes something says which version they had in front of them. At most one changes the
business at a time: each reads it as it is, makes another plan of it, and has that carried out.

What takes long to ask of the business is asked before (`look_at_business`), while anybody may book
and change; whoever then changes it (`change_as_seen`) asks under the lock only what is new since.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.storage.history import Latest, bookings_since, latest
from booking.storage.loaded_business import keep_versions, versions_at_last_load

from .current_plan import current_plan
from .plan import BusinessPlan
from .plan_edits import Edit
from .plan_versions import changed_since, versions_of, would_undo
from .shop import Change, apply_business
from .touched import Touched, touches

_LOCK = 1651470189  # beside those of the migrations and of visitors


class NoShop(Exception):
    """There is no shop yet, so there is nothing that could be changed or sold."""


@dataclass(frozen=True)
class Loaded:
    """What loading a plan did: every change, and those of them by which others' changes went."""

    changes: Sequence[Change]
    undone: Sequence[Change]


class SeenBusiness(NamedTuple):
    """The business as somebody looked at it, and up to which bookings they saw."""

    plan: BusinessPlan
    latest: Latest


def look_at_business(session: Session) -> SeenBusiness:
    """Return the business as it is, to be changed later by `change_as_seen`.

    What is read after it, in the same transaction, is as of then or later.
    """
    known = latest(session)
    return SeenBusiness(current_plan(session), known)


def read_to_change(session: Session) -> BusinessPlan:
    """Return the business as it is, and let nobody else change it before this transaction ends."""
    # SQLite has one writer at a time.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    return current_plan(session)


def change_business(session: Session, edit: Edit) -> Sequence[Change]:
    """Make the business what `edit` makes of it, and return what was changed.

    Raises: NoShop where it would have services or staff and no shop.
    """
    before = read_to_change(session)
    return _change(session, before, edit(before))


def change_as_seen(
    session: Session,
    seen: SeenBusiness,
    after: BusinessPlan,
    now: datetime,
    *,
    touched: Collection[Touched] = (),
) -> bool:
    """Make the business `after`, where it still is as it was seen, and tell whether it was.

    `touched` are the appointments that were found to be touched by it; another one that was made
    or changed since then is seen here, and nothing is changed.

    Raises: what `change_business` does.
    """
    before = read_to_change(session)
    if before != seen.plan:
        return False
    since = bookings_since(session, seen.latest)
    if not {*touches(session, before, after, now, among=since)} <= {*touched}:
        return False
    _change(session, before, after)
    return True


def _change(session: Session, before: BusinessPlan, after: BusinessPlan) -> Sequence[Change]:
    if not after.shop.name:
        raise NoShop
    if versions_at_last_load(session) is None:
        # Loaded by a version that kept none, or never: so far nobody changed it at a desk.
        keep_versions(session, versions_of(before))
    return apply_business(session, after)


def load_business(
    session: Session, plan: BusinessPlan, versions: Mapping[str, str] | None = None
) -> Loaded:
    """Make the business what the plan says; `versions` are those of what it was made from.

    Without any they are those of the last load: what was changed since, somebody did at the desk.
    """
    before = read_to_change(session)
    made_from = versions or versions_at_last_load(session)
    since = changed_since(made_from, versions_of(before)) if made_from is not None else set()
    changes = apply_business(session, plan)
    keep_versions(session, versions_of(current_plan(session)))
    return Loaded(changes, would_undo(changes, since))
