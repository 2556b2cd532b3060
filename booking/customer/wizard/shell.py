"""Full pages: the shell of each step, without anything personal, which loads its fragment."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import abort, request, url_for

from booking.state import current_sidebook
from booking.tab_sessions import read_transaction
from booking.web.rendering import render
from booking.web.shop import get_shop

from . import step_names

PASSED_ON = ("service", "staff", "day", "month")


def start() -> str:
    """The wizard's front page, which opens where the tab stands."""
    return _shell("Book an appointment", url_for(".current", **_query()))


def page(step: str) -> str:
    """The page of one step."""
    title = f"Book an appointment: {step_names.LABELS[step]}"
    return _shell(title, url_for(".show_step", step=step, **_query()))


def not_here() -> NoReturn:
    """The front page is only to be looked at."""
    abort(405, valid_methods=["GET", "HEAD"])


def unknown(unknown: str) -> NoReturn:  # noqa: ARG001 - the address is not repeated
    """Nothing is here."""
    abort(404)


def _shell(title: str, fragment_url: str) -> str:
    with read_transaction(current_sidebook().session) as session:
        shop = get_shop(session)
        return render("page.html", shop, title=title, fragment_url=fragment_url)


def _query() -> dict[str, Any]:
    # Only what the fragments know: url_for would take other names as orders.
    return {name: request.args[name] for name in PASSED_ON if name in request.args}
