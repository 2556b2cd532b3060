"""Who may come in: an owner lets others in, changes what they may do, ends it."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import abort, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.contact.validators import address
from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.now import utc_now
from booking.operations import accounts as operations
from booking.operations.accounts import AccountPlan, AccountRefused
from booking.operations.sign_ins import end_other_sessions, make_link, sessions_now
from booking.state import current_sidebook
from booking.storage.accounts import OWNER, PASSWORD, Account
from booking.storage.catalogue import read_catalogue
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.urls import public_url

from . import account_form
from .access import current_person
from .desk_route import desk_route
from .door import problem
from .forms import posted, posted_line
from .rendering import render_page
from .sessions import session_number, shown_sessions
from .shop_fields import WAS, Merged, Values, filled_in, marks_of, merge
from .shop_words import written_meanwhile

Answer = tuple[str, int]
LINK_LASTS = timedelta(days=2)
ROLE_NAMES = {
    "owner": gettext_noop("Owner"),
    "reception": gettext_noop("Reception"),
    "staff": gettext_noop("Staff"),
}
REFUSED: dict[type[AccountRefused], str] = {
    operations.AddressTaken: gettext_noop("Somebody with this address may come in already."),
    operations.NobodyOfThatName: gettext_noop("This person does not work here any more."),
    operations.NeedsStaffMember: gettext_noop("Say whose appointments they see."),
    operations.LastOwner: gettext_noop(
        "This is the only owner. Without one nobody could let others in: make somebody else an "
        "owner first."
    ),
}


class Shown(NamedTuple):
    """What the list says of an account; `sessions`: in how many browsers they are signed in."""

    url: str
    name: str
    email: str
    role: str
    works_as: str
    has_password: bool
    sessions: int


def accounts() -> str:
    """List who may come in."""
    with read_transaction(current_sidebook().session) as session:
        found = operations.all_accounts(session)
        signed_in = [each.account_id for each in sessions_now(session, now=utc_now())]
        shown = [_shown(each, signed_in.count(each.id)) for each in found]
    return render_page("accounts", heading=_("Who may come in"), accounts=shown)


def _shown(account: Account, sessions: int) -> Shown:
    works_as = account.staff_member.name if account.staff_member else ""
    role = _(ROLE_NAMES[account.role])
    url = url_for(".account", number=account.id)
    has_password = bool(account.password_hash)
    return Shown(url, account.name, account.email, role, works_as, has_password, sessions)


def new_account() -> str:
    """Show the form by which somebody is let in."""
    return _new_page({"email": ""} | account_form.values_of(AccountPlan("", "", "reception")))


def add_account() -> Response | str | Answer:
    """Let somebody in, and show the link by which they set a password, once."""
    typed = {"email": address(posted_line("email"))} | account_form.typed_values()
    if errors := account_form.errors_of(typed):
        return _new_page(typed, errors), HTTPStatus.UNPROCESSABLE_ENTITY

    def work(session: Session) -> tuple[int, str]:
        operations.require_owner(session, current_person().account_id)
        plan = account_form.plan_of(typed, typed["email"])
        made = operations.add_account(session, plan, **_who_and_when())
        return made.id, _new_link(session, made)

    try:
        number, token = run_in_transaction(current_sidebook().session, work)
    except operations.NoLongerOwner:
        return no_longer_owner()
    except AccountRefused as error:
        return _new_page(typed, _refusal(error)), HTTPStatus.CONFLICT
    return _link_page(number, token)


def account(number: int) -> str:
    """Show one account: what it may do, and where it is signed in."""
    return _page(number)


def change_account(number: int) -> Response | Answer:
    """Write down what somebody may do, from their next request on, or show what others wrote."""
    typed = account_form.typed_values()
    with read_transaction(current_sidebook().session) as session:
        seen = operations.plan_of(session.get(Account, number) or abort(404))
        merged = merge(typed, posted(WAS), account_form.values_of(seen))
        if merged.changed or merged.taken_over:
            return _page(number, merged), HTTPStatus.CONFLICT
        if errors := account_form.errors_of(typed):
            page = _page(number, Merged(typed, {}, []), errors)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        run_in_transaction(current_sidebook().session, partial(_change, number, typed, seen))
    except operations.ChangedMeanwhile:
        return change_account(number)  # somebody wrote between the two: now it is seen, and said
    except AccountRefused as error:
        return _not_done(number, error, typed)
    return redirect(url_for(".accounts"), HTTPStatus.SEE_OTHER)


def _change(number: int, typed: Values, seen: AccountPlan, session: Session) -> None:
    """Change it as long as it is what was seen: who had a page of before gives nothing back."""
    meant, by = account_form.plan_of(typed, seen.email), current_person().account_id
    operations.change_account(session, number, meant, seen=seen, by=by, **_who_and_when())


def remove_account(number: int) -> Response | Answer:
    """Let somebody come in no more: their sessions end at once."""
    by = current_person().account_id
    try:
        run_in_transaction(
            current_sidebook().session,
            lambda session: operations.remove_account(session, number, by=by, **_who_and_when()),
        )
    except AccountRefused as error:
        return _not_done(number, error)
    return redirect(url_for(".accounts"), HTTPStatus.SEE_OTHER)


def make_password_link(number: int) -> str | Answer:
    """Make a link to set another password, and show it once. Until it is used nothing changes."""

    def work(session: Session) -> str:
        operations.require_owner(session, current_person().account_id)
        found = session.get(Account, number) or abort(404)
        operations.record_link(session, found, **_who_and_when())
        return _new_link(session, found)

    try:
        return _link_page(number, run_in_transaction(current_sidebook().session, work))
    except operations.NoLongerOwner:
        return no_longer_owner()


def end_sessions(number: int) -> Response | Answer:
    """Sign somebody out in every browser, but for the one that asks for it."""

    def work(session: Session) -> None:
        operations.require_owner(session, current_person().account_id)
        found = session.get(Account, number) or abort(404)
        if end_other_sessions(session, number, keep=session_number()):
            operations.record_end(session, found, **_who_and_when())

    try:
        run_in_transaction(current_sidebook().session, work)
    except operations.NoLongerOwner:
        return no_longer_owner()
    return redirect(url_for(".account", number=number), HTTPStatus.SEE_OTHER)


def _who_and_when() -> dict[str, Any]:
    return {"actor": current_person().name, "now": utc_now()}


def no_longer_owner() -> Answer:
    """Answer 409: somebody has taken that from them, or removed them, at this moment."""
    message = _("You are not an owner any more, so nothing was changed.")
    return problem(HTTPStatus.CONFLICT, _("That was not done"), message)


def _not_done(number: int, error: AccountRefused, typed: Values | None = None) -> Answer:
    if isinstance(error, operations.NoLongerOwner):
        return no_longer_owner()
    if isinstance(error, operations.NoSuchAccount):
        abort(404)
    merged = Merged(typed, {}, []) if typed else None
    return _page(number, merged, _refusal(error)), HTTPStatus.CONFLICT


def _refusal(error: AccountRefused) -> dict[str, str]:
    return {error.field: _(REFUSED[type(error)])}


def _new_link(session: Session, made: Account) -> str:
    return make_link(session, made, PASSWORD, now=utc_now(), lasts=LINK_LASTS)


def _link_page(number: int, token: str) -> str:
    link = public_url(".one_time_link", token=token)
    heading = _("A link to set a password")
    return render_page("account_link", heading=heading, link=link, whose=_whose(number))


def _whose(number: int) -> str:
    with read_transaction(current_sidebook().session) as session:
        return (session.get(Account, number) or abort(404)).name


def _new_page(values: Values, errors: Values | None = None) -> str:
    heading, fields = _("Let somebody in"), account_form.fields_of(_people(), is_new=True)
    shown = filled_in(fields, values, errors or {}, {})
    return render_page("new_account", heading=heading, errors=errors or {}, fields=shown)


def _page(number: int, merged: Merged | None = None, errors: Values | None = None) -> str:
    with read_transaction(current_sidebook().session) as session:
        found = session.get(Account, number) or abort(404)
        stored = account_form.values_of(operations.plan_of(found))
        fields = account_form.fields_of(_people(), is_new=False)
        shown = merged or Merged(stored, {}, [])
        return render_page(
            "account",
            heading=found.name,
            number=number,
            account_email=found.email,
            fields=filled_in(fields, shown.values, errors or {}, shown.changed),
            errors=errors or {},
            alerts=written_meanwhile(shown, {one.name: one.label for one in fields}),
            was=marks_of(stored),
            is_self=number == current_person().account_id,
            sessions=shown_sessions(session, number),
        )


def _people() -> Sequence[tuple[str, str]]:
    with read_transaction(current_sidebook().session) as session:
        everybody = read_catalogue(session).staff.values()
        people = sorted(everybody, key=lambda each: each.position)
        return [(each.slug, each.name) for each in people if not each.retired]


_OWNERS = (OWNER,)
ROUTES = (
    desk_route(
        "/accounts",
        accounts,
        roles=_OWNERS,
        label=gettext_noop("Who may come in"),
        needs_accounts=True,
    ),
    *(
        desk_route(rule, view, roles=_OWNERS, methods=(method,), needs_accounts=True)
        for rule, view, method in (
            ("/accounts/new", new_account, "GET"),
            ("/accounts/new", add_account, "POST"),
            ("/accounts/<int:number>", account, "GET"),
            ("/accounts/<int:number>", change_account, "POST"),
            ("/accounts/<int:number>/removal", remove_account, "POST"),
            ("/accounts/<int:number>/password-link", make_password_link, "POST"),
            ("/accounts/<int:number>/sessions/end", end_sessions, "POST"),
        )
    ),
)
