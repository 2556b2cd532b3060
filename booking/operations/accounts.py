"""Accounts of the desk: made, changed, removed. At any time one owner at least can come in.

Passwords come here as Argon2 has made them (`owner/passwords.py`); what lasts of a sign-in, and
links to set one, are in `sign_ins.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from booking.storage.accounts import (
    ACCOUNT_ROLES,
    OWNER,
    STAFF,
    Account,
    desk_session,
    known_browser,
    one_time_link,
)
from booking.storage.business import StaffMember
from booking.storage.reads import staff_by_slug

from .history import (
    ACCOUNT_CHANGED,
    ACCOUNT_MADE,
    ACCOUNT_REMOVED,
    LINK_MADE,
    SESSIONS_ENDED,
    SHELL,
    record_of_account,
)

FRESH = timedelta(minutes=30)
"""How long after coming in by a link a first password may be set."""


class AccountRefused(Exception):
    """Raised where an account is not made, changed or removed. `field` is what is to be mended."""

    field = ""


class AddressTaken(AccountRefused):
    """Another account has this address."""

    field = "email"


class NobodyOfThatName(AccountRefused):
    """The business has no such staff member, or not any more."""

    field = "staff"


class NeedsStaffMember(AccountRefused):
    """Somebody of that role sees their own appointments, so it has to be said whose those are."""

    field = "staff"


class LastOwner(AccountRefused):
    """Without this owner nobody could make accounts any more."""

    field = "role"


class NoSuchAccount(AccountRefused):
    """It was removed meanwhile."""


class NoLongerOwner(AccountRefused):
    """Who asks for it is no owner any more, or was removed."""


class ChangedMeanwhile(AccountRefused):
    """Somebody else changed it after it was seen."""


class NameTooLong(AccountRefused):
    """The name has more than LONGEST_NAME characters."""

    field = "name"


LONGEST_NAME = 200


@dataclass(frozen=True)
class AccountPlan:
    """What an account is to be. `staff` is a slug; empty for nobody of the business."""

    email: str
    name: str
    role: str
    staff: str = ""
    may_change_own_hours: bool = False
    sees_all_customers: bool = False


def normal_address(typed: str) -> str:
    """Return the address as accounts are known by: without blanks around it, in small letters."""
    return typed.strip().lower()


def account_of(session: Session, address: str) -> Account | None:
    """Return the account of that address, however its letters are written; None without one."""
    return session.scalar(select(Account).where(Account.email == normal_address(address)))


def all_accounts(session: Session) -> Sequence[Account]:
    """List the accounts: owners first, then by name."""
    found = session.scalars(select(Account).order_by(Account.name, Account.id)).all()
    return sorted(found, key=lambda one: ACCOUNT_ROLES.index(one.role))


def has_accounts(session: Session) -> bool:
    """Return whether there is any account."""
    return session.scalar(select(Account.id).limit(1)) is not None


def add_account(
    session: Session, plan: AccountPlan, *, actor: str = SHELL, now: datetime
) -> Account:
    """Make an account, which has no password yet.

    Raises: AddressTaken, NameTooLong, NobodyOfThatName, NeedsStaffMember.
    """
    email = normal_address(plan.email)
    if account_of(session, email):
        raise AddressTaken
    account = Account(email=email, created_at=int(now.timestamp()))
    _write(session, account, plan)
    session.add(account)
    session.flush()
    _record(session, account, ACCOUNT_MADE, actor=actor, now=now)
    return account


def change_account(
    session: Session,
    account_id: int,
    plan: AccountPlan,
    *,
    seen: AccountPlan | None = None,
    by: int | None = None,
    actor: str = SHELL,
    now: datetime,
) -> Account:
    """Make the account what the plan says; its address stays. `by`: the owner's; None: the shell.

    `seen`: what the account has to be still; None: whatever it is. What somebody may do changes
    with their next request.

    Raises: NoSuchAccount, NoLongerOwner, ChangedMeanwhile, LastOwner, NameTooLong,
    NobodyOfThatName, NeedsStaffMember.
    """
    account = _locked(session, account_id, by)
    before = plan_of(account)
    if seen not in (None, before):
        raise ChangedMeanwhile
    if account.role == OWNER != plan.role:
        _require_another_owner(session, account)
    _write(session, account, plan)
    session.flush()
    if plan_of(account) != before:
        _record(session, account, ACCOUNT_CHANGED, actor=actor, now=now)
    return account


def remove_account(
    session: Session,
    account_id: int,
    *,
    by: int | None = None,
    actor: str = SHELL,
    now: datetime,
) -> None:
    """Remove the account with its sessions, links and browsers. `by`: as for `change_account`.

    Raises: NoSuchAccount, NoLongerOwner, LastOwner.
    """
    account = _locked(session, account_id, by)
    if account.role == OWNER:
        _require_another_owner(session, account)
    end_all(session, account)
    _record(session, account, ACCOUNT_REMOVED, actor=actor, now=now)
    session.delete(account)
    session.flush()


def set_password(session: Session, account: Account, password_hash: str) -> None:
    """Give the account another password, which ends its sessions, its links and its browsers."""
    account.password_hash = password_hash
    end_all(session, account)
    session.flush()


def may_set_first_password(
    session: Session,
    account_id: int,
    session_number: int | None,
    *,
    now: datetime,
    lock: bool = False,
) -> bool | None:
    """Return whether that session may give its account a first password; None: it has one.

    Without a password only a link that is good once lets somebody in, so none is asked for FRESH
    after that, and no longer: who finds a tablet that was left signed in gets no account by it.
    `lock`: the account's row, so that of two who set one at once the second is told.
    """
    locked = {"of": Account} if lock else None
    account = session.get(Account, account_id, with_for_update=locked)
    if account is None or account.password_hash:
        return None
    since = int((now - FRESH).timestamp())
    fresh = select(desk_session.c.id).where(
        desk_session.c.id == session_number,
        desk_session.c.account_id == account_id,
        desk_session.c.created_at >= since,
    )
    return session.scalar(fresh) is not None


def end_all(session: Session, account: Account) -> None:
    """End all that is good because somebody signed in, or was to set a password."""
    for table in (desk_session, one_time_link, known_browser):
        session.execute(delete(table).where(table.c.account_id == account.id))


def require_owner(session: Session, account_id: int | None) -> None:
    """Raise NoLongerOwner unless that account is an owner's now; None is the shell, and may.

    All owners' rows are locked in one order: two who remove each other come one after the other.
    """
    owners = select(Account.id).where(Account.role == OWNER).order_by(Account.id)
    found = session.scalars(owners.with_for_update(of=Account)).all()
    if account_id is not None and account_id not in found:
        raise NoLongerOwner


def plan_of(account: Account) -> AccountPlan:
    """Return what the account is now."""
    return AccountPlan(
        account.email,
        account.name,
        account.role,
        account.staff_member.slug if account.staff_member else "",
        account.may_change_own_hours,
        account.sees_all_customers,
    )


def record_link(session: Session, account: Account, *, actor: str = SHELL, now: datetime) -> None:
    """Write down that somebody made a link by which another password is set."""
    _record(session, account, LINK_MADE, actor=actor, now=now)


def record_end(session: Session, account: Account, *, actor: str = SHELL, now: datetime) -> None:
    """Write down that somebody else ended the sessions of that account."""
    _record(session, account, SESSIONS_ENDED, actor=actor, now=now)


def _record(session: Session, account: Account, what: str, *, actor: str, now: datetime) -> None:
    called = {"name": account.name, "role": account.role}
    record_of_account(session, what, **called, actor=actor, now=now)


def _locked(session: Session, account_id: int, by: int | None) -> Account:
    require_owner(session, by)
    found = select(Account).where(Account.id == account_id).with_for_update(of=Account)
    account = session.scalar(found.execution_options(populate_existing=True))
    if account is None:
        raise NoSuchAccount
    return account


def _require_another_owner(session: Session, account: Account) -> None:
    others = select(func.count()).where(Account.role == OWNER, Account.id != account.id)
    if not session.scalar(others):
        raise LastOwner


def _write(session: Session, account: Account, plan: AccountPlan) -> None:
    if plan.role not in ACCOUNT_ROLES:
        raise ValueError(f"{plan.role!r} is no role: write one of {', '.join(ACCOUNT_ROLES)}")
    if len(plan.name) > LONGEST_NAME:
        raise NameTooLong
    if plan.role == STAFF and not plan.staff:
        raise NeedsStaffMember
    account.staff_member = _staff(session, plan.staff) if plan.staff else None
    account.name, account.role = plan.name, plan.role
    account.may_change_own_hours = plan.may_change_own_hours
    account.sees_all_customers = plan.sees_all_customers


def _staff(session: Session, slug: str) -> StaffMember:
    found = staff_by_slug(session, slug)
    if found is None or found.retired:
        raise NobodyOfThatName
    return found
