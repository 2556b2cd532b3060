"""A tab session is over: by its customer, who has it erased, or found so by a form that was sent.

A new booking begins with what that form carried: the old draft no longer exists by then, and its
answers stand in fields of the form, see `Step`.
"""

from flask import request, url_for

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.tab_sessions import DeferredResponse, TabSession
from booking.web.rendering import get_shop, render

from . import fragments
from .fragments import accept
from .progress import steps
from .state import load_state

CLEARED = gettext_noop("Everything here was erased")


def recoverable_fields() -> frozenset[str]:
    """Return the fields that go along into the new booking though nobody typed them."""
    return frozenset(name for step in steps() for name in step.recoverable)


def resume(tab: TabSession) -> DeferredResponse:
    """Begin a booking with what was sent when the old one was found to be over."""
    wizard, refusal = load_state(tab), None
    notices: list[str] = []
    draft, is_new = wizard.draft, wizard.draft.is_empty
    for step in steps():
        refusal = step.resume(load_state(tab, draft), notices, is_new=is_new) or refusal
    draft.store(tab.data)
    return refusal or accept(wizard, notices)


def clear(tab: TabSession) -> DeferredResponse:
    """End the tab: a hold is released, a booking stays. The browser takes a new id by itself."""
    booked = tab.state == "completed"
    tab.end()
    if request.form.get("then") == "begin":
        return tab.render_after_commit(fragments.go_on)
    return tab.render_after_commit(cleared, booked, headers={"HX-Push-Url": url_for(".start")})


def cleared(tab: TabSession, booked: bool) -> str:  # noqa: FBT001 - only clear() calls it
    """The page that says so, and where to begin again."""
    shop, begin = get_shop(tab.session), url_for(".show_open_step")
    return render("_cleared.html", shop, heading=_(CLEARED), booked=booked, new_fragment_url=begin)
