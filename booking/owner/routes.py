"""The desk's addresses. Each module of pages lists its own as ROUTES; here is their order."""

from collections.abc import Sequence

from flask import Blueprint, Flask, abort

from booking.config import ConfigurationError
from booking.files import STATIC, TEMPLATES
from booking.tab_sessions import exempt
from booking.web import assets, headers, trouble_log, urls

from . import (
    accounts,
    closures,
    customers,
    first_hour,
    hours,
    letter_texts,
    log_in,
    one_time_links,
    other_hours,
    own_account,
    services,
    settings,
    staff,
)
from .access import EVERYBODY
from .agenda import looking, pages
from .availability import pages as availability
from .bookings import routes as of_bookings
from .caller import views as new_bookings
from .desk_route import DeskRoute, desk_route
from .door import ROLES, admit
from .errors import PAGES
from .letters import looking as letter_looking
from .letters import pages as letter_pages
from .letters import trying_out
from .navigation import NAVIGATION, Place
from .sessions import end_question

EVERY = ("GET", "POST", "PUT", "PATCH", "DELETE")


def unknown(**_: str) -> None:
    """Answer 404: nothing is there."""
    abort(404)


MODULES = (
    pages,
    looking,
    new_bookings,
    of_bookings,
    customers,
    availability,
    letter_pages,
    letter_looking,
    trying_out,
    services,
    staff,
    hours,
    other_hours,
    closures,
    settings,
    letter_texts,
    accounts,
    own_account,
    first_hour,
    log_in,
    one_time_links,
)
"""In the order of the navigation."""


def routes(*, has_accounts: bool = True) -> list[DeskRoute]:
    """Return every route of a desk, with accounts of its own or without."""
    wanted = [
        *(route for module in MODULES for route in module.ROUTES),
        desk_route("/<path:unknown>", unknown, roles=EVERYBODY, methods=EVERY),
    ]
    return [route for route in wanted if has_accounts or not route.needs_accounts]


def create_desk(name: str, *, alone: bool, has_accounts: bool) -> Blueprint:
    """Return a new blueprint of that name. `alone`: the app has nothing but what is ours.

    `has_accounts`: it says itself who is there, and not the host.
    """
    blueprint = urls.HostBlueprint(
        name,
        __name__,
        template_folder=str(TEMPLATES),
        static_folder=str(STATIC),
        static_url_path="/static",
    )
    wanted = routes(has_accounts=has_accounts)
    for route in wanted:
        route.add_to(blueprint)
    roles = {route.endpoint: route.roles for route in wanted}
    given = {ROLES: roles, NAVIGATION: _navigation(wanted)}
    blueprint.record(lambda setup: setup.app.extensions.update(given))
    assets.add_to(blueprint, at_the_desk=True)
    headers.note_reached(blueprint)
    if not alone:
        trouble_log.log_refusals(blueprint)
    PAGES.register(blueprint)
    blueprint.before_request(admit)
    blueprint.teardown_request(end_question)
    # Other sites' pages are refused by the door, and nobody else's token is on ours.
    blueprint.url_value_preprocessor(lambda *_: exempt(blueprint))
    return blueprint


def _navigation(wanted: Sequence[DeskRoute]) -> list[Place]:
    return [
        Place(route.label, route.endpoint, route.roles, _below(route, wanted))
        for route in wanted
        if route.label
    ]


def _below(entry: DeskRoute, wanted: Sequence[DeskRoute]) -> frozenset[str]:
    start = f"{entry.rule.rstrip('/')}/"
    if start == "/":
        return frozenset()
    at_or_below = [each for each in wanted if f"{each.rule}/".startswith(start)]
    return frozenset(each.endpoint for each in at_or_below)


def refuse_routes_without_roles(app: Flask, name: str) -> None:
    """Raise ConfigurationError for an address of the desk of which nobody says who may use it."""
    known = {*app.extensions[ROLES], *assets.ENDPOINTS}
    for rule in app.url_map.iter_rules():
        own, _, endpoint = rule.endpoint.rpartition(".")
        if own == name and endpoint not in known:
            raise ConfigurationError(
                f"{rule.rule} of the desk has no roles. Register it by desk_route(…, roles=…), in "
                "a module of booking/owner/routes.py."
            )
