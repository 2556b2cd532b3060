"""Where the script asks for what concerns the tab itself: stay alive, take another id, end."""

from __future__ import annotations

from flask import request
from flask.sansio.scaffold import Scaffold

from .answer import LEFT
from .route import session_route
from .session import TabSession


def session_lifecycle(
    scaffold: Scaffold, rule: str = "/tab-session", endpoint: str = "tab_session_lifecycle"
) -> None:
    """Register the address that the script's `data-url` names.

    POST keeps the tab alive, or renews it to the id in `Tab-Session-New`; DELETE ends it. Both
    answer 204.
    """

    def lifecycle(tab: TabSession) -> tuple[str, int, dict[str, str]]:
        if request.method == "DELETE":
            tab.end()
            return "", 204, {}
        left = tab.keep_alive()
        return "", 204, {} if left is None else {LEFT: str(left)}

    lifecycle.renews_tabs = True  # type: ignore[attr-defined]
    session_route(
        scaffold,
        rule,
        methods=["POST", "DELETE"],
        endpoint=endpoint,
        allow_completed=True,
        idempotent=True,
    )(lifecycle)
