"""A check for test suites: what a blueprint must not forget.

A module of its own, because no request ever needs it.
"""

from collections.abc import Collection

from flask import Flask

from booking.tab_sessions.errors import TabSessionError


def check_session_routes(app: Flask, blueprint: str, *, besides: Collection[str] = ()) -> None:
    """Fail when a view of this blueprint has no tab session, unless its name is in `besides`.

    Names are endpoints without the blueprint's own; its static files never count. Raises
    TabSessionError that lists them, and for a name in `besides` that needs no exception.
    """
    own = {
        endpoint.removeprefix(f"{blueprint}."): view
        for endpoint, view in app.view_functions.items()
        if endpoint.startswith(f"{blueprint}.") and endpoint != f"{blueprint}.static"
    }
    bare = {name for name, view in own.items() if not getattr(view, "is_session_route", False)}
    if forgotten := sorted(bare - set(besides)):
        raise TabSessionError(
            f"Not a session_route: {', '.join(forgotten)}. Register with "
            "@session_route(blueprint, rule), or name it in besides=…"
        )
    if needless := sorted(set(besides) - bare):
        raise TabSessionError(f"No exception is needed for: {', '.join(needless)}.")
