"""Who is to hear of a move that a customer has asked for, while the old time stands.

Once it is given, the booking is moved, and told as any other move: see outbox.py. Reminders and all
else that was written before stays, for until then nothing of it is untrue.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking, PendingMove, Shop
from booking.storage.outbox import (
    MOVE_AWAITING_APPROVAL,
    MOVE_DECLINED,
    MOVE_NOT_CONFIRMED,
    MOVE_TAKEN_BACK,
    MOVE_TO_DECIDE,
    Told,
    told_to_decide,
    withdraw_about_moves,
)
from booking.storage.pending_moves import waiting_move
from booking.transactions.sessions import after_commit

from .events import Event
from .left_out import within
from .letter_rows import asked_for, facts_of, letter_row, mail_of, write_rows
from .outbox import LETTER, Outbox
from .requests import By

Facts = dict[str, Any]
Rows = Iterator[dict[str, Any]]


def tell_asked(
    session: Session,
    booking: Booking,
    move: PendingMove,
    *,
    is_instead: bool,
    now: datetime,
    outbox: Outbox,
) -> None:
    """Write what has to be decided to whoever can do it, and for its end that nobody did.

    To its customer, that nothing is moved yet. Whoever was to decide about what this takes the
    place of (`is_instead`), and is not to decide about this, hears that it was taken back.
    """
    withdraw_about_moves(session, booking.id, now=int(now.timestamp()))
    off = _off(session)
    rows = [*_while_it_waits(booking, move, read_catalogue(session).shop, now, off)]
    if is_instead and outbox.mail:
        asked = {row["recipient"] for row in rows if row["kind"] == MOVE_TO_DECIDE}
        told = told_to_decide(session, booking.id, since=move.asked_at)
        rows += _taken_back(told, asked, now, off)
    _write(session, booking, asked_for(move), rows, now=now, by="customer", outbox=outbox)


def tell_new_address(
    session: Session, booking: Booking, *, now: datetime, by: By, outbox: Outbox
) -> None:
    """Write to a new address of its customer what the earlier one was told of what waits."""
    move = waiting_move(session, booking.id, now)
    if move is None:
        return
    shop = read_catalogue(session).shop
    rows = [*_while_it_waits(booking, move, shop, now, _off(session))]
    theirs = [row for row in rows if row["role"] == "customer"]
    _write(session, booking, asked_for(move), theirs, now=now, by=by, outbox=outbox)


def tell_declined(
    session: Session,
    booking: Booking,
    move: PendingMove,
    *,
    by: By,
    now: datetime,
    words: str,
    outbox: Outbox,
) -> list[int]:
    """Write to its customer that the old time stands, and why.

    Returns the numbers of the letters that were withdrawn.
    """
    gone = withdraw_about_moves(session, booking.id, now=int(now.timestamp()))
    rows = []
    if booking.customer_email and MOVE_DECLINED not in _off(session):
        address, last = booking.customer_email, booking.starts_at
        rows = [letter_row(MOVE_DECLINED, "customer", address, booking.staff_member, now, last)]
    _write(session, booking, asked_for(move), rows, now=now, by=by, words=words, outbox=outbox)
    return gone


def tell_taken_back(
    session: Session,
    booking: Booking,
    move: PendingMove,
    *,
    now: datetime,
    besides: Collection[str] = (),
    outbox: Outbox,
) -> None:
    """Write to whoever was told to decide that there is nothing to decide any more.

    Whose letter had not left yet is told nothing, nor is who has heard so already; nor who has one
    of the addresses `besides`. Each hears it of what they were asked last.
    """
    withdraw_about_moves(session, booking.id, now=int(now.timestamp()))
    told = told_to_decide(session, booking.id, since=move.asked_at) if outbox.mail else {}
    rows = [*_taken_back(told, besides, now, _off(session))]
    _write(session, booking, asked_for(move), rows, now=now, by="customer", outbox=outbox)


def _off(session: Session) -> set[str]:
    return {*mail_of(read_catalogue(session).shop)["off"]}


def _while_it_waits(
    booking: Booking, move: PendingMove, shop: Shop | None, now: datetime, off: Collection[str]
) -> Rows:
    member, until = move.staff_member, move.waits_until
    # Whoever would have to be there decides.
    staff = member.email if member.letters != "never" else ""
    sides = {"customer": booking.customer_email, "staff": staff, "shop": shop.email if shop else ""}
    for role, recipient in sides.items():
        name = "" if role == "customer" else f"{role}_"
        first = MOVE_TO_DECIDE if name else MOVE_AWAITING_APPROVAL
        if recipient and name + first not in off:
            yield letter_row(first, role, recipient, member, now, until)
        if recipient and name + MOVE_NOT_CONFIRMED not in off:
            yield letter_row(MOVE_NOT_CONFIRMED, role, recipient, member, until, None)


def _taken_back(
    told: Mapping[Told, Facts], besides: Collection[str], now: datetime, off: Collection[str]
) -> Rows:
    at = int(now.timestamp())
    for whom in sorted(told):
        if whom.recipient in besides or f"{whom.role}_{MOVE_TAKEN_BACK}" in off:
            continue
        yield {
            "kind": MOVE_TAKEN_BACK,
            "role": whom.role,
            "recipient": whom.recipient,
            "staff_member_id": whom.member,
            "due_at": at,
            "last_moment": None,
            "facts": {name: told[whom][name] for name in ("asked", "until")},
        }


def _write(
    session: Session,
    booking: Booking,
    asked: Facts,
    rows: list[dict[str, Any]],
    *,
    now: datetime,
    by: By,
    words: str = "",
    outbox: Outbox,
) -> None:
    if not outbox.mail:
        return
    if by == "customer":
        rows = within(session, rows, outbox.letters_per_address, now)
    rows = outbox.timed(rows, now)
    event = Event("moved", now, by, words)
    facts = facts_of(booking, booking.service, booking.staff_member, event)
    theirs = [{**row, "facts": facts | row.get("facts", asked)} for row in rows]
    write_rows(session, booking, facts, now, theirs)
    if outbox.announce:
        after_commit(session, partial(outbox.announce, LETTER, booking.reference))
