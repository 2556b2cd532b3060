"""The last step: the booking itself, read from the database by the reference that is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from booking.storage import reads
from booking.tab_sessions import TabSession, TabSessionGone

from . import confirmed, links, steps
from .rendering import render
from .shop import open_shop

HEADING = "Your appointment is confirmed"
CANCELLED = "Your appointment was cancelled"


def done(tab: TabSession, *, alerts: Sequence[str] = (), notices: Sequence[str] = ()) -> str:
    """The confirmation. Raises TabSessionGone when the booking has left the database."""
    booking = reads.booking_by_reference(tab.session, tab.result or "")
    if booking is None:
        raise TabSessionGone("completed")
    shop = open_shop(tab.session)
    token = links.manage_token(tab, booking.draft)
    return render(
        "_done.html",
        shop,
        step="done",
        heading=CANCELLED if booking.state == "cancelled" else HEADING,
        progress=_all_done(),
        alerts=list(alerts),
        notices=list(notices),
        errors={},
        form_url=None,
        back=None,
        hold=None,
        booking=confirmed.appointment(booking, shop),
        state=booking.state,
        new_url=links.root(),
        new_fragment_url=links.address("form"),
        **confirmed.manage_links(token),
    )


def _all_done() -> list[dict[str, Any]]:
    labels = [(step, label) for step, label in steps.LABELS.items() if step != "done"]
    no_link = {"url": None, "fragment_url": None}
    return [{"step": step, "label": label, "state": "done", **no_link} for step, label in labels]
