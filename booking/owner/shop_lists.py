"""What services and staff have in common as lists: taken out, brought back, moved up and down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from flask import redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.operations.current_plan import retired_services, retired_staff
from booking.operations.plan import BusinessPlan, ServicePlan, StaffPlan
from booking.operations.plan_edits import (
    in_order,
    member_of,
    service_of,
    with_member,
    with_service,
    without_member,
    without_service,
)

from .forms import posted
from .rendering import render_page
from .shop_saving import Asked, panel_of, save
from .shop_words import page_from

One = TypeVar("One", ServicePlan, StaffPlan)


@dataclass(frozen=True)
class Listed(Generic[One]):
    """A list of the business; `page`, `one` and `removal` are endpoints of its pages."""

    name: Literal["services", "staff"]
    page: str
    one: str
    removal: str
    find: Callable[[BusinessPlan, str], One | None]
    retired: Callable[[Session], Sequence[One]]
    put: Callable[[BusinessPlan, One], BusinessPlan]
    without: Callable[[BusinessPlan, str], BusinessPlan]


SERVICES = Listed[ServicePlan](
    name="services",
    page=".services",
    one=".service",
    removal=".remove_service",
    find=service_of,
    retired=retired_services,
    put=with_service,
    without=without_service,
)
STAFF = Listed[StaffPlan](
    name="staff",
    page=".staff",
    one=".member",
    removal=".remove_member",
    find=member_of,
    retired=retired_staff,
    put=with_member,
    without=without_member,
)


def take_out(
    listed: Listed[One], slug: str, *, heading: Callable[[str], str], go_on: str
) -> Response | tuple[str, int]:
    """Take one out, once it was seen which appointments that touches.

    `heading` asks for it by the name, and `go_on` is on the button that does it all the same.
    """

    def gone(_: Session, plan: BusinessPlan) -> Asked:
        is_there = listed.find(plan, slug) is not None
        return Asked(after=listed.without(plan, slug)) if is_there else Asked(is_gone=True)

    asked = save(gone)
    if asked.is_saved or asked.is_gone or asked.before is None:
        return redirect(url_for(listed.page), 303)
    found = listed.find(asked.before, slug)
    page = render_page(
        "agree",
        heading=heading(found.name if found else slug),
        panel=panel_of(asked, page_from()),
        form_url=url_for(listed.removal, slug=slug),
        back_url=url_for(listed.one, slug=slug),
        go_on=go_on,
        kept=(),
    )
    return page, 409


def bring_back(listed: Listed[One], slug: str) -> Response:
    """Put back what was taken out, as it was."""

    def back(session: Session, plan: BusinessPlan) -> Asked:
        found = [one for one in listed.retired(session) if one.slug == slug]
        return Asked(after=listed.put(plan, found[0])) if found else Asked(is_gone=True)

    save(back)
    return redirect(url_for(listed.page, saved=slug), 303)


def move(listed: Listed[One], slug: str) -> Response:
    """Move one a place up or down, as the button says."""
    by = -1 if posted("to") == "up" else 1
    save(lambda _, plan: Asked(after=in_order(plan, listed.name, slug, by)))
    return redirect(f"{url_for(listed.page)}#place-{slug}", 303)
