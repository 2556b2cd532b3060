"""What was done to appointments, customers and accounts, the newest first: by whom, from where."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import request, url_for
from sqlalchemy.orm import Session

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.owner import history_words
from booking.owner.access import OWNER, RECEPTION, current_person
from booking.owner.customers.history import customer_names
from booking.owner.customers.seen import address_of, called
from booking.owner.desk_route import desk_route
from booking.owner.forms import number_in
from booking.owner.rendering import render_page
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.history import About, Listed, newest_history
from booking.tab_sessions import read_transaction

from . import wording

A_PAGE = 50


class Row(NamedTuple):
    """A line of the list, and what it is about: its words, and its address if it has one."""

    line: wording.Line
    about: str
    url: str


class Part(NamedTuple):
    """A part of the history: what it is about, for whom, its endpoint and what is said of none."""

    about: About
    label: str
    roles: Sequence[str]
    endpoint: str
    none: str


PARTS = (
    Part(
        "booking",
        gettext_noop("Appointments"),
        (OWNER, RECEPTION),
        "history",
        gettext_noop(
            "Nothing was changed yet. What customers book by themselves is in the agenda."
        ),
    ),
    Part(
        "customer",
        gettext_noop("Customers"),
        (OWNER, RECEPTION),
        "history_of_customers",
        gettext_noop("No customer was merged, split, blocked or described yet."),
    ),
    Part(
        "account",
        gettext_noop("Who may come in"),
        (OWNER,),
        "history_of_accounts",
        gettext_noop("Nobody was let in yet, and nothing was changed of it."),
    ),
)


def history() -> str:
    """Show the newest of what happened to appointments, or what was before a named entry."""
    return _page(PARTS[0], _bookings)


def history_of_customers() -> str:
    """Show the same of customers."""
    return _page(PARTS[1], _customers)


def history_of_accounts() -> str:
    """Show the same of who may come in."""
    return _page(PARTS[2], _accounts)


Rows = Callable[[Session, Sequence[Listed], ZoneInfo], list[Row]]


def _page(part: Part, rows: Rows) -> str:
    number = number_in(request.args.get("before", ""))
    with read_transaction(current_sidebook().session) as session:
        found = newest_history(session, about=part.about, most=A_PAGE + 1, before=number)
        shown, is_more = found[:A_PAGE], len(found) > A_PAGE
        lines = rows(session, shown, reads.shop_zone(session))
    return render_page(
        "history",
        heading=_("History"),
        parts=_parts(part),
        rows=lines,
        empty=_(part.none),
        older=url_for(f".{part.endpoint}", before=shown[-1].entry.id) if is_more else "",
    )


def _parts(current: Part) -> list[dict[str, Any]]:
    """Return the parts that whoever looks may see."""
    role = current_person().role
    return [
        {
            "label": _(each.label),
            "url": url_for(f".{each.endpoint}"),
            "is_current": each is current,
        }
        for each in PARTS
        if role in each.roles and (each.about != "account" or not current_sidebook().who_is_there)
    ]


def _bookings(_session: Session, found: Sequence[Listed], zone: ZoneInfo) -> list[Row]:
    return [
        Row(
            wording.line_of(each.entry, zone),
            each.customer
            and _("%(service)s for %(name)s", service=each.service, name=each.customer),
            url_for(".booking", reference=each.reference) if each.reference else "",
        )
        for each in found
    ]


def _customers(session: Session, found: Sequence[Listed], zone: ZoneInfo) -> list[Row]:
    names = customer_names(session, [each.entry for each in found])
    return [
        Row(
            history_words.line_of(each.entry, zone, names),
            called(each.called, each.entry.customer_id) if each.entry.customer_id else "",
            address_of(each.entry.customer_id) if each.entry.customer_id else "",
        )
        for each in found
    ]


def _accounts(_session: Session, found: Sequence[Listed], zone: ZoneInfo) -> list[Row]:
    entries = [each.entry for each in found]
    return [
        Row(history_words.line_of_account(each, zone), each.details["name"], "") for each in entries
    ]


ROUTES = (
    desk_route("/history", history, roles=PARTS[0].roles, label=gettext_noop("History")),
    desk_route("/history/customers", history_of_customers, roles=PARTS[1].roles),
    desk_route("/history/accounts", history_of_accounts, roles=PARTS[2].roles, needs_accounts=True),
)
