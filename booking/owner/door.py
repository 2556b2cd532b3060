"""The door: before any view of the desk runs, where the request came from and who it is.

Nobody gets an answer with anything of a page in it. What somebody had typed when their session
ended is not lost by it: their log-in comes to them, or takes along what was typed.
"""

from http import HTTPStatus
from typing import Any

from flask import Response, abort, make_response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.now import utc_now
from booking.operations.sign_ins import note_seen
from booking.state import current_flask, current_request, current_sidebook
from booking.tab_sessions import (
    DATABASE_FAILURES,
    CrossSite,
    is_temporarily_unavailable,
    read_whole,
    refuse_cross_site,
    refuse_too_large,
    write_transaction,
)
from booking.tab_sessions.guards import is_live_question
from booking.web import assets, urls
from booking.web.rendering import is_by_htmx

from . import addresses, cookies, forms
from .access import ANYBODY, PERSON, Person
from .host_log_in import person_of_host
from .rendering import render_fragment, render_page
from .sessions import limits, person_of_cookie, session_of_request

ROLES = "booking.desk_roles"
"""The key in app.extensions under which the roles of each endpoint stand."""
READS = {"GET", "HEAD", "OPTIONS"}
SIGN_IN_AGAIN = gettext_noop(
    "Your session has ended. Sign in again, and nothing that you typed is lost."
)


def admit() -> AnyResponse | tuple[str, int] | None:
    """Answer in place of the view whoever may not go on to it; None lets them."""
    endpoint = urls.own_name(current_request().endpoint)
    if endpoint in assets.ENDPOINTS:
        return None
    _read_what_our_pages_sent()
    if not current_sidebook().who_is_there and not cookies.are_safe():
        return _needs_https()
    roles = current_flask().extensions[ROLES].get(endpoint, ())
    person = _find()
    if roles == ANYBODY:
        return None
    if person is None:
        return ask_to_sign_in()
    if person.role not in roles:
        return _not_theirs()
    return abort(404) if _names_an_impossible_number() else None


def _names_an_impossible_number() -> bool:
    """Whether the address has a number that no row can have: some databases fail at one."""
    asked = (current_request().view_args or {}).values()
    return any(isinstance(each, int) and each >= 10**forms.LONGEST_NUMBER for each in asked)


def _read_what_our_pages_sent() -> None:
    """Read what is to change something, and refuse it where no page of ours can have sent it.

    Every browser says of such a request where it came from, in one of two headers.

    Raises: CrossSite, TooLarge, CutShort, TooSlow.
    """
    request = current_request()
    if request.method in READS:
        return
    refuse_cross_site(request)
    if not {"Sec-Fetch-Site", "Origin"} & {*request.headers.keys()}:
        raise CrossSite
    refuse_too_large(request, forms.MOST_BYTES)
    read_whole(request)


def _find() -> Person | None:
    """Find out who is there, note it for this request, and that they were here just now."""
    if who_is_there := current_sidebook().who_is_there:
        person = person_of_host(who_is_there)
    else:
        person = person_of_cookie()
        if person and not is_live_question():  # asking is no sign that somebody is there
            _note_seen()
    if person:
        current_request().environ[PERSON] = person
    return person


def _note_seen() -> None:
    """Write down that somebody is there, a few times an hour. A busy database is left alone."""
    found, now = session_of_request(), utc_now()
    if found is None or not found.is_to_be_noted(limits(), now=now):
        return
    number = found.id
    try:
        with write_transaction(current_sidebook().session) as session:
            note_seen(session, number, limits(), now=now)
    except DATABASE_FAILURES as error:
        if not is_temporarily_unavailable(error):
            raise


def ask_to_sign_in() -> AnyResponse | tuple[str, int]:
    """Answer nobody: the way to the log-in, and nothing of the page."""
    request = current_request()
    is_sent = request.method not in READS and bool(request.form)
    if is_by_htmx():
        return _ask_in_place() if is_sent else _lead_there_by_htmx()
    if not (is_sent and forms.all_posted()):
        return redirect(url_for(".log_in", next=addresses.here()), HTTPStatus.SEE_OTHER)
    page = render_page(
        "log_in",
        heading=_("Sign in"),
        email="",
        next_url="",
        typed=forms.all_posted(),
        typed_url=addresses.asked(),
        alerts=[_(SIGN_IN_AGAIN)],
    )
    return page, HTTPStatus.UNAUTHORIZED


def _lead_there_by_htmx() -> Response:
    asked_from = addresses.of_page(current_request().headers.get("HX-Current-URL", ""))
    to = url_for(".log_in", next=asked_from)
    return make_response("", HTTPStatus.UNAUTHORIZED, {"HX-Redirect": to})


def _ask_in_place() -> Response:
    """Put the log-in above what was typed, which stays as it is."""
    form = render_fragment("_log_in_again", email="", alerts=[_(SIGN_IN_AGAIN)])
    there = {"HX-Retarget": "#sign-in-again", "HX-Reswap": "innerHTML show:top"}
    return make_response(form, HTTPStatus.UNAUTHORIZED, there)


def _not_theirs() -> tuple[str, int]:
    message = _("This page is for others here. Ask an owner if you need it.")
    return problem(HTTPStatus.FORBIDDEN, _("This is not your page"), message)


def _needs_https() -> tuple[str, int]:
    message = _(
        "Here everybody on the way could read along, so nobody can sign in. Open the desk by "
        "https://. If you did: the proxy in front has to say so by X-Forwarded-Proto, and "
        "BOOKING_TRUSTED_PROXIES how many proxies there are. On the machine itself "
        "http://localhost works."
    )
    return problem(HTTPStatus.FORBIDDEN, _("The desk needs https"), message)


def problem(status: int, heading: str, message: str, **context: Any) -> tuple[str, int]:
    """Return a page, or for htmx a fragment, that says why something was not done."""
    given: dict[str, Any] = {"retry": None, "typed": (), "form_url": None}
    given |= {"heading": heading, "message": message}
    return render_page("problem", **given | context), status
