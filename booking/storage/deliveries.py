"""Letters as whoever delivers has them: which are due, whose they are by a lease, how they ended.

A letter's own lease is what keeps it from being sent twice within one lease, whatever else goes
wrong. Instants are in seconds since the epoch, UTC.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    String,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from booking.transactions.statements import FixedStatement, connection_of

from .outbox import LOST_LINK, SENDING, SENT, WAITING, WITHDRAWN, Letter, letter
from .turns import Queue, is_over

_LONGEST = 24 * 3600
"""Seconds: no lease and no pause is longer. What is, was written by a clock that was ahead."""
_FREE, _OLDER = letter.alias("free"), letter.alias("older")
_NOW = bindparam("now", type_=BigInteger)


def due_letters(session: Session, queue: Queue, *, now: int, most: int) -> list[int]:
    """Return letters that are to go now, up to `most`, as they came.

    Reminders are last, and before them what anybody can have written: links that were asked for.
    """
    return [row[0] for row in _DUE[queue].rows(session, {"now": now, "most": most})]


def claim_letter(
    session: Session, queue: Queue, number: int, lease: str, *, now: int, until: int
) -> Letter | None:
    """Take the letter for ourselves until then; None: it is not to go now, or somebody has it."""
    given = {"number": number, "ours": lease, "now": now, "then": until}
    rows = _CLAIM[queue].rows(session, given)
    return Letter(**dict(zip(letter.c.keys(), rows[0], strict=True))) if rows else None


def _is_due(row: FromClause) -> ColumnElement[bool]:
    """Due, or given up by whoever had it; and nothing older is on its way to the same recipient.

    What was tried and waits to be tried again is on its way; a reminder that is not due is not.
    """
    older = _OLDER
    before = or_(
        and_(
            older.c.state == literal(WAITING),
            or_(older.c.tries > literal(0), older.c.due_at <= row.c.due_at),
        ),
        older.c.state == literal(SENDING),
        and_(
            older.c.state == literal(WITHDRAWN),
            older.c.lease.is_not(None),  # without one it waited to be tried again
            ~is_over(older.c.leased_until, _NOW, _LONGEST),
        ),
    )
    is_held_up = exists().where(
        older.c.booking_id == row.c.booking_id,
        or_(*(older.c.state == literal(each) for each in (WAITING, SENDING, WITHDRAWN))),
        older.c.recipient == row.c.recipient,
        older.c.id < row.c.id,
        before,
    )
    nobody_has_it = or_(row.c.leased_until.is_(None), is_over(row.c.leased_until, _NOW, _LONGEST))
    waits = and_(row.c.state == literal(WAITING), row.c.due_at <= _NOW, nobody_has_it)
    given_up = and_(row.c.state == literal(SENDING), nobody_has_it)
    return and_(or_(waits, given_up), ~is_held_up)


def _is_of(row: FromClause, queue: Queue) -> ColumnElement[bool]:
    is_hosts: ColumnElement[bool] = row.c.role == literal("host")
    return is_hosts if queue is Queue.HANDLERS else ~is_hosts


def _due(queue: Queue) -> FixedStatement:
    is_reminder, is_search = (
        letter.c.kind == literal("reminder"),
        letter.c.kind == literal(LOST_LINK),
    )
    last = case((is_reminder, literal(2)), (is_search, literal(1)), else_=literal(0))
    due = select(letter.c.id).where(_is_due(letter), _is_of(letter, queue))
    return FixedStatement(
        due.order_by(last, letter.c.due_at, letter.c.id).limit(bindparam("most", type_=Integer))
    )


def _claim(queue: Queue) -> FixedStatement:
    free = select(_FREE.c.id).where(
        _FREE.c.id == bindparam("number", type_=BigInteger), _is_due(_FREE), _is_of(_FREE, queue)
    )
    free = free.with_for_update(skip_locked=True, of=_FREE)
    values = {
        "state": literal(SENDING),
        "lease": bindparam("ours", type_=String),
        "leased_until": bindparam("then", type_=BigInteger),
        "tries": letter.c.tries + literal(1),
    }
    mine = update(letter).where(letter.c.id == free.scalar_subquery()).values(values)
    return FixedStatement(mine.returning(*letter.c))


_DUE = {queue: _due(queue) for queue in Queue}
_CLAIM = {queue: _claim(queue) for queue in Queue}


def end_letter(
    session: Session, number: int, lease: str, state: str, *, answer: str, now: int
) -> bool:
    """Write down how it ended, if the lease is still ours; return whether it was.

    What was withdrawn meanwhile has gone out, or stays withdrawn.
    """
    given = {"number": number, "ours": lease, "to": state, "words": answer, "at": now}
    return bool((_SENT if state == SENT else _ENDED).execute(session, given))


def postpone_letter(
    session: Session, number: int, lease: str, *, answer: str, until: int, tries: int
) -> bool:
    """Let nobody try it again before then, if the lease is still ours; return whether it was.

    It has been tried so many times, as far as they count. It stays due when it was. What was
    withdrawn meanwhile stays withdrawn.
    """
    given = {"number": number, "ours": lease, "words": answer, "at": until, "count": tries}
    return bool(_POSTPONED.execute(session, given))


def _finish(**values: ColumnElement[Any]) -> FixedStatement:
    ours = and_(
        letter.c.id == bindparam("number", type_=BigInteger),
        letter.c.lease == bindparam("ours", type_=String),
    )
    given = {"lease": null(), "leased_until": null(), "answer": bindparam("words", type_=Text)}
    return FixedStatement(update(letter).where(ours).values({**given, **values}))


def _unless_withdrawn(name: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    column = letter.c[name]
    return case((letter.c.state == literal(WITHDRAWN), column), else_=value)


_STATE, _AT = bindparam("to", type_=String), bindparam("at", type_=BigInteger)
_SENT = _finish(state=_STATE, ended_at=_AT)
_ENDED = _finish(
    state=_unless_withdrawn("state", _STATE), ended_at=_unless_withdrawn("ended_at", _AT)
)
_POSTPONED = _finish(
    state=_unless_withdrawn("state", literal(WAITING)),
    tries=_unless_withdrawn("tries", bindparam("count", type_=Integer)),
    leased_until=case((letter.c.state == literal(WITHDRAWN), null()), else_=_AT),
)


def erase_letter(
    session: Session, number: int, lease: str, *, sent_to: str, answer: str, now: int
) -> bool:
    """Let nothing be left of whom it was for, if the lease is still ours; return whether it was.

    `sent_to` is what is kept in place of the address; where it is empty nothing was sent, and the
    letter goes.
    """
    connection = connection_of(session)
    ours = and_(letter.c.id == number, letter.c.lease == lease)
    if not sent_to:
        return bool(connection.execute(delete(letter).where(ours)).rowcount)
    values = {"state": SENT, "answer": answer, "ended_at": now, "recipient": sent_to}
    sent = update(letter).where(ours).values(**values, lease=None, leased_until=None)
    return bool(connection.execute(sent).rowcount)


def delete_old_letters(session: Session, *, before: int, most: int) -> int:
    """Delete up to `most` letters that ended before then; return how many went.

    So go those that were due before then and wait, because nobody delivers any more.
    """
    forgotten = and_(letter.c.state.in_((WAITING, SENDING)), letter.c.due_at < before)
    old: Sequence[int] = session.scalars(
        select(letter.c.id)
        .where(or_(letter.c.ended_at < before, forgotten))
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    connection_of(session).execute(delete(letter).where(letter.c.id.in_(old)))
    return len(old)
