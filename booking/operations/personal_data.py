"""What is stored about a customer: in which tables, found how, and what becomes of it when erased.

Every column that holds a text, JSON or bytes is named here, as personal or not, and a test compares
that with the tables: whoever adds one has to say what it is.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from booking.storage.customers import customer
from booking.storage.history import history, note
from booking.storage.models import booking, letter, manage_link, search_key
from booking.storage.outbox import LOST_LINK
from booking.storage.pending_moves import pending_moves
from booking.transactions.statements import connection_of


@dataclass(frozen=True)
class About:
    """Whose data: by numbers of bookings and of customers' rows, and by e-mail addresses.

    `addresses` are those that nobody else here has, in ASCII's small letters; `hashed` are what is
    kept in place of one once links were sent to it.
    """

    bookings: Collection[int] = ()
    customers: Collection[int] = ()
    addresses: Collection[str] = ()
    hashed: Collection[str] = ()


@dataclass(frozen=True)
class PersonalTable:
    """A table with personal data: its personal columns, and which rows are about somebody.

    When they are erased the rows go, or stay `with_values` in place of those columns (None: they
    go). What has to differ in each row is left to `erasure`.
    """

    table: Table
    personal: frozenset[str]
    about: Callable[[About], ColumnElement[bool]]
    with_values: Mapping[str, Any] | None = None

    def rows(self, session: Session, whose: About) -> Sequence[Mapping[str, Any]]:
        """Return what is stored about them here, as it is stored."""
        query = select(self.table).where(self.about(whose)).order_by(*self.table.primary_key)
        return [dict(row) for row in connection_of(session).execute(query).mappings()]

    def count(self, session: Session, whose: About) -> int:
        """Return how many rows are about them."""
        query = select(func.count()).select_from(self.table).where(self.about(whose))
        return connection_of(session).execute(query).scalar() or 0

    def erase(self, session: Session, whose: About) -> int:
        """Erase what is stored about them here; return of how many rows."""
        found = self.about(whose)
        statement = (
            delete(self.table).where(found)
            if self.with_values is None
            else update(self.table).where(found).values(self.with_values)
        )
        return session.execute(statement).rowcount  # type: ignore[attr-defined,no-any-return]


def _of_booking(table: Table) -> Callable[[About], ColumnElement[bool]]:
    return lambda whose: table.c.booking_id.in_(whose.bookings)


def _letters(whose: About) -> ColumnElement[bool]:
    to_them = and_(func.lower(letter.c.recipient).in_(whose.addresses), letter.c.role == "customer")
    asked_for = and_(func.lower(letter.c.recipient).in_(_small(whose.hashed)), _IS_LOST_LINK)
    return or_(letter.c.booking_id.in_(whose.bookings), to_them, asked_for)


def _entries(whose: About) -> ColumnElement[bool]:
    return or_(history.c.booking_id.in_(whose.bookings), history.c.customer_id.in_(whose.customers))


_IS_LOST_LINK = letter.c.kind == LOST_LINK


def _small(texts: Collection[str]) -> list[str]:
    return [each.lower() for each in texts]


NOBODYS: Mapping[str, Any] = {
    **dict.fromkeys(
        (
            *("customer_name", "customer_email", "customer_phone", "customer_note"),
            *("customer_zone", "fingerprint", "cancel_reason", "language"),
        ),
        "",
    ),
    **dict.fromkeys(("visitor", "network", "wide_network", "link_number", "customer_id", "series")),
    "answers": [],
}
"""What stands in a booking in place of what it said of its customer; it stays as a figure."""

OF_ITS_OWN = ("reference", "draft", "manage_token_hash", "calendar_uid")
"""What each booking has of its own and a customer, or a customer's calendar, knows it by: made anew
when the customer is erased, so that no letter in anybody's mailbox leads to it any more."""

PERSONAL = (
    # Before the bookings, by whose numbers they are found.
    PersonalTable(
        letter,
        frozenset({"recipient", "language", "facts", "answer", "message_id"}),
        _letters,
    ),
    PersonalTable(manage_link, frozenset({"token_hash"}), _of_booking(manage_link)),
    PersonalTable(search_key, frozenset({"key"}), _of_booking(search_key)),
    PersonalTable(note, frozenset({"text"}), _of_booking(note)),
    # That something happened stays, with when, and who of the shop did it.
    PersonalTable(history, frozenset({"details"}), _entries, {"details": {}, "customer_id": None}),
    PersonalTable(
        pending_moves,
        frozenset({"number", "visitor", "network", "wide_network"}),
        _of_booking(pending_moves),
    ),
    PersonalTable(
        booking,
        frozenset({*NOBODYS, *OF_ITS_OWN} - {"customer_id"}),
        lambda whose: booking.c.id.in_(whose.bookings),
        NOBODYS,
    ),
    # After the bookings, which point to them.
    PersonalTable(
        customer,
        frozenset({"key", "name", "sort_name", "note"}),
        lambda whose: customer.c.id.in_(whose.customers),
    ),
)
"""In the order in which they are erased."""

SEALED = "sealed: only the tab's id, which the server has not, opens it; gone within hours"
MARK = "a keyed hash, whose key goes after two days"
OURS = "of the shop's own"
WORD = "one of a few words of ours"
KEY = "of no person"

NOT_PERSONAL: Mapping[str, Mapping[str, str]] = {
    "booking_booking": dict.fromkeys(("state", "cancelled_by", "pending_for"), WORD),
    "booking_letter": {
        **dict.fromkeys(("kind", "role", "state"), WORD),
        "lease": "names a process",
    },
    "booking_pending_move": {"outcome": WORD},
    "booking_history": {**dict.fromkeys(("what", "door", "about"), WORD), "actor": OURS},
    "booking_note": {"author": OURS},
    "booking_shop": dict.fromkeys(
        ("name", "phone", "email", "address", "zone", "about", "mail", "accent", "language"), OURS
    ),
    "booking_service": dict.fromkeys(("slug", "name", "description", "price", "place"), OURS),
    "booking_question": dict.fromkeys(("key", "label", "kind", "choices", "help"), OURS),
    "booking_staff_member": dict.fromkeys(
        ("slug", "name", "about", "zone", "email", "letters"), OURS
    ),
    "booking_resource": dict.fromkeys(("kind", "name"), OURS),
    "booking_weekly_hours": {"kind": WORD},
    "booking_time_off": {"reason": OURS},
    "booking_closure": {"reason": OURS},
    "booking_loaded_business": {"versions": OURS},
    "booking_deliverer": {"lease": "names a process", "answer": "the mail server's, no addresses"},
    "booking_link_key": dict.fromkeys(("fingerprint", "source", "place"), KEY),
    "booking_catalogue_state": {"token": KEY},
    "booking_hold": dict.fromkeys(("visitor", "network", "wide_network"), MARK),
    "booking_past_hold": {"mark": MARK},
    "booking_visitor_key": {"key": KEY},
    "booking_visitor_drafts": {"mark": MARK},
    "booking_spent_challenge": {"mark": KEY},
    "booking_tab_session": {
        **dict.fromkeys(("flow", "state", "reason"), WORD),
        **dict.fromkeys(("wrapped_key", "sealed", "previous_key"), SEALED),
        **dict.fromkeys(("token_hash", "previous_hash"), "hashes of the tab's random id"),
        "result": "a booking's reference, which leads to none once that is erased",
        "user": "a host's own number of its user; see docs/tab-sessions.md",
    },
    "booking_handover": {"digest": KEY, "purpose": WORD, "sealed": SEALED},
    "booking_account": dict.fromkeys(("email", "name", "role", "password_hash"), OURS),
    "booking_desk_session": dict.fromkeys(("token_hash", "browser"), OURS),
    "booking_one_time_link": {"token_hash": KEY, "purpose": WORD},
    "booking_known_browser": {"token_hash": KEY},
    "booking_sign_in": {"mark": MARK},
    "booking_anonymous_user": {"user": "a host's own number of its user"},
}
"""Columns that hold a text, JSON or bytes, and why they are not about a customer, or need not be
erased with one."""
