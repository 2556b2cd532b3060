"""How a page of the desk is registered: with the roles that may use it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint

from booking.config import ConfigurationError
from booking.storage.accounts import ACCOUNT_ROLES
from booking.tab_sessions import session_route

from .access import ANYBODY


@dataclass(frozen=True)
class DeskRoute:
    """An address below the desk's prefix, and who may use it."""

    rule: str
    view: Callable[..., Any]
    roles: Sequence[str]
    methods: Sequence[str]
    endpoint: str
    label: str
    tab: Mapping[str, Any] | None
    needs_accounts: bool

    def add_to(self, blueprint: Blueprint) -> None:
        """Register it there."""
        if self.tab is None:
            blueprint.add_url_rule(self.rule, self.endpoint, self.view, methods=[*self.methods])
            return
        options: dict[str, Any] = {"endpoint": self.endpoint, "methods": [*self.methods]}
        session_route(blueprint, self.rule, **options, **self.tab)(self.view)


def desk_route(
    rule: str,
    view: Callable[..., Any],
    *,
    roles: Sequence[str],
    methods: Sequence[str] = ("GET",),
    endpoint: str = "",
    label: str = "",
    tab: Mapping[str, Any] | None = None,
    needs_accounts: bool = False,
) -> DeskRoute:
    """Return a route of the desk, to stand in its module's `ROUTES`.

    `roles` are those of `access`: of EVERYBODY, some; or ANYBODY for a way in. `endpoint` is the
    view's name unless given; `label` (by gettext_noop) puts it into the navigation. With `tab`
    (options of `session_route`, {} for none) the view is a session route, and is handed its tab.
    One that `needs_accounts` is not there where a host's own log-in says who is at the desk.

    Raises: ConfigurationError without roles, or with one that does not exist.
    """
    known = tuple(roles) == ANYBODY or (roles and set(roles) <= set(ACCOUNT_ROLES))
    if isinstance(roles, str) or not known:
        raise ConfigurationError(
            f'The desk\'s {rule} has the roles {roles!r}. Say who may use it: roles=("owner", …) '
            f"of {', '.join(ACCOUNT_ROLES)}."
        )
    name = endpoint or view.__name__
    return DeskRoute(rule, view, tuple(roles), tuple(methods), name, label, tab, needs_accounts)
