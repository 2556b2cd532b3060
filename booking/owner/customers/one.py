"""One customer's page: who it is, what the desk notes, the appointments; and the block."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations import customers
from booking.owner import cookies
from booking.owner.access import EVERYBODY, current_person
from booking.owner.agenda.entries import STATE_WORDS, WAITS_FOR_MAIL
from booking.owner.bookings.wording import Line
from booking.owner.desk_route import desk_route
from booking.owner.forms import is_posted, posted
from booking.owner.rendering import render_page
from booking.owner.shop_fields import (
    WAS,
    Merged,
    Values,
    filled_in,
    marks_of,
    merge,
)
from booking.owner.shop_words import written_meanwhile
from booking.state import current_request, current_sidebook
from booking.storage import reads
from booking.storage.customers import CustomerRow, figures_of, page_of_bookings
from booking.storage.history import notes_of_several
from booking.storage.models import Booking
from booking.tab_sessions import read_transaction, run_in_transaction

from . import details
from .history import history_lines
from .seen import WHOLE, address_of, called, only_staff, seen_customer

A_PAGE = 50
LEFT = gettext_noop(
    "Somebody parted or erased whom you wrote about meanwhile, so this is not saved: %(note)s"
)


class Appointment(NamedTuple):
    """A line of a customer's page."""

    reference: str
    url: str
    when: str
    service: str
    staff: str
    state: str
    typed: str
    is_cancelled: bool


class AboutOne(NamedTuple):
    """A note about one of the appointments."""

    text: str
    author: str
    when: str


class Part(NamedTuple):
    """Somebody who was merged into the customer."""

    name: str
    url: str


def customer_page(number: int) -> str | Response:
    """Show that customer; `before` is the reference of the last appointment on the page before."""
    with read_transaction(current_sidebook().session) as session:
        rows = seen_customer(session, number)
        if rows[0].id != number:
            return redirect(address_of(rows[0].id), HTTPStatus.SEE_OTHER)
        return _page(session, rows, number)


def change_customer(number: int) -> Response | tuple[str, int]:
    """Write down what the desk calls the customer, and its notes, or show what others wrote."""
    with read_transaction(current_sidebook().session) as session:
        rows = seen_customer(session, number)
        seen = details.details_of(rows, number)
        typed, left = details.typed_into(seen), details.typed_of_others(seen)
        merged = merge(typed, posted(WAS), seen)
        if merged.changed or merged.taken_over or left:
            return _page(session, rows, number, merged=merged, left=left), HTTPStatus.CONFLICT
        if errors := details.errors_in(typed):
            page = _page(session, rows, number, merged=Merged(typed, {}, []), errors=errors)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
    if run_in_transaction(current_sidebook().session, partial(_describe, number, typed, seen)):
        return _back(number)
    return change_customer(number)  # somebody wrote between the two: now it is seen, and said


def _describe(number: int, typed: Values, seen: Values, session: Session) -> bool:
    """Write it down where the customer still is described as it was seen; return whether it is."""
    rows = seen_customer(session, number, lock=True)
    if details.details_of(rows, number) != seen:
        return False
    notes = details.notes_in(typed, rows, number)
    name, note = typed["name"], notes.pop(number)
    customers.describe(session, number, name=name, note=note, notes=notes, **who_and_when())
    return True


def block_customer(number: int) -> Response:
    """Let the customer book by the web no more, or again, as the button says."""

    def work(session: Session) -> None:
        head = seen_customer(session, number)[0]
        if is_posted("blocked"):
            customers.block(session, head.id, **who_and_when())
        else:
            customers.unblock(session, head.id, **who_and_when())

    run_in_transaction(current_sidebook().session, work)
    return _back(number)


def who_and_when() -> dict[str, Any]:
    """Return who does it now, for the history."""
    return {"actor": current_person().name, "now": utc_now()}


def _back(number: int) -> Response:
    return redirect(address_of(number), HTTPStatus.SEE_OTHER)


def _page(
    session: Session,
    rows: list[CustomerRow],
    number: int,
    *,
    merged: Merged | None = None,
    left: Iterable[str] = (),
    errors: Mapping[str, str] = MappingProxyType({}),
) -> str:
    head, zone, now = rows[0], reads.shop_zone(session), utc_now()
    slug = only_staff(current_person())
    found = _bookings(session, [row.id for row in rows], slug)
    seen = found[:A_PAGE]
    last = found[A_PAGE - 1].reference if len(found) > A_PAGE else ""
    stored, fields = details.details_of(rows, number), details.fields_of(rows, number)
    shown = merged or Merged(stored, {}, [])
    return render_page(
        "customer",
        fields=filled_in(fields, shown.values, errors, shown.changed),
        errors=errors,
        was=marks_of(stored),
        heading=called(head.name, head.id),
        number=head.id,
        form_url=url_for(".change_customer", number=number),
        figures=figures_of(session, [head.id], staff_slug=slug).get(head.id),
        contacts=_contacts(seen),
        appointments=[appointment(each, zone, now) for each in seen],
        notes=_notes(session, seen, zone),
        more_url=url_for(".customer_page", number=head.id, before=last) if last else "",
        parts=[Part(row.name, _separation(head.id, row.id)) for row in rows[1:]],
        is_blocked=any(row.blocked_at for row in rows),
        history=_history(session, rows, zone),
        may_change=current_person().role in WHOLE,
        alerts=[
            *(_(LEFT, note=note) for note in left),
            *written_meanwhile(shown, {one.name: one.label for one in fields}),
        ],
    )


def _bookings(session: Session, numbers: list[int], slug: str) -> list[Booking]:
    before = current_request().args.get("before", "")
    last = reads.booking_by_reference(session, before) if before else None
    after = (last.starts_at, last.id) if last and last.customer_id in numbers else None
    most = A_PAGE + 1
    return list(page_of_bookings(session, numbers, after=after, most=most, staff_slug=slug))


def _contacts(seen: list[Booking]) -> list[str]:
    typed = [text for each in seen for text in (each.customer_email, each.customer_phone) if text]
    return list(dict.fromkeys(typed))


def _notes(session: Session, seen: list[Booking], zone: ZoneInfo) -> list[AboutOne]:
    """What the shop noted about these appointments."""
    found = notes_of_several(session, [each.id for each in seen], most=A_PAGE)
    return [
        AboutOne(each.text, each.author, formats.format_moment(each.moment, zone)) for each in found
    ]


def _history(session: Session, rows: list[CustomerRow], zone: ZoneInfo) -> list[Line]:
    """What was done to the customer, for whoever may do it."""
    is_theirs = current_person().role in WHOLE
    return history_lines(session, [row.id for row in rows], zone) if is_theirs else []


def _separation(number: int, part: int) -> str:
    return url_for(".part_customer", number=number, part=part)


def appointment(booking: Booking, zone: ZoneInfo, now: datetime) -> Appointment:
    """Return an appointment as the page of its customer shows it."""
    state = booking.state_at(now)
    words = STATE_WORDS[state]
    if state == "pending" and booking.pending_for == "mail":
        words = WAITS_FOR_MAIL
    return Appointment(
        booking.reference,
        f"{cookies.root()}bookings/{booking.reference}",
        formats.format_moment(booking.starts_at, zone),
        booking.service.name,
        booking.staff_member.name,
        _(words) if words else "",
        booking.customer_name,
        state == "cancelled",
    )


_ONE = "/customers/<int:number>"
ROUTES = (
    desk_route(_ONE, customer_page, roles=EVERYBODY),
    desk_route(f"{_ONE}/details", change_customer, roles=EVERYBODY, methods=("POST",)),
    desk_route(f"{_ONE}/block", block_customer, roles=WHOLE, methods=("POST",)),
)
