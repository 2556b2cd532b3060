"""Full pages: the shell of each step, without anything personal, which loads its fragment.

The start carries the first step as well, for a tab of which nothing is stored: it is the same for
everybody, so page and step are made once for each state of the business.
"""

from typing import Any, NoReturn

from flask import abort, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from booking.customer.appointment.lost import lost_url
from booking.i18n import gettext as _
from booking.state import current_sidebook
from booking.storage.catalogue import read_catalogue
from booking.tab_sessions import empty_tab, read_transaction
from booking.web.rendering import get_shop, keep_fragment, keep_page, render

from .fragments import first_step
from .progress import step_named, steps


def start() -> str:
    """The wizard's front page, which opens where the tab stands."""
    if request.args or "HX-Request" in request.headers:
        return _shell(_("Book an appointment"), url_for(".show_open_step", **_query()))
    with read_transaction(current_sidebook().session) as session:
        return _start_of_new_tab(session, read_catalogue(session).token)


def page(step: str) -> str:
    """The page of one step."""
    title = _("Book an appointment: %(step)s", step=_(step_named(step).label))
    return _shell(title, url_for(".show_step", step=step, **_query()))


def method_not_allowed() -> NoReturn:
    """Answer 405: the front page is only to be looked at."""
    abort(405, valid_methods=["GET", "HEAD"])


def unknown(unknown: str) -> NoReturn:  # noqa: ARG001 - the address is not repeated
    """Answer 404: nothing has that address."""
    abort(404)


def _shell(title: str, fragment_url: str) -> str:
    with read_transaction(current_sidebook().session) as session:
        return _page(session, title, fragment_url)


def _start_of_new_tab(session: Session, state: str) -> str:
    def step() -> str:
        return first_step(empty_tab(session))

    def page() -> str:
        first = Markup(keep_fragment("first-step", state, step))  # noqa: S704 - rendered already
        url = url_for(".show_open_step")
        return _page(session, _("Book an appointment"), url, first_step=first)

    return keep_page("start", state, page)


def _page(session: Session, title: str, url: str, **more: Any) -> str:
    shop = get_shop(session)
    given = {"title": title, "fragment_url": url, "lost_url": lost_url(shop)}
    return render("page.html", shop, **given, **more)


def _query() -> dict[str, Any]:
    # Only what the fragments know: url_for would take other names as orders.
    known = dict.fromkeys(name for step in steps() for name in step.link_args)
    return {name: request.args[name] for name in known if name in request.args}
