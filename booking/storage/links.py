"""Hashes of further links of a booking, and which keys links are made with."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from booking.transactions.statements import FixedStatement

from .outbox import link_key, manage_link

_HASHES = FixedStatement(
    select(manage_link.c.token_hash).where(manage_link.c.booking_id == bindparam("of_booking"))
)


def hashes_of_links(session: Session, booking_id: int) -> Collection[bytes]:
    """Return the hashes of a booking's links beside its first one."""
    return {bytes(row[0]) for row in _HASHES.rows(session, {"of_booking": booking_id})}


def add_link(session: Session, booking_id: int, token_hash: bytes, *, now: int) -> None:
    """Let one more link lead to the booking."""
    row = {"booking_id": booking_id, "token_hash": token_hash, "created_at": now}
    session.execute(insert(manage_link).values(row))


def delete_links(session: Session, booking_id: int) -> None:
    """End the links of a booking beside its first one."""
    session.execute(delete(manage_link).where(manage_link.c.booking_id == booking_id))


@dataclass(frozen=True)
class KeyUse:
    """A key that links were made with, by its fingerprint, and where it was used last.

    `source` is 'secret' or 'file', `place` names a machine and a folder without telling them.
    Instants are in seconds since the epoch, UTC.
    """

    fingerprint: str
    source: str
    place: str
    first_used_at: int
    last_used_at: int


def key_uses(session: Session) -> list[KeyUse]:
    """Return the keys in the order of their last use, the latest first."""
    newest = link_key.c.last_used_at.desc(), link_key.c.fingerprint
    return [KeyUse(*row) for row in session.execute(select(link_key).order_by(*newest))]


def note_key(session: Session, use: KeyUse, *, known: bool) -> None:
    """Write down where a key is used now, as `use` says; `known`: it was used before."""
    again = {"source": use.source, "place": use.place, "last_used_at": use.last_used_at}
    if known:
        session.execute(
            update(link_key).where(link_key.c.fingerprint == use.fingerprint).values(again)
        )
    else:
        session.execute(insert(link_key).values(vars(use)))
