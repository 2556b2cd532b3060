"""The list of customers, a page at a time by name, and whom a search finds."""

from http import HTTPStatus
from typing import Any

from flask import url_for

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.owner.access import EVERYBODY, current_person
from booking.owner.desk_route import desk_route
from booking.owner.forms import number_in, posted_line
from booking.owner.rendering import render_page
from booking.state import current_request, current_sidebook
from booking.storage import reads
from booking.storage.customer_reads import find_customers, page_of
from booking.storage.customers import customer_row
from booking.storage.search import says_enough
from booking.tab_sessions import read_transaction

from .seen import WHOLE, Line, lines_of, only_staff

A_PAGE = 50
TOO_LITTLE = gettext_noop(
    "Type two letters of a name or an e-mail, three digits of a phone number, or a whole reference."
)


def customers() -> str:
    """Show a page of customers by name; `after` is the number of the last one before it."""
    after = number_in(current_request().args.get("after", ""))
    with read_transaction(current_sidebook().session) as session:
        last = customer_row(session, after) if after else None
        listed = page_of(
            session, after=last, staff_slug=only_staff(current_person()), most=A_PAGE + 1
        )
        lines = lines_of(session, listed[:A_PAGE], reads.shop_zone(session))
    more = url_for(".customers", after=lines[-1].number) if len(listed) > A_PAGE else ""
    first = url_for(".customers") if last else ""
    return _page(lines, more_url=more, first_url=first)


def find_customer() -> str | tuple[str, int]:
    """Show whom the typed text may mean; sent by POST, so that no address has a name in it."""
    text = posted_line("q")
    if not says_enough(text):
        page = _page([], text=text, errors={"q": _(TOO_LITTLE)})
        return page, HTTPStatus.UNPROCESSABLE_ENTITY
    slug = only_staff(current_person())
    with read_transaction(current_sidebook().session) as session:
        listed = find_customers(session, text, staff_slug=slug, most=A_PAGE + 1)
        lines = lines_of(session, listed[:A_PAGE], reads.shop_zone(session))
    has_more = len(listed) > A_PAGE
    return _page(lines, text=text, has_more=has_more, first_url=url_for(".customers"))


def _page(lines: list[Line], *, text: str = "", errors: Any = None, **more: Any) -> str:
    given = {"more_url": "", "first_url": "", "has_more": False} | more
    return render_page(
        "customers",
        heading=_("Customers"),
        customers=lines,
        text=text,
        errors=errors or {},
        may_export=current_person().role in WHOLE,
        **given,
    )


ROUTES = (
    desk_route("/customers", customers, roles=EVERYBODY, label=gettext_noop("Customers")),
    desk_route("/customers", find_customer, roles=EVERYBODY, methods=("POST",)),
)
