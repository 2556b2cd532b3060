"""Links that are good once: to set a password, to come in, to make the first owner's account.

Opening one shows what it is for and changes nothing, since programs open what stands in messages;
the button does, and uses it up.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.contact.validators import address, problem_of_address
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations.accounts import AccountPlan, add_account, set_password
from booking.operations.sign_ins import Link, LinkGone, link_of, use_link
from booking.state import current_sidebook
from booking.storage.accounts import COME_IN, FIRST_OWNER, OWNER, Account
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.rendering import get_shop

from . import addresses, coming_in, passwords
from .access import ANYBODY
from .desk_route import desk_route
from .door import problem
from .forms import name_too_long, posted, posted_line
from .log_in import BUSY
from .rendering import render_page

Answer = tuple[str, int] | tuple[str, int, dict[str, str]]


def one_time_link(token: str) -> str | Answer:
    """Show what the link is for."""
    try:
        return _page(_look_up(token))
    except LinkGone:
        return _gone()


def use_one_time_link(token: str) -> Response | Answer:
    """Use the link up, and lead its owner in."""
    try:
        link = _look_up(token)
        if errors := _errors(link):
            return _page(link, errors=errors), HTTPStatus.UNPROCESSABLE_ENTITY
        password_hash = "" if link.purpose == COME_IN else _hashed()
        begun = run_in_transaction(
            current_sidebook().session, lambda session: _use(session, token, password_hash)
        )
    except LinkGone:
        return _gone()
    except passwords.TooBusy:
        return _page(link, alerts=[_(BUSY)]), HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "2"}
    # Whoever makes the first account has a shop to set up.
    return coming_in.enter(begun, url_for(".first_hour") if link.purpose == FIRST_OWNER else "")


def _look_up(token: str) -> Link:
    with read_transaction(current_sidebook().session) as session:
        link = link_of(session, token, now=utc_now())
        session.expunge_all()
        return link


def _hashed() -> str:
    with passwords.turn():
        return passwords.hashed(posted("password"))


def _use(session: Session, token: str, password_hash: str) -> coming_in.Begun:
    now = utc_now()
    account = use_link(session, token, now=now).account
    if account is None:
        plan = AccountPlan(address(posted_line("email")), posted_line("name"), OWNER)
        account = add_account(session, plan, actor=plan.name, now=now)
    if password_hash:
        set_password(session, account, password_hash)
    return coming_in.let_in(session, account)


def _errors(link: Link) -> dict[str, str]:
    if link.purpose == COME_IN:
        return {}
    found = _errors_of_first_owner() if link.purpose == FIRST_OWNER else {}
    if refusal := passwords.refusal(posted("password"), *_about(link.account)):
        found["password"] = refusal
    return found


def _errors_of_first_owner() -> dict[str, str]:
    found = {}
    if refusal := problem_of_address(address(posted_line("email"))):
        found["email"] = refusal
    if not posted_line("name"):
        found["name"] = _("Enter your name, as others at the desk shall read it.")
    elif refusal := name_too_long(posted_line("name")):
        found["name"] = refusal
    return found


def _about(account: Account | None) -> Sequence[str]:
    email, name = (account.email, account.name) if account else map(posted_line, ("email", "name"))
    return [word for word in (email, email.partition("@")[0], name, *_of_the_shop()) if word]


def _of_the_shop() -> Sequence[str]:
    with read_transaction(current_sidebook().session) as session:
        return [get_shop(session).name]


def _page(link: Link, **context: Any) -> str:
    heading = {COME_IN: _("Come in"), FIRST_OWNER: _("Welcome to your desk")}
    return render_page(
        "one_time_link",
        heading=heading.get(link.purpose, _("Set your password")),
        link_url=addresses.asked(),
        purpose=link.purpose,
        account=link.account,
        email=posted_line("email"),
        called=posted_line("name"),
        shortest=passwords.SHORTEST,
        **context,
    )


def _gone() -> tuple[str, int]:
    message = _(
        "It was used already, a newer one took its place, or it is too old. Nothing has changed: "
        "if you have a password, sign in; else ask an owner for another link."
    )
    return problem(HTTPStatus.GONE, _("This link is no longer good"), message)


ROUTES = (
    desk_route("/one-time-link/<token>", one_time_link, roles=ANYBODY, needs_accounts=True),
    desk_route(
        "/one-time-link/<token>",
        use_one_time_link,
        roles=ANYBODY,
        methods=("POST",),
        needs_accounts=True,
    ),
)
