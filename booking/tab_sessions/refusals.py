"""The answer to a request that is refused: the host's page or ours, with what the script goes by.

By the status the script takes another id or asks again, so it is the refusal's own, whatever an
`errorhandler` answers: Flask makes 200 of a page that names none, and `fetch` follows a redirect
without showing the script that there was one.
"""

import logging
from weakref import WeakKeyDictionary

from flask import Flask, Response, current_app, request

from . import guards
from .config import current_config
from .errors import MissingTabSession, Refusal, RenewalDue, TabSessionGone
from .responses import GONE, REDIRECT, with_event

_HEARD = (MissingTabSession, TabSessionGone, RenewalDue)  # what the script acts upon
_ANOTHER_STATUS = (
    "An errorhandler answered %(name)s with %(given)d, and %(meant)d was sent in its place, by "
    "which the browser's script knows what to do. Write it beside the page: return page, %(meant)d"
)
_A_REDIRECT = (
    "An errorhandler answered %(name)s with a redirect, and %(meant)d was sent in its place, by "
    "which the browser's script knows what to do. Return a page and the status, return page, "
    '%(meant)d; to leave for another page: return "", %(meant)d, {"HX-Redirect": address}'
)
_told: WeakKeyDictionary[Flask, set[tuple[str, int]]] = WeakKeyDictionary()
_log = logging.getLogger(__name__)


def answer_refusal(refusal: Refusal, *, counts_as_activity: bool) -> Response:
    """Answer with the app's own page for this refusal, or ours; status and headers are kept.

    `counts_as_activity`: somebody reads this and no script asked, so where the tab is over the
    script takes a new id, and follows the app's redirect with it.
    """
    if current_app.debug:
        guards.explain(refusal, request, current_config().user)
    response = current_app.make_response(current_app.handle_user_exception(refusal))
    reason = refusal.reason if isinstance(refusal, TabSessionGone) and counts_as_activity else None
    _keep_status(response, refusal, may_follow=bool(reason and not guards.is_live_question()))
    for name, value in refusal.headers.items():
        if name == "HX-Trigger":
            response.headers[name] = with_event(response.headers.get(name, ""), value)
        else:
            response.headers.setdefault(name, value)
    if reason:
        response.headers[GONE] = reason
    return response


def _keep_status(response: Response, refusal: Refusal, *, may_follow: bool) -> None:
    given, meant = response.status_code, refusal.code or 400
    # Who typed the address is no script. What the script does not act upon may lead elsewhere.
    is_asked = guards.HEADER in request.headers or "HX-Request" in request.headers
    is_heard = is_asked and isinstance(refusal, _HEARD)
    if given == meant or (given >= 300 and not is_heard):
        return
    leads = 300 <= given < 400
    if leads:
        target = response.headers.pop("Location", "")
        response.set_data(refusal.get_body())
        if target and may_follow:
            response.headers[REDIRECT] = target
    response.status_code = meant
    _tell(type(refusal).__name__, given, meant, _A_REDIRECT if leads else _ANOTHER_STATUS)


def _tell(name: str, given: int, meant: int, mistake: str) -> None:
    """Log the mistake with its cure, once for each refusal."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    told = _told.setdefault(app, set())
    if (name, given) not in told:
        told.add((name, given))
        _log.warning(mistake, {"name": name, "given": given, "meant": meant})
