"""Words for what could not be done: one page per reason, with whatever had been typed."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.exceptions import HTTPException, InternalServerError

from booking.contact import forms
from booking.i18n import gettext as _
from booking.operations.errors import Limit
from booking.state import current_sidebook
from booking.storage.base import OlderTables
from booking.tab_sessions import (
    DATABASE_FAILURES,
    CrossSite,
    CutShort,
    DraftTooLarge,
    MissingTables,
    MissingTabSession,
    TabSessionBusy,
    TabSessionGone,
    TooLarge,
    TooManyTabs,
    TooSlow,
    is_temporarily_unavailable,
    read_transaction,
    read_whole,
)
from booking.transactions.errors import is_missing_table
from booking.web import urls
from booking.web.headers import is_answered_by_us
from booking.web.outage_log import log_not_set_up, log_refusal
from booking.web.rendering import render
from booking.web.shop import get_shop, placeholder_shop

from .appointment.manage import LongOver
from .wizard.countdown import NO_HOLD
from .wizard.sentences import TOO_MUCH

Answer = tuple[str, int]
ENOUGH = "Not another one today"
OVER = "This booking is over"
HEADING = "That did not work"
GONE = {
    "expired": "Nothing was done here for a long time, so your answers were erased.",
    "completed": "The appointment in this tab is confirmed, so its answers can no longer change.",
    "revoked": "This booking was ended, so its answers were erased.",
    "ended": "This booking was ended, so its answers were erased.",
}
CARRIED_ON = frozenset({"service", "staff", "slot", "zone"})
MOST_REPEATED = 200  # fields; nobody asks so much, and a page of thousands is work for nothing
MOST_READ = 256 * 1024  # bytes


def register_error_handlers(blueprint: Blueprint) -> None:
    """Answer everything that goes wrong below the blueprint's prefix in our own words."""
    blueprint.register_error_handler(MissingTabSession, missing)
    blueprint.register_error_handler(CrossSite, cross_site)
    blueprint.register_error_handler(TooLarge, too_large)
    blueprint.register_error_handler(DraftTooLarge, draft_too_large)
    for incomplete in (CutShort, TooSlow):
        blueprint.register_error_handler(incomplete, not_whole)
    blueprint.register_error_handler(TabSessionGone, gone)
    blueprint.register_error_handler(LongOver, long_over)
    blueprint.register_error_handler(TooManyTabs, too_many)
    blueprint.register_error_handler(TabSessionBusy, busy)
    blueprint.register_error_handler(OlderTables, not_set_up)
    blueprint.register_error_handler(MissingTables, lambda error: not_set_up(error.__cause__))
    for failure in DATABASE_FAILURES:
        blueprint.register_error_handler(failure, failed)
    blueprint.register_error_handler(404, not_found)
    blueprint.register_error_handler(InternalServerError, unexpected)
    blueprint.register_error_handler(HTTPException, other)


def missing(_error: MissingTabSession) -> Answer:
    """400: the request names no tab, so it was not the script that sent it."""
    # Of two scripts one came; the other was asked for in vain, or is broken.
    if by_htmx() and request.method == "GET":
        message = "A part of this page did not arrive, or something keeps it away."
        return problem(400, "That could not be sent", message, retry=None, in_person=True)
    message = "Booking needs JavaScript, and every answer belongs to the tab it was given in."
    sent = fields()
    if any(field["label"] for field in sent):
        message += " Nothing was booked; what you typed is below."
    target = request.path if request.method == "POST" else None
    return problem(400, "That could not be sent", message, form_url=target, typed=sent)


def cross_site(_error: CrossSite) -> Answer:
    """403: another site's page sent this."""
    message = "It came from another website. Please open the booking page itself."
    # A page that came by itself may be full of another site's words: those are not repeated.
    return problem(403, "That was not accepted", message, typed=fields() if by_htmx() else [])


def too_large(_error: TooLarge) -> Answer:
    """413: the page stays as it was; this is read by those without the script."""
    message = "That is more text than this form can take. Please go back and shorten it."
    return problem(413, "That is too long", message)


def draft_too_large(_error: DraftTooLarge) -> tuple[str, int, dict[str, str]]:
    """413 for answers that are each short enough but too many together."""
    body, status = too_large(TooLarge())
    return body, status, dict(TooLarge.headers)


def not_whole(error: CutShort | TooSlow) -> Answer:
    """400 or 408: it did not come to its end, so nothing was taken of it. The page stays."""
    message = "That did not reach us whole. Please try again."
    if by_htmx():  # no step of ours, so the script leaves the one that is there and says so
        return message, error.code or 400
    return problem(error.code or 400, "Please try again", message)


def gone(error: TabSessionGone) -> Answer:
    """410: why, and the way to a new booking that begins with what was just typed."""
    reason = GONE.get(error.reason, GONE["ended"])
    asked = urls.own_name(request.endpoint)
    if asked == "more_time":  # what is being typed beside it stays
        return page("_hold.html", {"hold": NO_HOLD, "message": reason}), 410
    if asked == "keep_typed":  # nobody asked for an answer
        return "", 410
    # A time that was booked is not looked for again.
    carried = CARRIED_ON - {"slot"} if error.reason == "completed" else CARRIED_ON
    typed = [field for field in fields() if field["label"] or field["name"] in carried]
    context = {"heading": OVER, "reason": reason, "message": reason, "typed": typed}
    context["form_url"] = url_for(".carry_on")
    return page("_gone.html" if by_htmx() else "problem.html", context), 410


def long_over(_error: LongOver) -> Answer:
    """410: the manage link of an appointment that was long ago."""
    message = "It was more than a month ago, so it is no longer shown here."
    return problem(410, "This appointment is long over", message)


def too_many(error: TooManyTabs) -> tuple[str, int, dict[str, str]]:
    """429: this visitor, or the network around, has begun as many bookings as one may in a day."""
    body, status = problem(429, ENOUGH, TOO_MUCH[Limit.DRAFTS], typed=fields())
    return body, status, {"Retry-After": str(error.seconds)}


def busy(error: TabSessionBusy) -> tuple[str, int, dict[str, str]]:
    """503: the database could not take it just now."""
    log_refusal(error.__cause__)
    message = "We could not save that just now. Nothing is lost: please try again in a moment."
    body, status = problem(503, "Please try again", message, typed=fields())
    return body, status, dict(TabSessionBusy.headers)


def failed(error: Exception) -> tuple[str, int, dict[str, str]]:
    """503: no tables yet, or a page without a tab, which has no door that would say busy."""
    if is_missing_table(error):
        current_sidebook().tables.forget()
        return not_set_up(error)
    if not is_temporarily_unavailable(error):
        raise error
    busy_for_that = TabSessionBusy()
    busy_for_that.__cause__ = error
    return busy(busy_for_that)


def not_set_up(error: Exception) -> tuple[str, int, dict[str, str]]:
    """503: the database is empty, or older than the program."""
    log_not_set_up(error)
    begun = isinstance(error, OlderTables) and error.begun
    heading = "Just a moment" if begun else "Not open yet"
    doing = "being updated" if begun else "still being set up"
    message = f"This booking page is {doing}. Please come back in a few minutes."
    body, status = problem(503, heading, message, typed=fields())
    return body, status, {"Retry-After": "60"}


def not_found(_error: HTTPException) -> Answer:
    """404: nothing is at that address."""
    message = "The address may be mistyped, or the link to an appointment was cut short."
    return problem(404, "There is no such page", message)


def unexpected(_error: InternalServerError) -> Answer:
    """500: a mistake of ours. What it was stands in the log, not on the page."""
    message = "Something went wrong on our side. Please try again, or get in touch with us."
    return problem(500, HEADING, message, typed=fields())


def other(error: HTTPException) -> tuple[str, int, dict[str, str]]:
    """Whatever else HTTP has a number for, with the headers that the error brings."""
    body, status = problem(error.code or 500, HEADING, "Please go back and try again.")
    said = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return body, status, said


def problem(status: int, heading: str, message: str, **context: Any) -> Answer:
    """A fragment for htmx, a full page for everyone else."""
    retry = urls.to("service") | {"label": "Start at the first question"}
    told: dict[str, Any] = {"retry": retry, "typed": [], "form_url": None}
    told |= {"heading": heading, "message": message}
    return page("_problem.html" if by_htmx() else "problem.html", told | context), status


def page(template: str, context: dict[str, Any]) -> str:
    """Rendered even when the shop itself cannot be read."""
    is_answered_by_us()
    try:
        # Even from older tables the shop's name and phone can be read, mostly.
        with read_transaction(current_sidebook().db.session) as session:
            return render(template, get_shop(session), **context)
    except Exception:  # noqa: BLE001 - a page about a failure must not fail for the same reason
        return render(template, placeholder_shop(), **context)


def by_htmx() -> bool:
    """Whether a fragment is wanted: htmx asks, and not to restore a whole page."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def fields() -> list[dict[str, str]]:
    """What the refused request carried, to be sent again; without a label where nobody typed it."""
    if request.max_content_length is None:  # another site's request is refused before it is weighed
        request.max_content_length = MOST_READ
    try:
        read_whole(request)
    except HTTPException:  # too large to be read at all, or it never came
        return []
    sent = islice(request.form.items(), MOST_REPEATED)
    return [{"name": name, "label": _label(name), "value": value} for name, value in sent]


def _label(name: str) -> str:
    if not forms.is_details_field(name):
        return ""
    if name in forms.LABELS:
        return _(forms.LABELS[name])
    return name.removeprefix(forms.QUESTION).replace("_", " ").capitalize()
