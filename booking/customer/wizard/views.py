"""What GET shows: a step's fragment. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request

from booking.tab_sessions import TabSession

from . import deep_links, pages
from .draft import iso_day


def current(tab: TabSession) -> Response:
    """The step that is open to this tab; a link that preselects may make more of it."""
    service, staff = request.args.get("service", ""), request.args.get("staff", "")
    if tab.state == "completed" or not (service or staff):
        return pages.show(tab)
    return deep_links.show(tab, service, staff)


def show_step(tab: TabSession, step: str) -> Response:
    """The step asked for, or the right one."""
    return pages.show(tab, step, **(ASKED_FOR[step]() if step in ASKED_FOR else {}))


def _service_wish() -> dict[str, Any]:
    args = request.args
    return {"chosen": args.get("service", ""), "preferred_staff": args.get("staff", "")}


def _staff_wish() -> dict[str, Any]:
    return {"chosen": request.args.get("staff", "")}


def _time_wish() -> dict[str, Any]:
    args = request.args
    return {"day": iso_day(args.get("day", "")), "month": iso_day(args.get("month", "") + "-01")}


ASKED_FOR: dict[str, Callable[[], dict[str, Any]]] = {
    "service": _service_wish,
    "staff": _staff_wish,
    "time": _time_wish,
}
