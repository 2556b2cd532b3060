"""The list of letters: what went, what waits and what did not go; and sending that again."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import formats, gettext_noop, ngettext
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations.letter_retries import retry
from booking.owner import cookies
from booking.owner.access import OWNER, RECEPTION, current_person
from booking.owner.desk_route import desk_route
from booking.owner.forms import number_in, posted
from booking.owner.rendering import render_page
from booking.state import current_request, current_sidebook
from booking.storage.letter_reads import (
    LISTED_STATES,
    letters_before,
    letters_to_retry,
    standing_of_letters,
)
from booking.storage.reads import booking_by_reference, shop_zone
from booking.storage.turns import Pause, pause_of_letters
from booking.tab_sessions import read_transaction, run_in_transaction

from .lines import STATES, line_of

READERS = (OWNER, RECEPTION)
A_PAGE = 50
LATE = 15 * 60
"""Seconds: a deliverer that is there has tried by then what is due."""
SETTINGS = (
    ("BOOKING_MAIL_URL", "smtp://user:password@mail.example:587"),
    ("BOOKING_MAIL_FROM", "The Shop <shop@shop.example>"),
    ("BOOKING_PUBLIC_URL", "https://shop.example"),
)
"""What mail needs, as it is written."""
WHO_DELIVERS = {
    "thread": gettext_noop("Is the server running? Its log says what keeps it from sending."),
    "command": gettext_noop("Is flask booking deliver --watch running on the server?"),
}


class Asked(NamedTuple):
    """Which letters: of a state, about a booking (its reference), and before which number."""

    state: str
    about: str
    before: int | None

    def address(self, **other: object) -> str:
        """Return the address of these letters, with what is to be otherwise."""
        there = self._replace(**other)  # type: ignore[arg-type]
        query = {name: value for name, value in there._asdict().items() if value}
        return f"{cookies.root()}letters{'?' if query else ''}{urlencode(query)}"


def _asked() -> Asked:
    given = current_request().values
    state = given.get("state", "")
    return Asked(
        state if state in LISTED_STATES else "",
        given.get("about", "").strip().upper()[:20],
        number_in(given.get("before", "")),
    )


def letters() -> str | tuple[str, int]:
    """Show the letters that are asked for."""
    return page(notices=_notices())


def _notices() -> list[str]:
    number = number_in(current_request().args.get("due", ""))
    if number is None:
        return []
    if not number:
        return [_("There was nothing to send again.")]
    return [ngettext("A letter is due now.", "%(number)s letters are due now.", number)]


def page(**more: Any) -> str | tuple[str, int]:
    """Return the list with whatever else is to be said: `notices`, `alerts`, `errors`, `tried`."""
    asked, now = _asked(), utc_now()
    with read_transaction(current_sidebook().session) as session:
        booking = booking_by_reference(session, asked.about) if asked.about else None
        is_unknown = bool(asked.about) and booking is None
        number = booking.id if booking else None
        context = {} if is_unknown else _read(session, asked, number, now)
        zone = shop_zone(session)
        context |= _standing(session, now, zone)
    errors = dict(more.pop("errors", {}))
    if is_unknown:
        errors["about"] = _("No appointment has this reference.")
    rendered = _render(asked, context | more | {"errors": errors})
    return (rendered, HTTPStatus.UNPROCESSABLE_ENTITY) if is_unknown else rendered


def _read(session: Session, asked: Asked, booking_id: int | None, now: datetime) -> dict[str, Any]:
    found = letters_before(
        session, asked.before, most=A_PAGE + 1, state=asked.state, booking_id=booking_id
    )
    shown, zone = found[:A_PAGE], shop_zone(session)
    numbers = [each.letter.id for each in shown]
    retryable = {*letters_to_retry(session, numbers, now=int(now.timestamp()))}
    older = asked.address(before=numbers[-1]) if len(found) > A_PAGE else ""
    return {"lines": [line_of(each, zone, now, retryable) for each in shown], "older_url": older}


def _standing(session: Session, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """What is to be said of mail as a whole."""
    seconds = int(now.timestamp())
    standing = standing_of_letters(session, due_before=seconds - LATE)
    pause = pause_of_letters(session, now=seconds)
    has_mail = current_sidebook().settings.mail_url is not None
    is_stuck = bool(has_mail and standing.late and not pause)
    return {
        "failed": _failed(standing.refused, standing.again),
        "paused": _paused(pause, zone) if pause and has_mail else "",
        "pause_answer": pause.answer if pause else "",
        "stuck": _stuck(standing.late, standing.oldest or seconds, zone) if is_stuck else "",
    }


def _failed(refused: int, again: int) -> list[str]:
    said = []
    if refused:
        said.append(ngettext("A letter was refused.", "%(number)s letters were refused.", refused))
    if again:
        said.append(
            ngettext(
                "A letter is tried again by itself.",
                "%(number)s letters are tried again by themselves.",
                again,
            )
        )
    return said


def _paused(pause: Pause, zone: ZoneInfo) -> str:
    until = formats.format_time(datetime.fromtimestamp(pause.until, UTC), zone)
    return _("No letters leave until %(time)s: the mail server asked for a pause.", time=until)


def _stuck(number: int, oldest: int, zone: ZoneInfo) -> str:
    since = formats.format_moment(datetime.fromtimestamp(oldest, UTC), zone)
    said = ngettext(
        "A letter has been due since %(since)s, and nobody has tried to send it.",
        "%(number)s letters have been due since %(since)s, and nobody has tried to send them.",
        number,
        number=number,
        since=since,
    )
    return f"{said} {_(WHO_DELIVERS[current_sidebook().settings.delivery])}"


def _render(asked: Asked, context: dict[str, Any]) -> str:
    given: dict[str, Any] = {"lines": [], "older_url": "", "notices": [], "alerts": []}
    given |= {"tried": None, "address": "", **context}
    states = [(each, _(name), each == asked.state) for each, name in STATES.items()]
    return render_page(
        "letters",
        heading=_("Letters"),
        asked=asked,
        states=states,
        newest_url=asked.address(before=None),
        all_url=asked.address(state="", about="", before=None),
        way=way_out(),
        settings=SETTINGS,
        **given,
    )


def way_out() -> str:
    """Return by which way letters leave, as it may be shown; empty where none are sent."""
    settings = current_sidebook().settings
    server, sender = settings.mail_url, settings.mail_from
    if server is None or sender is None:
        return ""
    if server.folder:
        return _("Letters are not sent, but written into %(folder)s.", folder=server.folder)
    if server.kind == "log":
        return _("Letters are not sent: of each a line is written into the server's log.")
    return _(
        "Letters leave by %(server)s, from %(sender)s.", server=server.host, sender=sender.address
    )


def try_again() -> Response:
    """Let the letters that are named be due now, or all that failed, and go back to the list."""
    numbers = None
    if "number" in current_request().form:
        numbers = [found for found in [number_in(posted("number"))] if found is not None]
    done: dict[str, Any] = {"actor": current_person().name, "now": utc_now()}
    sent = run_in_transaction(
        current_sidebook().session, lambda session: retry(session, numbers, **done)
    )
    back = _asked().address()
    return redirect(f"{back}{'&' if '?' in back else '?'}due={len(sent)}", HTTPStatus.SEE_OTHER)


ROUTES: tuple[Any, ...] = (
    desk_route("/letters", letters, roles=READERS, label=gettext_noop("Letters")),
    desk_route("/letters/tries", try_again, roles=READERS, methods=("POST",)),
)
