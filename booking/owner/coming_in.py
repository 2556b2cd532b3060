"""Coming in: whether a password is right, and what begins where it is.

A try is counted before anybody knows whether it is right, so that many at once are counted as well:
by account and network together, or, where that account has signed in before, by the browser. A
stranger on another network, or in another browser, never keeps anybody out.
"""

import hmac
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple

from flask import redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.now import utc_now
from booking.operations.accounts import account_of, normal_address
from booking.operations.sign_ins import (
    Count,
    begin_session,
    count_try,
    end_session,
    forget_browser,
    forget_tries,
    is_known_browser,
    know_browser,
)
from booking.state import current_sidebook
from booking.storage.accounts import Account
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.visitor import visitor

from . import cookies, passwords
from .sessions import browser_name, limits

OF_A_BROWSER = 10
OF_AN_ACCOUNT = (10, 30, 60)
"""Tries at one account in half an hour: from an address, and from the networks around it."""
OF_AN_ADDRESS = (60, 200, 600)
"""Tries at all accounts together, from the same."""


class WrongPassword(Exception):
    """Raised where there is no such account, or the password is another."""


@dataclass(frozen=True)
class Checked:
    """An account whose password was typed, as it was then, and what the try was counted by."""

    account_id: int
    password_hash: str = field(repr=False)
    renewed_hash: str = field(repr=False)
    counts: list[Count] = field(repr=False)


class Begun(NamedTuple):
    """The tokens of a session that has begun, and of its browser."""

    session: str
    browser: str


def check_password(address: str, password: str) -> Checked:
    """Return whose password that is. One that nobody has takes as long as one that is wrong.

    Raises: TooBusy, TooManyTries, WrongPassword.
    """
    with passwords.turn(is_stranger=not _is_known_here(address)):
        counts, number, stored = run_in_transaction(
            current_sidebook().session, lambda session: _count(session, address)
        )
        if not passwords.is_right(stored, password) or number is None:
            raise WrongPassword
        renewed = passwords.hashed(password) if passwords.is_outdated(stored) else ""
    return Checked(number, stored, renewed, counts)


def _is_known_here(address: str) -> bool:
    """Whether the account of that address has signed in with this browser before."""
    if not cookies.read(cookies.BROWSER):
        return False
    with read_transaction(current_sidebook().session) as session:
        account = account_of(session, address)
        mark = cookies.read(cookies.BROWSER)
        return bool(account and is_known_browser(session, account, mark, now=utc_now()))


def _count(session: Session, address: str) -> tuple[list[Count], int | None, str]:
    """Count the try, and return by what, with the account's number and its hash."""
    account, now = account_of(session, address), utc_now()
    mark = cookies.read(cookies.BROWSER)
    is_known = bool(account and mark and is_known_browser(session, account, mark, now=now))
    counts = _by_browser(address, mark) if is_known else _by_network(address)
    count_try(session, counts, now=now)
    return counts, *((account.id, account.password_hash) if account else (None, ""))


def _by_browser(address: str, mark: str) -> list[Count]:
    return [Count(_mark("browser", normal_address(address), mark), OF_A_BROWSER)]


def _by_network(address: str) -> list[Count]:
    who, account = visitor(), normal_address(address)
    names = (who.address, *who.networks)
    of_account = [
        Count(_mark("account", account, name), most)
        for name, most in zip(names, OF_AN_ACCOUNT, strict=False)
    ]
    if who.shared:  # an office, where everybody signs in at eight
        return of_account
    return of_account + [
        Count(_mark("address", name), most, is_ours=False)
        for name, most in zip(names, OF_AN_ADDRESS, strict=False)
    ]


def _mark(*parts: str) -> bytes:
    key = current_sidebook().link_key.keys[0]
    return hmac.digest(key, "\0".join(("desk", *parts)).encode(), "sha256")


def begin_checked(session: Session, checked: Checked) -> Begun:
    """Begin a session for who typed the right password.

    Raises: what `checked_account` raises.
    """
    return let_in(session, checked_account(session, checked))


def checked_account(session: Session, checked: Checked) -> Account:
    """Return the account, whose tries are forgotten.

    Raises: WrongPassword where it was changed, or the account removed, in this very moment.
    """
    account = session.get(Account, checked.account_id, with_for_update={"of": Account})
    if account is None or account.password_hash != checked.password_hash:
        raise WrongPassword
    if checked.renewed_hash:
        account.password_hash = checked.renewed_hash
    forget_tries(session, checked.counts)
    return account


def let_in(session: Session, account: Account) -> Begun:
    """Begin a session in this browser, in the place of one that it had; the browser is known."""
    now = utc_now()
    if earlier := cookies.read(cookies.SESSION):
        end_session(session, earlier)
    if mark := cookies.read(cookies.BROWSER):
        forget_browser(session, mark)
    token = begin_session(session, account, limits(), browser=browser_name(), now=now)
    return Begun(token, know_browser(session, account, now=now))


def keep(response: Response, begun: Begun) -> Response:
    """Have the browser keep both tokens."""
    cookies.keep(response, cookies.SESSION, begun.session)
    cookies.keep(response, cookies.BROWSER, begun.browser)
    return response


def enter(begun: Begun, to: str) -> Response:
    """Lead somebody in, by way of a look at whether their browser has kept the cookie."""
    see = redirect(url_for(".log_in", begun=1, next=to or None), HTTPStatus.SEE_OTHER)
    return keep(see, begun)
