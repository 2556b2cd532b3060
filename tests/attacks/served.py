"""What gunicorn serves to be attacked: the app itself, with its guard or without it.

The guard is taken away here and nowhere else, to show that the attacks would find the damage. What
is left is what many booking systems do: the calendar was looked at, and is believed.
"""

import os
import secrets
from datetime import UTC, datetime

from flask import Flask, current_app, request

from booking import create_app as make
from booking.customer.wizard.state import slot_start
from booking.operations import allocation, bookings
from booking.operations.bookings import reschedule
from booking.operations.requests import SlotUnavailable
from booking.storage import claims, reads, snapshot
from booking.tab_sessions import TabSession, run_in_transaction


def create_app() -> Flask:
    if os.environ["GUARD"] == "off":
        take_the_guard_away()
    app = make()
    app.add_url_rule("/reschedule", view_func=move, methods=["POST"])
    return app


def move() -> tuple[str, int]:
    """Customers have no page for this yet; the operation is attacked all the same."""
    form, start = request.form, slot_start(request.form["slot"])

    def work(session):
        booking = reads.booking_by_reference(session, form["reference"])
        staff = [reads.staff_by_slug(session, form["staff"])]
        reschedule(session, booking, staff=staff, start=start, now=datetime.now(UTC))

    try:
        run_in_transaction(current_app.extensions["booking"].session, work)
    except SlotUnavailable:
        return "taken", 409
    return "moved", 200


def take_the_guard_away() -> None:
    guarded, book = claims._statement, bookings.book
    claims._statement = lambda rows, mark: guarded(rows, mark).replace("WHERE", "WHERE 1 = 1 OR")
    allocation.has_booking_within = lambda *_given, **_named: False
    snapshot._taken = lambda _session, staff, *_: ({one.id: [] for one in staff}, frozenset())
    # Nor does a draft remember that it was confirmed, neither in its tab nor by its key.
    TabSession.complete = lambda tab, result: None
    bookings.book = lambda session, **given: book(session, **given | fresh())


def fresh() -> dict[str, object]:
    return {"idempotency_key": secrets.token_hex(8), "manage_token_hash": secrets.token_bytes(32)}
