"""Somebody's own account: another password, and the browsers they are signed in with."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from flask import abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations.accounts import may_set_first_password, set_password
from booking.operations.sign_ins import TooManyTries, end_other_sessions, end_session_number
from booking.state import current_sidebook
from booking.storage.accounts import Account
from booking.tab_sessions import read_transaction, run_in_transaction

from . import coming_in, passwords
from .access import EVERYBODY, current_person
from .desk_route import desk_route
from .forms import posted
from .log_in import BUSY, too_many
from .rendering import render_page
from .sessions import session_number, shown_sessions

T = TypeVar("T")
Answer = tuple[str, int, dict[str, str]]


def own_account() -> str:
    """Show the form for another password, and the sessions."""
    return _page()


def change_password() -> Response | Answer:
    """Give the account another password, or its first: every other browser is signed out."""
    has_one = _may_set_first() is None
    if errors := _errors(has_password=has_one):
        return _page(errors=errors), HTTPStatus.UNPROCESSABLE_ENTITY, {}
    try:
        begun = _set_another() if has_one else _set_first()
    except coming_in.WrongPassword:
        errors = {"current": _("That is not your password.")}
        return _page(errors=errors), HTTPStatus.UNPROCESSABLE_ENTITY, {}
    except passwords.TooBusy:
        return _page(alerts=[_(BUSY)]), HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "2"}
    except TooManyTries as error:
        wait = {"Retry-After": str(error.seconds)}
        return _page(alerts=[too_many(error)]), HTTPStatus.TOO_MANY_REQUESTS, wait
    if begun is None:  # a first one: too long ago, or another page has set one meanwhile
        return _page(), HTTPStatus.CONFLICT, {}
    see = redirect(url_for(".own_account", done=1), HTTPStatus.SEE_OTHER)
    return coming_in.keep(see, begun)


def _set_another() -> coming_in.Begun:
    checked = coming_in.check_password(current_person().email, posted("current"))
    return _with_hash(lambda session, new: _change(session, checked, new))


def _set_first() -> coming_in.Begun | None:
    return _with_hash(_first)


def _with_hash(work: Callable[[Session, str], T]) -> T:
    """Do the work with what is kept of the password that was typed; no lock waits for that."""
    with passwords.turn():
        password_hash = passwords.hashed(posted("password"))
    return run_in_transaction(
        current_sidebook().session, lambda session: work(session, password_hash)
    )


def _first(session: Session, new: str) -> coming_in.Begun | None:
    whose = current_person().account_id or abort(404)
    number, now = session_number(), utc_now()
    if not may_set_first_password(session, whose, number, now=now, lock=True):
        return None
    account = session.get_one(Account, whose)
    set_password(session, account, new)
    return coming_in.let_in(session, account)


def _may_set_first() -> bool | None:
    """Whether a first password may be set now; None where there is one, which is asked for."""
    with read_transaction(current_sidebook().session) as session:
        whose, number = current_person().account_id, session_number()
        return may_set_first_password(session, whose, number, now=utc_now()) if whose else None


def _errors(*, has_password: bool) -> dict[str, str]:
    person = current_person()
    about = (person.email, person.email.partition("@")[0], person.name)
    is_missing = has_password and not posted("current")
    found = {
        "current": _("Enter the password that you have now.") if is_missing else "",
        "password": passwords.refusal(posted("password"), *filter(None, about)),
    }
    return {name: message for name, message in found.items() if message}


def _change(session: Session, checked: coming_in.Checked, new: str) -> coming_in.Begun:
    account = coming_in.checked_account(session, checked)
    set_password(session, account, new)
    return coming_in.let_in(session, account)


def end_own_session(number: int) -> Response:
    """Sign out in that browser."""
    whose = current_person().account_id or abort(404)

    def work(session: Session) -> None:
        if not end_session_number(session, number, account_id=whose):
            abort(404)

    run_in_transaction(current_sidebook().session, work)
    return redirect(url_for(".own_account"), HTTPStatus.SEE_OTHER)


def end_other_own_sessions() -> Response:
    """Sign out in every browser but this one."""
    whose = current_person().account_id or abort(404)
    run_in_transaction(
        current_sidebook().session,
        lambda session: end_other_sessions(session, whose, keep=session_number()),
    )
    return redirect(url_for(".own_account"), HTTPStatus.SEE_OTHER)


def _page(*, errors: dict[str, str] | None = None, alerts: list[str] | None = None) -> str:
    first = _may_set_first()
    with read_transaction(current_sidebook().session) as session:
        whose = current_person().account_id
        shown = shown_sessions(session, whose) if whose else []
        return render_page(
            "own_account",
            heading=_("Your account"),
            sessions=shown,
            has_password=first is None,
            may_set_first=bool(first),
            errors=errors or {},
            alerts=alerts or (),
            notices=[_("Your password is set.")] if "done" in request.args else [],
            shortest=passwords.SHORTEST,
        )


ROUTES = (
    desk_route(
        "/account",
        own_account,
        roles=EVERYBODY,
        needs_accounts=True,
    ),
    *(
        desk_route(rule, view, roles=EVERYBODY, methods=("POST",), needs_accounts=True)
        for rule, view in (
            ("/account/password", change_password),
            ("/account/sessions/end", end_other_own_sessions),
            ("/account/sessions/<int:number>/end", end_own_session),
        )
    ),
)
