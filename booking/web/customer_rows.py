"""All customers as the rows of a spreadsheet: the same from the desk and from the shell."""

from collections.abc import Iterator
from itertools import islice

from sqlalchemy.orm import Session

from booking.i18n import gettext as _
from booking.storage import reads
from booking.storage.customer_reads import contacts_of
from booking.storage.customers import all_customers

_AT_A_TIME = 500


def customer_rows(session: Session) -> Iterator[list[str]]:
    """Yield the titles and a row for each customer; of no more than a part of them at a time."""
    zone, everybody = reads.shop_zone(session), all_customers(session)
    yield _titles()
    while part := [*islice(everybody, _AT_A_TIME)]:
        contacts = contacts_of(session, [each.id for each in part])
        for each in part:
            contact = contacts.get(each.id)
            last = contact.starts_at.astimezone(zone) if contact else None
            yield [
                *(str(each.id), each.name),
                *((contact.email, contact.phone) if contact else ("", "")),
                *(str(each.figures.bookings), str(each.figures.no_shows)),
                f"{last:%Y-%m-%d %H:%M}" if last else "",
                _("yes") if each.blocked_at else "",
            ]


def _titles() -> list[str]:
    return [
        *(_("Customer"), _("Name"), _("E-mail"), _("Phone"), _("Appointments"), _("No-shows")),
        *(_("Last appointment"), _("Not to book online")),
    ]
