"""Erase a customer: what it would touch is shown first, and the name is typed to confirm it."""

from http import HTTPStatus
from typing import Any

from flask import redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.characters import folded
from booking.contact.stored import touched_in_words
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations import erasure
from booking.operations.erasure import HasComingBookings
from booking.owner.access import current_person
from booking.owner.desk_route import desk_route
from booking.owner.forms import posted_line
from booking.owner.rendering import render_page
from booking.state import current_sidebook
from booking.storage import reads
from booking.tab_sessions import read_transaction, run_in_transaction

from .one import appointment
from .seen import WHOLE, called, seen_customer


def what_would_go(number: int) -> str:
    """Show what erasing this customer touches; what is to come has to be cancelled first."""
    with read_transaction(current_sidebook().session) as session:
        return _page(session, number)


def erase_customer(number: int) -> Response | tuple[str, int]:
    """Erase this customer, if the name was typed."""
    typed = posted_line("confirm")

    def work(session: Session) -> dict[str, str]:
        head = seen_customer(session, number)[0]
        if folded(typed) != folded(called(head.name, head.id)):
            return {"confirm": _("Type the name as it stands there.")}
        whose = erasure.whose_of_customer(session, number)
        actor = current_person().name
        erasure.erase(session, whose, now=utc_now(), hashed=_hashed(), actor=actor)
        return {}

    try:
        errors = run_in_transaction(current_sidebook().session, work)
    except HasComingBookings:
        return _again(number, HTTPStatus.CONFLICT, typed, {})
    if errors:
        return _again(number, HTTPStatus.UNPROCESSABLE_ENTITY, typed, errors)
    return redirect(url_for(".customers"), HTTPStatus.SEE_OTHER)


def _again(number: int, status: int, typed: str, errors: dict[str, str]) -> tuple[str, int]:
    with read_transaction(current_sidebook().session) as session:
        return _page(session, number, typed=typed, errors=errors), status


def _page(session: Session, number: int, *, typed: str = "", errors: Any = None) -> str:
    head, zone, now = seen_customer(session, number)[0], reads.shop_zone(session), utc_now()
    whose = erasure.whose_of_customer(session, number)
    counted = dict(erasure.touched(session, whose, _hashed()))
    name = called(head.name, head.id)
    return render_page(
        "customer_erase",
        heading=_("Erase %(name)s", name=name),
        who=name,
        number=head.id,
        names=whose.names,
        touched=touched_in_words(counted),
        coming=[appointment(each, zone, now) for each in erasure.coming(whose, now)],
        typed=typed,
        errors=errors or {},
        alerts=[],
    )


def _hashed() -> erasure.Hashed:
    return current_sidebook().links.hashed_addresses


ROUTES = (
    desk_route("/customers/<int:number>/erasure", what_would_go, roles=WHOLE),
    desk_route("/customers/<int:number>/erasure", erase_customer, roles=WHOLE, methods=("POST",)),
)
