"""Whose turn it is to deliver, among all processes, and until when nobody does.

A letter's own lease keeps it from being sent twice (deliveries.py). A turn only sees to it that
pace, and a pause that the server asked for, are those of all processes together. Letters and a
host's handlers have a turn each, so that neither waits for the other. Instants are in seconds since
the epoch, UTC.
"""

from enum import IntEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    bindparam,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from booking.transactions.statements import FixedStatement, connection_of

from .outbox import deliverer

_FIRST_PAUSE, _LONGEST_PAUSE = 60, 3600
_THE_ROW = text(
    "INSERT INTO booking_deliverer (id, leased_until, paused_until, pauses, answer) "
    "VALUES (:queue, 0, 0, 0, '') ON CONFLICT (id) DO NOTHING"
)


class Queue(IntEnum):
    """What is delivered by turns of its own; the number of the turn's row."""

    LETTERS = 1
    HANDLERS = 2


def take_turn(session: Session, queue: Queue, lease: str, *, now: int, until: int) -> bool:
    """Take or keep the turn to deliver; return whether it is ours until then.

    It is nobody's once it ran out.
    """
    free = or_(deliverer.c.lease == lease, is_over(deliverer.c.leased_until, now, _LONGEST_PAUSE))
    mine = update(deliverer).where(deliverer.c.id == queue.value, free)
    mine = mine.values(lease=lease, leased_until=until)
    connection = connection_of(session)
    if connection.execute(mine).rowcount:
        return True
    # Nobody may have written the row yet.
    is_new = connection.execute(_THE_ROW, {"queue": queue.value}).rowcount
    return bool(is_new and connection.execute(mine).rowcount)


def end_turn(session: Session, queue: Queue, lease: str, *, until: int) -> None:
    """Let another process have the turn from then on, where it is still ours."""
    ours = update(deliverer).where(deliverer.c.id == queue.value, deliverer.c.lease == lease)
    connection_of(session).execute(ours.values(lease=None, leased_until=until))


class State(NamedTuple):
    """What is known of a queue: whether it is somebody's turn; whether no letters leave, because
    the server said so; and whether it has taken none since it did."""

    is_taken: bool = False
    is_paused: bool = False
    was_paused: bool = False


def state_of(session: Session, queue: Queue, *, now: int) -> State:
    """Return what is known of the queue: a read of one row, for it is asked after each booking."""
    rows = _STATE.rows(session, {"queue": queue.value, "now": now})
    return State(*map(bool, rows[0])) if rows else State()


def is_paused(session: Session, *, now: int) -> bool:
    """Tell whether no letters leave, because the server said so."""
    return state_of(session, Queue.LETTERS, now=now).is_paused


class Pause(NamedTuple):
    """Until when no letters leave, because the server said so, and what it said."""

    until: int
    answer: str


def pause_of_letters(session: Session, *, now: int) -> Pause | None:
    """Return the pause that lasts now; None where letters leave."""
    lasts = ~is_over(deliverer.c.paused_until, now, _LONGEST_PAUSE)
    query = select(deliverer.c.paused_until, deliverer.c.answer).where(_OF_LETTERS, lasts)
    row = connection_of(session).execute(query).first()
    return Pause(*row) if row else None


def pause(session: Session, *, now: int, answer: str) -> int:
    """Let no letters leave for a while, each time for twice as long; return until when."""
    connection = connection_of(session)
    known = select(deliverer.c.pauses).where(_OF_LETTERS).with_for_update()
    before = connection.scalar(known) or 0
    until = now + int(min(_FIRST_PAUSE * 2**before, _LONGEST_PAUSE))
    paused = update(deliverer).where(_OF_LETTERS)
    values = {"paused_until": until, "pauses": min(before + 1, 16), "answer": answer}
    connection.execute(paused.values(values))
    return until


def end_pauses(session: Session) -> None:
    """Forget that the server asked for pauses: it takes letters again."""
    after = update(deliverer).where(_OF_LETTERS, deliverer.c.pauses > 0)
    connection_of(session).execute(after.values(paused_until=0, pauses=0, answer=""))


def is_over(until: ColumnElement[Any], now: Any, longest: int) -> ColumnElement[bool]:
    """Return the condition that this instant has passed, or lies `longest` seconds ahead.

    What is longer than any of ours was written by a clock that was ahead.
    """
    return or_(until <= now, until > now + longest)


_OF_LETTERS = deliverer.c.id == Queue.LETTERS.value
_NOW = bindparam("now", type_=BigInteger)
_STATE = FixedStatement(
    select(
        ~is_over(deliverer.c.leased_until, _NOW, _LONGEST_PAUSE),
        ~is_over(deliverer.c.paused_until, _NOW, _LONGEST_PAUSE),
        deliverer.c.pauses,
    ).where(deliverer.c.id == bindparam("queue", type_=Integer))
)
