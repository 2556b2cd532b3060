"""What can be taken along: all customers as a spreadsheet, and all that is stored about one."""

from flask import Response

from booking.contact.stored import STATES, as_json, as_text
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations import erasure
from booking.operations.customer_export import Document, stored_about
from booking.owner.desk_route import desk_route
from booking.spreadsheet import MEDIA_TYPE, csv_lines
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.customers import bookings_of
from booking.tab_sessions import read_transaction
from booking.web.customer_rows import customer_rows

from .seen import WHOLE, seen_customer


def customers_csv() -> Response:
    """Answer all customers, a line each."""
    with read_transaction(current_sidebook().session) as session:
        # Whole before it is sent, so that no transaction waits for whoever reads slowly; and a few
        # times smaller than the lines, each a text of its own.
        content = bytearray()
        for line in csv_lines(customer_rows(session)):
            content += line.encode()
    return _download(bytes(content), MEDIA_TYPE, "customers.csv")


def customer_json(number: int) -> Response:
    """Answer all that is stored about this customer, for machines."""
    text = as_json(_document(number))
    return _download(text, "application/json", f"customer-{number}.json")


def customer_text(number: int) -> Response:
    """Answer all that is stored about this customer, for people."""
    text = as_text(_document(number))
    return _download(text, "text/plain; charset=utf-8", f"customer-{number}.txt")


def customer_csv(number: int) -> Response:
    """Answer the appointments of this customer, a line each."""
    with read_transaction(current_sidebook().session) as session:
        zone, now = reads.shop_zone(session), utc_now()
        numbers = [row.id for row in seen_customer(session, number)]
        titles = [
            *(_("Reference"), _("Begins"), _("Service"), _("With"), _("State"), _("Name")),
            *(_("E-mail"), _("Phone"), _("Note")),
        ]
        rows = [
            [
                *(each.reference, f"{each.starts_at.astimezone(zone):%Y-%m-%d %H:%M}"),
                *(each.service.name, each.staff_member.name, _(STATES[each.state_at(now)])),
                *(each.customer_name, each.customer_email, each.customer_phone),
                each.customer_note,
            ]
            for each in bookings_of(session, numbers)
        ]
    return _download("".join(csv_lines([titles, *rows])), MEDIA_TYPE, f"customer-{number}.csv")


def _document(number: int) -> Document:
    with read_transaction(current_sidebook().session) as session:
        seen_customer(session, number)
        whose = erasure.whose_of_customer(session, number)
        hashed = current_sidebook().links.hashed_addresses
        return stored_about(session, whose, now=utc_now(), hashed=hashed)


def _download(text: str | bytes, media_type: str, name: str) -> Response:
    answer = Response(text, content_type=media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


ROUTES = (
    desk_route("/customers/customers.csv", customers_csv, roles=WHOLE),
    desk_route("/customers/<int:number>/stored.json", customer_json, roles=WHOLE),
    desk_route("/customers/<int:number>/stored.txt", customer_text, roles=WHOLE),
    desk_route("/customers/<int:number>/appointments.csv", customer_csv, roles=WHOLE),
)
