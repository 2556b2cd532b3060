"""What goes wrong on the customer's pages alone; for the rest see `web.errors`."""

from flask import Blueprint, request, url_for
from werkzeug.exceptions import NotFound

from booking.contact import forms
from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations.requests import Limit
from booking.state import current_sidebook
from booking.storage.catalogue import remembered
from booking.tab_sessions import MissingTabSession, TabSessionGone, TooManyTabs
from booking.web import urls
from booking.web.errors import Answer, AnswerWithHeaders, ErrorPages
from booking.web.rendering import is_by_htmx, render_in_any_case

from .appointment.lost import lost_url
from .appointment.pages import LongOver
from .wizard.fragments import recoverable_fields
from .wizard.holds import no_hold
from .wizard.texts import visitor_limit

GONE = {
    "expired": gettext_noop("Nothing was done here for a long time, so your answers were erased."),
    "completed": gettext_noop(
        "The appointment in this tab is confirmed, so its answers can no longer change."
    ),
    "revoked": gettext_noop("This booking was ended, so its answers were erased."),
    "ended": gettext_noop("This booking was ended, so its answers were erased."),
}


def register_error_handlers(blueprint: Blueprint) -> None:
    """Answer everything that goes wrong below the blueprint's prefix in our own words."""
    PAGES.register(blueprint)
    blueprint.register_error_handler(MissingTabSession, missing)
    blueprint.register_error_handler(TabSessionGone, gone)
    blueprint.register_error_handler(LongOver, long_over)
    blueprint.register_error_handler(404, not_found)
    blueprint.register_error_handler(TooManyTabs, too_many)


def missing(_error: MissingTabSession) -> Answer:
    """400: the request names no tab, so it was not the script that sent it."""
    heading = _("That could not be sent")
    # Of two scripts one came; the other was asked for in vain, or is broken.
    if is_by_htmx() and request.method == "GET":
        message = _("A part of this page did not arrive, or something keeps it away.")
        return PAGES.problem(400, heading, message, retry=None, in_person=True)
    message = _("Booking needs JavaScript, and every answer belongs to the tab it was given in.")
    sent = PAGES.fields()
    if any(field["label"] for field in sent):
        message = f"{message} {_('Nothing was booked; what you typed is below.')}"
    target = request.path if request.method == "POST" else None
    return PAGES.problem(400, heading, message, form_url=target, typed=sent)


def gone(error: TabSessionGone) -> Answer:
    """410: why, and the way to a new booking that begins with what was just typed."""
    reason = _(GONE.get(error.reason, GONE["ended"]))
    endpoint = urls.own_name(request.endpoint)
    if endpoint == "more_time":  # what is being typed beside it stays
        return render_in_any_case("_hold.html", hold=no_hold(), message=reason), 410
    if endpoint == "save_input":  # nobody waits for an answer
        return "", 410
    # A time that was booked is not looked for again.
    kept = recoverable_fields() - ({"slot"} if error.reason == "completed" else set())
    typed = [field for field in PAGES.fields() if field["label"] or field["name"] in kept]
    context = {
        "heading": _("This booking is over"),
        "reason": reason,
        "message": reason,
        "typed": typed,
        "form_url": url_for(".resume"),
    }
    return render_in_any_case("_gone.html" if is_by_htmx() else "problem.html", **context), 410


def long_over(_error: LongOver) -> Answer:
    """410: the manage link of an appointment that was long ago."""
    message = _("It was more than a month ago, so it is no longer shown here.")
    return PAGES.problem(410, _("This appointment is long over"), message)


def too_many(error: TooManyTabs) -> AnswerWithHeaders:
    """429: this visitor, or the network around, has begun as many bookings as one may in a day."""
    message = visitor_limit(Limit.DRAFTS)
    body, status = PAGES.problem(429, _("Not another one today"), message, typed=PAGES.fields())
    return body, status, {"Retry-After": str(error.seconds)}


def not_found(_error: NotFound) -> Answer:
    """404: nothing is at that address, where a link to an appointment can be asked for."""
    if not _is_of_a_link():
        return PAGES.not_found(_error)
    known = remembered(current_sidebook().engine)
    return PAGES.not_found(_error, find_url=lost_url(known.shop if known else None))


def _is_of_a_link() -> bool:
    return f"{request.script_root}{request.path}".startswith(urls.address("appointment/"))


def _start() -> urls.Link | None:
    if _is_of_a_link():
        return None  # a page of no tab: htmx would ask there without an id
    return urls.to("service")._replace(label=_("Start at the first question"))


def _label(name: str) -> str:
    if not forms.is_details_field(name):
        return ""
    if name in forms.LABELS:
        return _(forms.LABELS[name])
    return name.removeprefix(forms.QUESTION).replace("_", " ").capitalize()


PAGES = ErrorPages(_start, _label)
