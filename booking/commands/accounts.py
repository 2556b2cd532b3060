"""Who may come to the desk, at the shell: the way in when nobody can sign in, and the first one.

A link to set a password is printed and never sent, so coming in never depends on mail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
from sqlalchemy.orm import Session

from booking.contact.validators import address, one_line, problem_of_address
from booking.operations.accounts import (
    LONGEST_NAME,
    AccountPlan,
    AccountRefused,
    AddressTaken,
    LastOwner,
    NameTooLong,
    NeedsStaffMember,
    NobodyOfThatName,
    account_of,
    add_account,
    all_accounts,
    has_accounts,
    record_end,
    record_link,
    remove_account,
)
from booking.operations.sign_ins import end_other_sessions, make_link
from booking.state import current_sidebook
from booking.storage.accounts import (
    ACCOUNT_ROLES,
    FIRST_OWNER,
    PASSWORD,
    STAFF,
    Account,
)
from booking.tab_sessions import read_transaction, run_in_transaction

from .group import FriendlyErrorGroup, as_called, booking_commands, now, ready, say, short, table

LASTS = timedelta(days=2)
"""How long a link is good that was printed."""


@booking_commands.group(cls=FriendlyErrorGroup)
def account() -> None:
    """Say who may come to the desk."""


@account.command()
@click.argument("email")
@click.option("--role", type=click.Choice(ACCOUNT_ROLES), required=True)
@click.option("--staff", default="", help="The slug of the staff member that this is.")
@click.option("--name", default="", help="How they are called at the desk; else as in the address.")
@click.option("--own-hours", is_flag=True, help="May change their own hours and time off.")
@click.option("--all-customers", is_flag=True, help="Sees all customers, not only their own.")
def add(
    email: str, *, role: str, staff: str, name: str, own_hours: bool, all_customers: bool
) -> None:
    """Let EMAIL come to the desk, and print a link by which they set a password."""
    _require_a_desk()
    written, called = address(email), one_line(name)
    if problem := problem_of_address(written):
        raise click.ClickException(f"{email}: {problem}")
    plan = AccountPlan(
        written, called or written.partition("@")[0], role, staff, own_hours, all_customers
    )

    def work(session: Session) -> str:
        made = add_account(session, plan, now=now())
        return make_link(session, made, PASSWORD, now=now(), lasts=LASTS)

    with _worded(plan.email, staff):
        token = run_in_transaction(ready(), work)
    say(f"{plan.email} may come to the desk. By this link they set a password:", link(token))
    say(_GOOD_FOR)


@account.command("list")
def list_accounts() -> None:
    """List who may come to the desk."""
    with read_transaction(ready()) as session:
        rows = [_row(each) for each in all_accounts(session)]
    say(
        *(
            table(rows)
            if rows
            else [as_called("Nobody yet: flask booking account add EMAIL --role owner")]
        )
    )


@account.command()
@click.argument("email")
def reset(email: str) -> None:
    """Print a link by which EMAIL sets another password; until then nothing changes."""
    _require_a_desk()

    def work(session: Session) -> str:
        found = _found(session, email)
        record_link(session, found, now=now())
        return make_link(session, found, PASSWORD, now=now(), lasts=LASTS)

    say("By this link they set another password:", link(run_in_transaction(ready(), work)))
    say(f"{_GOOD_FOR} Until then the one of before stays good.")


@account.command()
@click.argument("email")
def remove(email: str) -> None:
    """Let EMAIL come to the desk no more; their sessions end at once."""

    def work(session: Session) -> None:
        remove_account(session, _found(session, email).id, now=now())

    with _worded(email):
        run_in_transaction(ready(), work)
    say(f"{email} comes to the desk no more.")


@account.command("sign-out")
@click.argument("email", required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody, at once.")
def sign_out(email: str | None, *, everybody: bool) -> None:
    """End the sessions of EMAIL at the desk, or of everybody."""
    if bool(email) == everybody:
        raise click.UsageError("Say whose sessions are to end: EMAIL, or --all.")

    def work(session: Session) -> int:
        chosen = [_found(session, email)] if email else all_accounts(session)
        return sum(_end_sessions(session, each) for each in chosen)

    say(f"Ended {run_in_transaction(ready(), work)} sessions at the desk.")


def _end_sessions(session: Session, one: Account) -> int:
    if ended := end_other_sessions(session, one.id):
        record_end(session, one, now=now())
    return ended


_GOOD_FOR = "It is good once, for two days."


def first_owner_lines(session: Session) -> list[str]:
    """Return what to tell of the way to the first account; nothing where there is one."""
    sidebook = current_sidebook()
    if not sidebook.desk_prefix or sidebook.who_is_there or has_accounts(session):
        return []
    token = make_link(session, None, FIRST_OWNER, now=now(), lasts=LASTS)
    return ["Nobody may come to the desk yet. Make your account there:", link(token), _GOOD_FOR]


def link(token: str) -> str:
    """Return the address of that link, in full where anybody has said how ours begin."""
    path, public = desk_path(token), current_sidebook().settings.public_url
    if public:
        return f"{public}{path}"
    return f"{path}  (below the address at which this is served, as http://localhost:5000)"


def desk_path(token: str) -> str:
    """Return the path of that link, below where the app is mounted."""
    return f"{current_sidebook().desk_prefix}/one-time-link/{token}"


def _require_a_desk() -> None:
    sidebook = current_sidebook()
    if not sidebook.desk_prefix:
        raise click.ClickException(
            "This app has no desk. Give it one: Sidebook(app, db, desk_prefix='/desk')."
        )
    if sidebook.who_is_there:
        raise click.ClickException(
            "The desk of this app knows people by the log-in of the app itself (owner=…), so it "
            "has no accounts of its own."
        )


def _found(session: Session, email: str) -> Account:
    found = account_of(session, address(email))
    if found is None:
        raise click.ClickException(f"{email} has no account. flask booking account list shows all.")
    return found


def _row(one: Account) -> tuple[str, ...]:
    return one.email, one.role, short(one.name), ", ".join(_marks(one))


def _marks(one: Account) -> Iterator[str]:
    if one.staff_member:
        yield f"works as {one.staff_member.slug}"
    elif one.role == STAFF:
        yield "their staff member is gone, so they cannot come in"
    if not one.password_hash:
        yield "no password yet"


@contextmanager
def _worded(email: str, staff: str = "") -> Iterator[None]:
    """Say in a line why something was refused."""
    words: dict[type[AccountRefused], str] = {
        AddressTaken: f"{email} has an account already. For another password: "
        f"flask booking account reset {email}",
        NameTooLong: f"The name is longer than {LONGEST_NAME} characters.",
        NobodyOfThatName: f"Nobody works under {staff}. Write a slug of the business file.",
        NeedsStaffMember: "Whoever has the role staff sees their own appointments: say whose by "
        "--staff SLUG.",
        LastOwner: f"{email} is the only owner: without one nobody could let others in. Add "
        "another first.",
    }
    try:
        yield
    except AccountRefused as error:
        raise click.ClickException(words[type(error)]) from error
