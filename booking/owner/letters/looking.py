"""What one letter says: one that was written, or one of each kind as an example."""

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from flask import abort
from sqlalchemy.orm import Session

from booking.i18n import gettext as _
from booking.notifications.handlers import log_failure
from booking.notifications.letters import compose
from booking.notifications.trying_out import plain_text, preview
from booking.now import utc_now
from booking.operations.plan import LETTERS
from booking.owner import cookies
from booking.owner.desk_route import desk_route
from booking.owner.rendering import render_page
from booking.state import current_request, current_sidebook
from booking.storage.letter_reads import letter_numbered, letters_to_retry
from booking.storage.outbox import Letter
from booking.storage.reads import shop_zone
from booking.tab_sessions import DATABASE_FAILURES, read_transaction

from .lines import TO_WHOM, line_of, moment, name_of
from .pages import READERS


def letter(number: int) -> str:
    """Show all that is known of that letter, and what it says."""
    now = utc_now()
    with read_transaction(current_sidebook().session) as session:
        listed = letter_numbered(session, number)
        if listed is None:
            abort(404)
        one, zone = listed.letter, shop_zone(session)
        retryable = letters_to_retry(session, [one.id], now=int(now.timestamp()))
        line = line_of(listed, zone, now, retryable)
        moments = {
            _("Written"): one.created_at,
            _("Due"): one.due_at,
            _("At the latest"): one.last_moment,
            _("Ended"): one.ended_at,
        }
        times = [(name, moment(at, zone)) for name, at in moments.items() if at is not None]
        said = _said(session, one)
    return render_page("letter", heading=line.what, line=line, times=times, **said)


def _said(session: Session, one: Letter) -> dict[str, Any]:
    """Its subject and its text, without its links: they are for whoever got it, and nobody else."""
    page = current_sidebook().links.address
    message = _made(session, one, page) if one.role != "host" else None
    if message is None:
        return {"subject": "", "text": ""}
    text = plain_text(message)
    shown = re.sub(rf"{re.escape(page)}\S*", f"{page}…", text) if page else text
    return {"subject": str(message["Subject"]), "text": shown}


def _made(session: Session, one: Letter, page: str) -> EmailMessage | None:
    due = datetime.fromtimestamp(one.due_at, UTC)
    try:
        return compose(session, one, now=due, manage_url=lambda _session, _booking: page)
    except DATABASE_FAILURES:
        raise
    except Exception as error:  # noqa: BLE001 - a host's template may do anything
        log_failure(f"A letter ({one.kind}) could not be made", error)
        return None


def letter_preview() -> str:
    """Show what a letter of each kind would say, in the shop's words."""
    kind = current_request().args.get("kind", "")
    kind = kind if kind in LETTERS else LETTERS[0]
    with read_transaction(current_sidebook().session) as session:
        message = preview(session, kind, now=utc_now())
    return render_page(
        "letter_preview",
        heading=_("How letters look"),
        kinds=[(each, _named(each), each == kind) for each in LETTERS],
        subject=str(message["Subject"]) if message else "",
        text=plain_text(message) if message else "",
        letters_url=f"{cookies.root()}letters",
    )


def _named(name: str) -> str:
    """Return what a letter is called, and to whom it goes."""
    role, _under, kind = name.partition("_")
    if role not in ("staff", "shop"):
        role, kind = "customer", name
    return _("%(whom)s: %(letter)s", whom=_(TO_WHOM[role]), letter=name_of(kind))


ROUTES = (
    desk_route("/letters/preview", letter_preview, roles=READERS),
    desk_route("/letters/<int:number>", letter, roles=READERS),
)
