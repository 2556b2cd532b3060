"""Coming to the desk: tries that are counted, sessions that end, links that are good once.

Nothing here knows a password: whether it was right is found out beside any transaction.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Row, bindparam, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.storage.accounts import (
    FIRST_OWNER,
    Account,
    desk_session,
    known_browser,
    one_time_link,
    sign_in,
)
from booking.storage.models import StaffMember
from booking.transactions.statements import FixedStatement

from .accounts import has_accounts

COUNTED_FOR = timedelta(minutes=30)
"""How long a try counts from the first of them on."""
BROWSER_KEPT = timedelta(days=400)
"""How long a browser is known after somebody last signed in there; no cookie lives longer."""
_SEEN_EVERY = 48
"""A session's idle limit is moved on this often at most within it."""
_TOKEN = 32  # bytes


class TooManyTries(Exception):
    """Raised where one more try to sign in is not taken; `seconds`: until one is."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"the next one in {seconds} seconds")


class LinkGone(Exception):
    """Raised for a one-time link that was used, replaced, is too old, or never was."""


class Limits(NamedTuple):
    """How long a session lasts: without a request, and in any case."""

    idle: timedelta
    absolute: timedelta


class DeskSession(NamedTuple):
    """A session that is good, and whose it is: what each request at the desk asks for."""

    id: int
    account_id: int
    name: str
    role: str
    email: str
    may_change_own_hours: bool
    sees_all_customers: bool
    staff_slug: str | None
    seen_at: int

    def is_to_be_noted(self, limits: Limits, *, now: datetime) -> bool:
        """Return whether it is long enough ago that somebody's being there was written down."""
        return _seconds(now) - self.seen_at >= limits.idle.total_seconds() / _SEEN_EVERY


class Count(NamedTuple):
    """What tries are counted by, and how many are taken. `is_ours`: it ends with a sign-in."""

    mark: bytes
    most: int
    is_ours: bool = True


class Link(NamedTuple):
    """What a one-time link is for, and whose it is; None: of who will be the first owner."""

    purpose: str
    account: Account | None


def token_hash(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def _new_token() -> str:
    return secrets.token_urlsafe(_TOKEN)


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


# -- tries -----------------------------------------------------------------------------------------


def count_try(session: Session, counts: Iterable[Count], *, now: datetime) -> None:
    """Count one more try by each of these, before anybody knows whether it is right.

    Raises: TooManyTries, and then it counts by none of them.
    """
    moment = _seconds(now)
    until = moment + int(COUNTED_FOR.total_seconds())
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    for count in sorted(counts):  # ascending, or two at once deadlock on PostgreSQL
        added = dialect.insert(sign_in).values(mark=count.mark, tries=1, until=until)
        is_over = sign_in.c.until <= moment
        counted = added.on_conflict_do_update(
            index_elements=[sign_in.c.mark],
            set_={
                "tries": case((is_over, 1), else_=sign_in.c.tries + 1),
                "until": case((is_over, until), else_=sign_in.c.until),
            },
        ).returning(sign_in.c.tries, sign_in.c.until)
        tries, ends = session.execute(counted).one()
        if tries > count.most:
            raise TooManyTries(max(1, ends - moment))


def forget_tries(session: Session, counts: Iterable[Count]) -> None:
    """Take the try back that was right, and begin anew what counts for this account alone."""
    for count in sorted(counts):
        row = sign_in.c.mark == count.mark
        if count.is_ours:
            session.execute(delete(sign_in).where(row))
        else:
            session.execute(update(sign_in).where(row).values(tries=sign_in.c.tries - 1))


# -- sessions --------------------------------------------------------------------------------------


def begin_session(
    session: Session, account: Account, limits: Limits, *, browser: str, now: datetime
) -> str:
    """Begin a session, and return its token. `browser` is for who looks through the sessions."""
    token, moment = _new_token(), _seconds(now)
    absolute = moment + int(limits.absolute.total_seconds())
    idle = min(absolute, moment + int(limits.idle.total_seconds()))
    row = {"token_hash": token_hash(token), "account_id": account.id, "browser": browser}
    row |= {"created_at": moment, "seen_at": moment}
    row |= {"idle_expires_at": idle, "absolute_expires_at": absolute}
    session.execute(insert(desk_session).values(row))
    return token


def session_of(session: Session, token: str, *, now: datetime) -> DeskSession | None:
    """Return the session of that token; None where it has ended, or never was."""
    rows = _BY_TOKEN.rows(session, {"token_hash": token_hash(token), "now": _seconds(now)})
    return DeskSession(*rows[0]) if rows else None


# Each request at the desk asks for it: the session's own loading takes five times as long.
_BY_TOKEN = FixedStatement(
    select(
        desk_session.c.id,
        Account.id,
        Account.name,
        Account.role,
        Account.email,
        Account.may_change_own_hours,
        Account.sees_all_customers,
        StaffMember.slug,
        desk_session.c.seen_at,
    )
    .join_from(desk_session, Account, Account.id == desk_session.c.account_id)
    .outerjoin(StaffMember, StaffMember.id == Account.staff_member_id)
    .where(
        desk_session.c.token_hash == bindparam("token_hash"),
        desk_session.c.idle_expires_at > bindparam("now"),
    )
)


def note_seen(session: Session, number: int, limits: Limits, *, now: datetime) -> None:
    """Move the idle limit of the session of that number on, but never past its end."""
    moment = _seconds(now)
    idle = moment + int(limits.idle.total_seconds())
    ends = case(
        (desk_session.c.absolute_expires_at < idle, desk_session.c.absolute_expires_at), else_=idle
    )
    is_good = desk_session.c.idle_expires_at > moment
    seen = update(desk_session).where(desk_session.c.id == number, is_good)
    session.execute(seen.values(seen_at=moment, idle_expires_at=ends))


def end_session(session: Session, token: str) -> None:
    """End the session of that token, if there is one."""
    session.execute(delete(desk_session).where(desk_session.c.token_hash == token_hash(token)))


def end_session_number(session: Session, number: int, *, account_id: int | None = None) -> bool:
    """End that session, if it is this account's (None: anybody's); return whether it was there."""
    query = delete(desk_session).where(desk_session.c.id == number)
    if account_id is not None:
        query = query.where(desk_session.c.account_id == account_id)
    return bool(session.execute(query.returning(desk_session.c.id)).first())


def end_other_sessions(session: Session, account_id: int, keep: int | None = None) -> int:
    """End the sessions of an account, but for one; return how many ended."""
    others = delete(desk_session).where(desk_session.c.account_id == account_id)
    if keep is not None:
        others = others.where(desk_session.c.id != keep)
    return len(session.execute(others.returning(desk_session.c.id)).all())


def sessions_now(
    session: Session, *, now: datetime, account_id: int | None = None
) -> Sequence[Row[int, int, str, int, int]]:
    """List the good sessions, the latest first: id, account_id, browser, created_at, seen_at."""
    columns = desk_session.c
    query = select(
        columns.id, columns.account_id, columns.browser, columns.created_at, columns.seen_at
    ).where(columns.idle_expires_at > _seconds(now))
    if account_id is not None:
        query = query.where(columns.account_id == account_id)
    return session.execute(query.order_by(columns.seen_at.desc(), columns.id)).all()


# -- links that are good once ----------------------------------------------------------------------


def make_link(
    session: Session, account: Account | None, purpose: str, *, now: datetime, lasts: timedelta
) -> str:
    """Return the token of a link that is good once; an earlier one of the same account ends.

    Nothing else changes by it: a password stays good until the link is used.
    """
    whose = account.id if account else None
    session.execute(
        delete(one_time_link).where(
            one_time_link.c.account_id.is_(whose)
            if whose is None
            else one_time_link.c.account_id == whose
        )
    )
    token = _new_token()
    row = {"token_hash": token_hash(token), "purpose": purpose, "account_id": whose}
    row["expires_at"] = _seconds(now + lasts)
    session.execute(insert(one_time_link).values(row))
    return token


def link_of(session: Session, token: str, *, now: datetime) -> Link:
    """Return what the link is for, and leave it as it is.

    Raises: LinkGone.
    """
    query = select(one_time_link.c.purpose, Account).outerjoin(
        Account, Account.id == one_time_link.c.account_id
    )
    of_token = one_time_link.c.token_hash == token_hash(token)
    row = session.execute(query.where(of_token, one_time_link.c.expires_at > _seconds(now))).first()
    if row is None or (row.purpose == FIRST_OWNER and has_accounts(session)):
        raise LinkGone
    return Link(*row)


def use_link(session: Session, token: str, *, now: datetime) -> Link:
    """Use the link up, and return what it is for. Of two at once one does.

    Raises: LinkGone.
    """
    link = link_of(session, token, now=now)
    of_token = one_time_link.c.token_hash == token_hash(token)
    gone = delete(one_time_link).where(of_token).returning(one_time_link.c.token_hash)
    if not session.execute(gone).first():
        raise LinkGone
    return link


# -- browsers that are known -----------------------------------------------------------------------


def know_browser(session: Session, account: Account, *, now: datetime) -> str:
    """Return the mark by which this browser is known when this account signs in there again."""
    token = _new_token()
    row = {"token_hash": token_hash(token), "account_id": account.id, "seen_at": _seconds(now)}
    session.execute(insert(known_browser).values(row))
    return token


def is_known_browser(session: Session, account: Account, mark: str, *, now: datetime) -> bool:
    """Return whether this account has signed in there before."""
    since = _seconds(now - BROWSER_KEPT)
    query = select(known_browser.c.account_id).where(
        known_browser.c.token_hash == token_hash(mark), known_browser.c.seen_at > since
    )
    return session.scalar(query) == account.id


def forget_browser(session: Session, mark: str) -> None:
    """Know that browser no more: it is given another mark."""
    session.execute(delete(known_browser).where(known_browser.c.token_hash == token_hash(mark)))


def purge_sign_ins(session: Session, *, now: datetime, most: int = 500) -> int:
    """Delete up to `most` of each kind of what is over; return how many went."""
    moment, gone = _seconds(now), 0
    long_ago = _seconds(now - BROWSER_KEPT)
    over = (
        (sign_in, sign_in.c.mark, sign_in.c.until, moment),
        (desk_session, desk_session.c.id, desk_session.c.idle_expires_at, moment),
        (one_time_link, one_time_link.c.token_hash, one_time_link.c.expires_at, moment),
        (known_browser, known_browser.c.token_hash, known_browser.c.seen_at, long_ago),
    )
    for table, key, ends, until in over:
        # In the order of the index, or a database that has many reads them all.
        first = select(key).where(ends <= until).order_by(ends).limit(most)
        keys = session.scalars(first.with_for_update(skip_locked=True)).all()
        session.execute(delete(table).where(key.in_(keys)))
        gone += len(keys)
    return gone
