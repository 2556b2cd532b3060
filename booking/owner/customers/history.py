"""What was done to a customer, as the page shows it."""

from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.operations.history import MERGED_INTO
from booking.owner.bookings.wording import Line
from booking.owner.history_words import line_of
from booking.storage.customers import customer_rows
from booking.storage.history import Entry, history_of_customer

from .seen import called

MOST = 50


def history_lines(session: Session, numbers: Collection[int], zone: ZoneInfo) -> list[Line]:
    """Return what was done to the customer of these rows, the latest first.

    That one of them was merged into another of them is said once, by the other.
    """
    found = history_of_customer(session, numbers, most=MOST)
    entries = [each for each in found if each.what != MERGED_INTO or not _is_within(each, numbers)]
    names = customer_names(session, entries)
    return [line_of(each, zone, names) for each in entries]


def customer_names(session: Session, entries: Iterable[Entry]) -> dict[int, str]:
    """Return what the customers whom these entries name are called now, by their numbers."""
    named = {number for each in entries for number in each.details.get("others", ())}
    return {row.id: called(row.name, row.id) for row in customer_rows(session, named)}


def _is_within(entry: Entry, numbers: Collection[int]) -> bool:
    return {*entry.details["others"]} <= {*numbers}
