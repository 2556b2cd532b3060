"""Times that somebody is just booking: which they are, and letting go of one, openly."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.operations.owners import let_go
from booking.owner.access import OWNER, RECEPTION
from booking.owner.desk_route import desk_route
from booking.owner.rendering import render_page
from booking.state import current_sidebook
from booking.storage.catalogue import Catalogue, read_catalogue
from booking.storage.holds import HoldFilter, live_holds
from booking.storage.models import Hold
from booking.tab_sessions import read_transaction, run_in_transaction

from . import kept

ROLES = (OWNER, RECEPTION)
GONE = gettext_noop("That time is not held any more. It may be booked by now: look at the agenda.")


def holds() -> str:
    """Show the times that are held while somebody books them."""
    return _page()


def release_hold(number: int) -> Response | tuple[str, int]:
    """Let go of that time; whoever was booking it may choose again, like anybody else."""
    actor, now = kept.actor(), kept.now()

    def work(session: Session) -> bool:
        return bool(let_go(session, HoldFilter(numbers=[number]), actor=actor, now=now))

    if run_in_transaction(current_sidebook().session, work):
        return redirect(url_for(".holds"), 303)
    return _page(alerts=(_(GONE),)), 409


def _page(alerts: tuple[str, ...] = ()) -> str:
    with read_transaction(current_sidebook().session) as session:
        catalogue = read_catalogue(session)
        live = live_holds(session, HoldFilter(), now=kept.now())
        in_order = sorted(live, key=lambda held: (held.starts_at, held.id))
        rows = [_row(held, catalogue, catalogue.zone) for held in in_order]
    return render_page("holds", heading=_("Held times"), rows=rows, alerts=alerts)


def _row(held: Hold, catalogue: Catalogue, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "number": held.id,
        "time": formats.format_span(held.starts_at, held.ends_at, zone),
        "service": catalogue.every_service[held.service_id].name,
        "staff": catalogue.staff[held.staff_member_id].name,
        "until": formats.format_time(held.expires, zone),
        "url": url_for(".release_hold", number=held.id),
    }


ROUTES = (
    desk_route("/holds", holds, roles=ROLES, label=gettext_noop("Held times")),
    desk_route("/holds/<int:number>/release", release_hold, roles=ROLES, methods=("POST",)),
)
