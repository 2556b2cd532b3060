"""What a view answers with, and what the script is told along with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Response, request

if TYPE_CHECKING:
    from .session import TabSession

LEFT = "Tab-Session-Left"
GONE = "Tab-Session-Gone"
REDIRECT = "Tab-Session-Redirect"
_TO_A_PAGE = frozenset({301, 302, 303})


@dataclass(frozen=True)
class DeferredResponse:
    """What a writing view answers with: a rendering that waits until the commit is done."""

    render: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    commit: bool = True


def told(response: Response, tab: TabSession[Any] | None) -> Response:
    """The response with what the script has to know of the tab."""
    if tab is None:
        return response
    if response.is_streamed:  # what is written while it streams would be lost
        response.call_on_close(tab.check_unchanged)
    if tab.seconds_left is not None:
        response.headers[LEFT] = str(tab.seconds_left)
    event = "ended" if tab.was_ended else "renew" if tab.needs_renewal else None
    if event:
        response.headers["HX-Trigger"] = _beside(response.headers.get("HX-Trigger", ""), event)
        _let_the_script_follow(response)
    return response


def _let_the_script_follow(response: Response) -> None:
    # fetch follows a redirect by itself, with the id that is over, and shows the script nothing of
    # it. So a script that says it can is told where to go; everybody else is sent there.
    leads = response.status_code in _TO_A_PAGE and "Location" in response.headers
    if leads and REDIRECT in request.headers:
        response.headers[REDIRECT] = response.headers.pop("Location")
        response.status_code = 204
        response.set_data(b"")


def _beside(others: str, event: str) -> str:
    """The view's own events and ours: htmx takes names with commas, or JSON."""
    ours = f"tab-session:{event}"
    if others.lstrip().startswith("{"):
        return json.dumps({**json.loads(others), ours: None})
    return f"{others}, {ours}" if others else ours
