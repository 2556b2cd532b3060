"""Finish and clear: this tab's answers are erased, and its id is over, wherever it stood."""

from flask import request, url_for

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.tab_sessions import DeferredResponse, TabSession
from booking.web.rendering import render
from booking.web.shop import get_shop

from . import fragments

HEADING = gettext_noop("Everything here was erased")


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
    return render("_cleared.html", shop, heading=_(HEADING), booked=booked, new_fragment_url=begin)
