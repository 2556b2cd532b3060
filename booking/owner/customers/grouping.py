"""Say who is one customer: merge two, part them again, split off some appointments."""

from http import HTTPStatus
from typing import Any

from flask import redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.now import utc_now
from booking.operations import customers
from booking.operations.customers import NoSuchCustomer, NothingToSplit
from booking.owner.desk_route import desk_route
from booking.owner.forms import number_in, posted, posted_each, posted_line
from booking.owner.rendering import render_page
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.customer_reads import alike, find_customers
from booking.storage.customers import CustomerRow, bookings_of
from booking.tab_sessions import read_transaction, run_in_transaction

from .one import appointment, who_and_when
from .seen import WHOLE, address_of, called, lines_of, seen_customer

MOST_FOUND = 20
CHOOSE_ONE = gettext_noop("Choose who is the same customer, or look for somebody else.")
CHOOSE_SOME = gettext_noop(
    "Choose some of the appointments, and leave at least one: else nobody would be split off."
)
IS_GONE = gettext_noop("That customer is not there any more. Choose another.")


def who_is_the_same(number: int) -> str:
    """Show who shares an address, a number or the name with this customer."""
    with read_transaction(current_sidebook().session) as session:
        return _merging(session, seen_customer(session, number))


def merge_customer(number: int) -> Response | str | tuple[str, int]:
    """Let whoever was chosen be one with this customer; or look for who is meant."""
    text, other = posted_line("q"), number_in(posted("other"))
    if text or other is None:
        error = {} if text else {"other": _(CHOOSE_ONE)}
        with read_transaction(current_sidebook().session) as session:
            page = _merging(session, seen_customer(session, number), text=text, errors=error)
        return (page, HTTPStatus.UNPROCESSABLE_ENTITY) if error else page
    try:
        run_in_transaction(
            current_sidebook().session,
            lambda session: customers.merge(session, number, [other], **who_and_when()),
        )
    except NoSuchCustomer:
        with read_transaction(current_sidebook().session) as session:
            rows = seen_customer(session, number)
            page = _merging(session, rows, errors={"other": _(IS_GONE)})
        return page, HTTPStatus.CONFLICT
    return redirect(address_of(number), HTTPStatus.SEE_OTHER)


def part_customer(number: int, part: int) -> Response:
    """Let somebody who was merged into this customer be one of their own again."""

    def work(session: Session) -> int:
        rows = seen_customer(session, number)
        if part in {row.id for row in rows[1:]}:
            customers.part(session, part, **who_and_when())
            return part
        return rows[0].id  # somebody else was faster

    shown = run_in_transaction(current_sidebook().session, work, idempotent=True)
    return redirect(address_of(shown), HTTPStatus.SEE_OTHER)


def what_to_split(number: int) -> str:
    """Show the appointments of this customer, to choose those of somebody else."""
    with read_transaction(current_sidebook().session) as session:
        return _splitting(session, seen_customer(session, number))


def split_customer(number: int) -> Response | tuple[str, int]:
    """Make another customer of the appointments that were chosen."""
    chosen = {*posted_each("booking")}

    def work(session: Session) -> int:
        rows = seen_customer(session, number)
        picked = bookings_of(session, [row.id for row in rows], references=chosen)
        return customers.split(session, picked, **who_and_when())

    try:
        made = run_in_transaction(current_sidebook().session, work)
    except (NothingToSplit, NoSuchCustomer):
        with read_transaction(current_sidebook().session) as session:
            rows = seen_customer(session, number)
            errors = {"booking": _(CHOOSE_SOME)}
            page = _splitting(session, rows, chosen=chosen, errors=errors)
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(address_of(made), HTTPStatus.SEE_OTHER)


def _merging(
    session: Session, rows: list[CustomerRow], *, text: str = "", errors: Any = None
) -> str:
    own = {row.id for row in rows}
    found = (
        find_customers(session, text, most=MOST_FOUND + 1)
        if text
        else alike(session, rows, most=MOST_FOUND)
    )
    others = [each for each in found if each.id not in own]
    name = called(rows[0].name, rows[0].id)
    return render_page(
        "customer_merge",
        heading=_("Who is the same as %(name)s?", name=name),
        who=name,
        number=rows[0].id,
        customers=lines_of(session, others[:MOST_FOUND], reads.shop_zone(session)),
        text=text,
        errors=errors or {},
        alerts=[],
    )


def _splitting(
    session: Session, rows: list[CustomerRow], *, chosen: Any = (), errors: Any = None
) -> str:
    found = bookings_of(session, [row.id for row in rows])
    zone, now = reads.shop_zone(session), utc_now()
    return render_page(
        "customer_split",
        heading=_("Split %(name)s", name=called(rows[0].name, rows[0].id)),
        number=rows[0].id,
        appointments=[appointment(each, zone, now) for each in found],
        chosen=chosen,
        errors=errors or {},
        alerts=[],
    )


_ONE = "/customers/<int:number>"
ROUTES = (
    desk_route(f"{_ONE}/merge", who_is_the_same, roles=WHOLE),
    desk_route(f"{_ONE}/merge", merge_customer, roles=WHOLE, methods=("POST",)),
    desk_route(
        f"{_ONE}/parts/<int:part>/separation", part_customer, roles=WHOLE, methods=("POST",)
    ),
    desk_route(f"{_ONE}/split", what_to_split, roles=WHOLE),
    desk_route(f"{_ONE}/split", split_customer, roles=WHOLE, methods=("POST",)),
)
