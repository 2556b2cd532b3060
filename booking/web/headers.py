"""The headers of every answer of ours."""

from typing import Any

from flask import Blueprint, Response
from werkzeug.datastructures import Headers

from booking.state import current_request, current_sidebook

from . import assets, urls
from .compression import compress

POLICY = (
    "default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'"
)
POLICY_NAME = "Content-Security-Policy"
HEADERS = {
    POLICY_NAME: POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# All that browsers read of a style sheet or a script, of which a first page loads five.
SUBRESOURCE_HEADERS = {
    name: HEADERS[name] for name in ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
}
# What the environment of a request says once one of our views, or a page about trouble, has it.
_OURS = "booking.is_ours"
REACHED, ANSWERED = "booking.reached", "booking.answered"
KEPT = "booking.same_for_all"  # what is answered was made before, for everybody


# Werkzeug sees to three headers. By status, which of them an answer has that needs nothing more.
_WHOLE = {200: {"content-length"}, 204: set[str]()}


class OwnResponse(Response):
    """An answer whose headers leave as they are, where none of them has to be changed.

    Werkzeug copies them for every answer, and looks into each value once more.
    """

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        """Return the headers that the server sends."""
        sent = {name.lower() for name, _ in self.headers}
        has = sent & {"content-length", "location", "content-location"}
        if has == _WHOLE.get(self.status_code):
            return self.headers
        return super().get_wsgi_headers(environ)


def add_security_headers(blueprint: Blueprint, public: set[str]) -> None:
    """Send the headers with every answer of ours below our prefixes, and with nothing else.

    Once for all our blueprints; each other one says by `note_reached` what is its own. `public`
    names endpoints beside the static files whose answers are the same for everybody; all other
    answers are kept nowhere.
    """
    same_for_all = assets.ENDPOINTS | public
    # After all before_request functions of the app: what one of them answers is not ours.
    note_reached(blueprint)
    # Of the app, because what no route answers (a redirect to the slash) belongs to no blueprint.
    # First in the list, which is run backwards: after all that the host's extensions add.
    blueprint.record(
        lambda setup: setup.app.after_request_funcs.setdefault(None, []).insert(
            0, lambda response: _add(response, same_for_all)
        )
    )


def note_reached(blueprint: Blueprint) -> None:
    """Note of each request that one of this blueprint's views answers it."""
    blueprint.before_request(_reached)


def is_answered_by_us() -> None:
    """Note that this request is answered by a page of ours although no view was reached."""
    current_request().environ[ANSWERED] = True


def add_strict(response: Response) -> Response:
    """Send the headers with an answer that is not below the prefix, in an app that is all ours."""
    if not is_ours():
        _set(response, _strict())
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def is_ours() -> bool:
    """Return whether this request is for something below the wizard's prefix."""
    environ = current_request().environ  # several ask with each request
    if _OURS not in environ:
        environ[_OURS] = _is_below_our_prefix()
    return bool(environ[_OURS])


def _is_below_our_prefix() -> bool:
    request = current_request()
    if request.routing_exception is None:
        return request.blueprint in current_sidebook().blueprints
    sidebook = current_sidebook()
    if not sidebook.answers_at(request.host):
        return False
    # Beside the wizard at the root of an app everything that no route answers is the app's own.
    return any(
        prefix != "/" and f"{request.path}/".startswith(f"{prefix}/")
        for prefix in sidebook.prefixes
    )


def _reached() -> None:
    current_request().environ[REACHED] = True


def is_our_answer() -> bool:
    """Return whether one of ours answered: an extension of the host's may have been quicker."""
    if not is_ours():
        return False
    request = current_request()
    environ = request.environ
    return REACHED in environ or ANSWERED in environ or request.routing_exception is not None


def _set(response: Response, headers: dict[str, str]) -> None:
    # As `update` does, which looks through all headers for each of these.
    sent = {name.lower() for name, _ in response.headers}
    for name in headers:
        if name.lower() in sent:
            del response.headers[name]
    response.headers[len(response.headers) :] = headers.items()


def _strict() -> dict[str, str]:
    """The headers for this address. A manage link's is a secret that no other page may learn."""
    links = f"{current_sidebook().url_prefix.rstrip('/')}/appointment/"
    path = current_request().path
    # The one below it that is none sends a form, and must say of which site.
    secret = path.startswith(links) and path != f"{links}lost"
    return HEADERS | {"Referrer-Policy": "no-referrer"} if secret else HEADERS


def _add(response: Response, same_for_all: set[str]) -> Response:
    if not is_our_answer():
        return response
    request, settings = current_request(), current_sidebook().settings
    environ = request.environ
    public = response.status_code < 400 and urls.own_name(request.endpoint) in same_for_all
    if settings.compress:
        compress(environ, response, is_repeated=public or KEPT in environ)
    is_subresource = public and response.mimetype in assets.SUBRESOURCES
    headers = SUBRESOURCE_HEADERS if is_subresource else _strict()
    if settings.host_policy and POLICY_NAME in response.headers:
        headers = {name: value for name, value in headers.items() if name != POLICY_NAME}
    _set(response, headers if public else headers | {"Cache-Control": "no-store"})
    if public:
        assets.keep_for_good(response)
    if response.status_code == 429 and REACHED in environ:
        # What a visitor holds comes free by then, at the latest. Others' limits are another matter.
        response.headers.setdefault("Retry-After", str(settings.hold_minutes * 60))
    return response
