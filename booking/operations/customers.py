"""Group bookings by customer; merge two customers, part them again, split one; block one.

By itself a booking goes to whoever is known by its address. What the desk has said otherwise stays
said: only a booking that its address has brought to a customer leaves it with another address.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from booking.storage.customers import (
    CustomerRow,
    add_customer,
    assign_bookings,
    customer_row,
    customer_rows,
    delete_row,
    give_bookings,
    has_bookings_besides,
    leave_parts,
    merge_rows,
    parts_of,
    rows_with_keys,
    ungrouped_bookings,
    update_customer,
)
from booking.storage.models import Booking
from booking.transactions.sessions import Retry

from .customer_keys import CustomerKeys, keys_of
from .history import (
    BLOCKED,
    DESCRIBED,
    MERGED,
    MERGED_INTO,
    PARTED,
    SHELL,
    SPLIT,
    SPLIT_OFF,
    UNBLOCKED,
    record_of_customers,
)

LONGEST_NOTE = 4000
"""Characters of what the desk notes about a customer."""


class NoSuchCustomer(Exception):
    """There is no customer of that number, or not any more."""


class NothingToSplit(Exception):
    """None, or all, of a customer's bookings were chosen: nobody would be left, or nobody new."""


def keys_of_booking(booking: Booking) -> CustomerKeys:
    """Return by what the booking's customer is known, as it was typed."""
    return keys_of(booking.customer_name, booking.customer_email, booking.customer_phone)


def regroup(session: Session, booking: Booking, before: CustomerKeys, *, now: datetime) -> None:
    """Let a booking whose address was mended go to whoever is known by the new one.

    `before` are the keys that it had. Where nobody is known by it, it is a new address of the same
    customer, if the name is the same or there is no other booking; else a new customer. One to whom
    the desk has given the booking keeps it.
    """
    keys, number = keys_of_booking(booking), booking.customer_id
    if keys.address == before.address or number is None:
        return
    own = customer_row(session, number, lock=True)
    if own is None or own.merged_into or (own.key and own.key not in before):
        return
    known = {row.key: row for row in rows_with_keys(session, [key for key in keys if key])}
    there = known.get(keys.person) or known.get(keys.address)
    is_alone = not has_bookings_besides(session, [number], [booking.id])
    if there is None and is_alone:
        update_customer(session, number, key=keys.address or None)
        return
    name = booking.customer_name
    booking.customer_id = there.id if there else add_customer(session, keys.address, name, now=now)
    session.flush()
    if there is None and keys.name == before.name:
        merge_rows(session, number, [booking.customer_id])
    if is_alone and not (own.note or own.blocked_at or parts_of(session, number)[1:]):
        delete_row(session, own)


def group_bookings(session: Session, *, now: datetime, most: int = 500) -> int:
    """Group up to `most` bookings that belong to nobody yet; return how many there were."""
    found = ungrouped_bookings(session, now=now, most=most)
    keys = {
        row.id: keys_of(row.customer_name, row.customer_email, row.customer_phone) for row in found
    }
    wanted = {key for each in keys.values() for key in each if key}
    known = {row.key: row.id for row in rows_with_keys(session, wanted)}
    whose: dict[int, int] = {}
    for row in found:
        address, person = keys[row.id]
        number = known.get(person) or known.get(address)
        if number is None:
            number = add_customer(session, address, row.customer_name, now=row.created_at)
            if address:
                known[address] = number
        whose[row.id] = number
    assign_bookings(session, whose)
    return len(found)


def customer_of(session: Session, number: int, *, lock: bool = False) -> list[CustomerRow]:
    """Return the rows of which the customer of that number is made, the customer's own first.

    A number of a row that was merged into another is that one's.

    Raises: NoSuchCustomer.
    """
    own = customer_row(session, number)
    rows = parts_of(session, own.head, lock=lock) if own else []
    if own is None or not rows:
        raise NoSuchCustomer(number)
    # Merged or parted between the two questions, or while the second one waited for its locks.
    if all(row.merged_into for row in rows):
        return customer_of(session, own.head, lock=lock)
    if number not in {row.id for row in rows}:
        return customer_of(session, number, lock=lock)
    return sorted(rows, key=lambda row: (row.merged_into is not None, row.id))


def merge(
    session: Session,
    into: int,
    others: Collection[int],
    *,
    actor: str = SHELL,
    now: datetime,
) -> CustomerRow:
    """Let other customers be one with that customer, and return it.

    Their bookings, notes and blocks stay theirs, so it can be undone by `part`. Until then all
    notes are the customer's, and who of them is blocked, all of them are.

    Raises: NoSuchCustomer.
    """
    heads = {customer_of(session, each)[0].id for each in (into, *others)}
    head = customer_of(session, into)[0].id
    rows = {row.id: row for row in customer_rows(session, heads, lock=True)}
    if rows.keys() != heads or any(row.merged_into for row in rows.values()):
        raise NoSuchCustomer(*heads)
    others = sorted(heads - {head})
    if not others:
        return rows[head]
    merge_rows(session, head, others)
    done: dict[str, Any] = {"actor": actor, "now": now}
    record_of_customers(session, [head], MERGED, **done, details={"others": others})
    record_of_customers(session, others, MERGED_INTO, **done, details={"others": [head]})
    return rows[head]


def part(session: Session, number: int, *, actor: str = SHELL, now: datetime) -> None:
    """Let a row that was merged into a customer be one of its own again, with all that is its own.

    Raises: NoSuchCustomer where it is none that was merged.
    """
    row = customer_row(session, number, lock=True)
    if row is None or row.merged_into is None:
        raise NoSuchCustomer(number)
    update_customer(session, number, merged_into=None)
    for one, other in ((row.merged_into, number), (number, row.merged_into)):
        details = {"others": [other]}
        record_of_customers(session, [one], PARTED, actor=actor, now=now, details=details)


def split(
    session: Session, bookings: Sequence[Booking], *, actor: str = SHELL, now: datetime
) -> int:
    """Make a customer of these bookings, which are some of one customer's; return its number.

    Whoever books with the same address and name as the latest of them goes there from now on. A
    part whose bookings these are, all of them, is parted with what is noted about it.

    Raises: NoSuchCustomer where they are nobody's, NothingToSplit where they are several
    customers', none, or all that there are; Retry where one is another's by now, or was erased.
    """
    numbers = {booking.customer_id for booking in bookings}
    if None in numbers:
        raise NoSuchCustomer
    heads = {customer_of(session, number)[0].id for number in numbers if number}
    if len(heads) != 1:
        raise NothingToSplit
    head = heads.pop()
    rows = customer_of(session, head, lock=True)
    parts = [row.id for row in rows]
    if not has_bookings_besides(session, parts, [booking.id for booking in bookings]):
        raise NothingToSplit
    latest = max(bookings, key=lambda booking: (booking.created_at, booking.id))
    keys = keys_of_booking(latest)
    known = {row.key: row.id for row in rows_with_keys(session, [keys.person])}.get(keys.person)
    own = _row_of_just_these(session, rows, bookings, keys)
    if own is not None and known in (None, own.id):
        number, head = own.id, next(each for each in parts if each != own.id)
        leave_parts(session, [own])
    elif known in (None, rows[0].id):
        # Known by that name is nobody, or the very customer that is split: then nothing can tell
        # the two apart.
        key = "" if known else keys.person
        number = add_customer(session, key, latest.customer_name, now=now)
    else:  # a row that was merged since, and then it is parted again
        number = known
    update_customer(session, number, merged_into=None)
    chosen = [booking.id for booking in bookings]
    if give_bookings(session, chosen, of=parts, to=number) < len(chosen):
        raise Retry
    done: dict[str, Any] = {"actor": actor, "now": now}
    record_of_customers(session, [head], SPLIT, **done, details={"others": [number]})
    record_of_customers(session, [number], SPLIT_OFF, **done, details={"others": [head]})
    return number


def _row_of_just_these(
    session: Session, rows: Sequence[CustomerRow], bookings: Sequence[Booking], keys: CustomerKeys
) -> CustomerRow | None:
    """Return the part that has these bookings and no others, where whoever has `keys` is known."""
    numbers = {booking.customer_id for booking in bookings}
    own = next((row for row in rows if numbers == {row.id}), None)
    if own is None or len(rows) == 1 or (own.key or "") not in keys:
        return None
    has_more = has_bookings_besides(session, [own.id], [booking.id for booking in bookings])
    return None if has_more else own


def block(session: Session, number: int, *, actor: str = SHELL, now: datetime) -> None:
    """Let a customer book by the web no more. Appointments that there are stay; the desk may book.

    It is said of each part, so that none is free again because another was erased.

    Raises: NoSuchCustomer.
    """
    rows = customer_of(session, number, lock=True)
    free = [row.id for row in rows if row.blocked_at is None]
    for one in free:
        update_customer(session, one, blocked_at=now)
    if free:
        record_of_customers(session, [rows[0].id], BLOCKED, actor=actor, now=now)


def unblock(session: Session, number: int, *, actor: str = SHELL, now: datetime) -> None:
    """Let a customer book by the web again.

    Raises: NoSuchCustomer.
    """
    rows = customer_of(session, number, lock=True)
    blocked = [row.id for row in rows if row.blocked_at]
    for one in blocked:
        update_customer(session, one, blocked_at=None)
    if blocked:
        record_of_customers(session, [rows[0].id], UNBLOCKED, actor=actor, now=now)


def describe(
    session: Session,
    number: int,
    *,
    name: str,
    note: str,
    notes: Mapping[int, str] = MappingProxyType({}),
    actor: str = SHELL,
    now: datetime,
) -> None:
    """Write down what the desk calls a customer, and what it notes; bookings keep what was typed.

    `note` is that of the row of that number, `notes` those of other parts, by their numbers.

    Raises: NoSuchCustomer, also where `notes` name who is no part of the customer.
    """
    rows = {row.id: row for row in customer_of(session, number, lock=True)}
    if not notes.keys() <= rows.keys():
        raise NoSuchCustomer(*notes)
    written: dict[int, dict[str, str]] = {next(iter(rows)): {"name": name}}
    for one, typed in {**notes, number: note}.items():
        written.setdefault(one, {})["note"] = typed[:LONGEST_NOTE]
    for one, values in written.items():
        fields = [field for field, value in values.items() if value != getattr(rows[one], field)]
        if fields:
            update_customer(session, one, **values)
            done: dict[str, Any] = {"actor": actor, "now": now, "details": {"fields": fields}}
            record_of_customers(session, [one], DESCRIBED, **done)
