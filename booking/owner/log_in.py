"""Signing in and out."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from booking.i18n import gettext as _
from booking.i18n import gettext_noop, ngettext
from booking.operations.sign_ins import TooManyTries, end_session
from booking.state import current_sidebook
from booking.tab_sessions import run_in_transaction
from booking.web.rendering import is_by_htmx

from . import addresses, coming_in, cookies, passwords
from .access import ANYBODY, person_or_none
from .desk_route import desk_route
from .forms import posted, posted_line
from .rendering import render_fragment, render_page

Answer = tuple[str, int, dict[str, str]]
WRONG = gettext_noop("That e-mail address and that password do not belong together.")
BUSY = gettext_noop("Others are signing in at this moment. Please try again in a few seconds.")
REFUSED = gettext_noop(
    "You signed in, but this browser did not keep the cookie by which it is known again. Allow "
    "cookies for this address, then sign in again."
)


def log_in() -> Response | str:
    """Show the form; lead on who is signed in."""
    to = addresses.own_address(request.args.get("next", ""))
    if person_or_none():
        return redirect(to or cookies.root(), HTTPStatus.SEE_OTHER)
    alerts = [_(REFUSED)] if "begun" in request.args else []
    return _form(alerts=alerts, next_url=to)


def sign_in() -> Response | Answer:
    """Begin a session for who typed the right password."""
    if errors := _missing():
        return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)
    try:
        checked = coming_in.check_password(posted_line("email"), posted("password"))
        begun = run_in_transaction(
            current_sidebook().session, lambda session: coming_in.begin_checked(session, checked)
        )
    except coming_in.WrongPassword:
        return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, alerts=[_(WRONG)])
    except passwords.TooBusy:
        return _refused(HTTPStatus.SERVICE_UNAVAILABLE, alerts=[_(BUSY)], wait=2)
    except TooManyTries as error:
        return _refused(HTTPStatus.TOO_MANY_REQUESTS, alerts=[too_many(error)], wait=error.seconds)
    return _lead_on(begun, checked.account_id)


def _missing() -> dict[str, str]:
    asked = {
        "email": (posted_line("email"), _("Enter your e-mail address.")),
        "password": (posted("password"), _("Enter your password.")),
    }
    return {name: message for name, (value, message) in asked.items() if not value}


def too_many(error: TooManyTries) -> str:
    """Say when the next try is taken, and what else helps."""
    minutes = -(-error.seconds // 60)
    wait = ngettext("Wait a minute", "Wait %(number)s minutes", minutes)
    return _(
        "There were too many tries from here. %(wait)s, or ask an owner for a link to set another "
        "password.",
        wait=wait,
    )


def _lead_on(begun: coming_in.Begun, account_id: int) -> Response:
    """Go on to where somebody wanted to go, or with what they had typed."""
    if is_by_htmx():
        is_another = posted("page_of") not in ("", str(account_id))
        if is_another:  # what stands on the page is somebody else's
            return coming_in.keep(make_response("", {"HX-Redirect": cookies.root()}), begun)
        return coming_in.keep(make_response(render_fragment("_back_again")), begun)
    if to := _typed_url():
        page = render_page("send_again", heading=_("Signed in"), typed_url=to, typed=_typed())
        return coming_in.keep(make_response(page), begun)
    return coming_in.enter(begun, addresses.own_address(posted("next")))


def _typed_url() -> str:
    return addresses.own_address(posted("typed_url"), "POST")


def _typed() -> list[tuple[str, str]]:
    """What was typed in another form when a session ended, as this form has carried it."""
    names, values = (request.form.getlist(f"typed_{part}") for part in ("name", "value"))
    return [*zip(names, values, strict=False)]


def _form(
    *,
    email: str = "",
    alerts: Sequence[str] = (),
    errors: dict[str, str] | None = None,
    next_url: str = "",
    **typed: Any,
) -> str:
    given: dict[str, Any] = {"email": email, "alerts": alerts, "errors": errors or {}}
    if is_by_htmx():
        return render_fragment("_log_in_again", **given)
    typed = {"typed": (), "typed_url": ""} | typed
    return render_page("log_in", heading=_("Sign in"), next_url=next_url, **given, **typed)


def _refused(status: int, *, wait: int = 0, **context: Any) -> Answer:
    page = _form(
        email=posted_line("email"),
        next_url=addresses.own_address(posted("next")),
        typed=_typed(),
        typed_url=_typed_url(),
        **context,
    )
    return page, status, {"Retry-After": str(wait)} if wait else {}


def log_out() -> Response:
    """End the session, here and on the server."""
    if token := cookies.read(cookies.SESSION):
        run_in_transaction(current_sidebook().session, lambda session: end_session(session, token))
    response = redirect(url_for(".log_in"), HTTPStatus.SEE_OTHER)
    cookies.drop(response, cookies.SESSION)
    return response


ROUTES = (
    desk_route("/login", log_in, roles=ANYBODY),
    desk_route("/login", sign_in, roles=ANYBODY, methods=("POST",), needs_accounts=True),
    desk_route("/logout", log_out, roles=ANYBODY, methods=("POST",), needs_accounts=True),
)
