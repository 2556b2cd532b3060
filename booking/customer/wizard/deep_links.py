"""Links into the wizard: `?service=` and `?staff=` preselect, and never overwrite an answer."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response
from markupsafe import Markup

from booking.storage.models import Service, StaffMember
from booking.tab_sessions import TabSession
from booking.web import urls

from . import pages
from .draft import ANY
from .state import WizardState, load_state, offering, with_slug

SWITCH = Markup(
    '{said} <a href="{url}" hx-get="{fragment_url}" hx-target="#step"'
    ' hx-swap="outerHTML show:top" hx-push-url="{url}">{label}</a>'
)


def show(tab: TabSession, service_slug: str, staff_slug: str) -> Response:
    """The step that the link leads to: posted by itself in an empty draft, offered in another."""
    here = load_state(tab)
    service = with_slug(here.services, service_slug)
    member = with_slug(_everyone(here.services), staff_slug)
    preferred = staff_slug if member or staff_slug == ANY else ""
    notices = _unknown(service_slug, service, staff_slug, preferred)
    if not here.draft.is_empty:
        return pages.show(tab, notices=[*notices, *_different(here, service, member)])
    if len(here.services) == 1 and preferred:
        alone = not notices
        return pages.show(tab, "staff", notices=notices, chosen=preferred, submit_on_load=alone)
    if service or preferred:
        return _preselected(tab, here, service, member, preferred, notices)
    return pages.show(tab, notices=notices)


def _preselected(
    tab: TabSession,
    here: WizardState,
    service: Service | None,
    member: StaffMember | None,
    preferred: str,
    notices: list[str],
) -> Response:
    offered = [each for each in here.services if member in offering(each)] if member else []
    if service is None and len(offered) == 1:
        service = offered[0]
    if service is None and member:
        notices = [*notices, f"{member.name} offers: {', '.join(each.name for each in offered)}."]
    return pages.show(
        tab,
        "service",
        notices=notices,
        chosen=service.slug if service else "",
        preferred_staff=preferred,
        submit_on_load=service is not None and not notices,  # or nobody could read them
    )


def _everyone(services: Sequence[Service]) -> list[StaffMember]:
    return [member for service in services for member in offering(service)]


def _unknown(
    service_slug: str, service: Service | None, staff_slug: str, preferred: str
) -> list[str]:
    notices = []
    if service_slug and service is None:
        notices.append("The link you followed names a service that is not offered here.")
    if staff_slug and not preferred:
        notices.append("The link you followed names someone who cannot be booked here.")
    return notices


def _different(here: WizardState, service: Service | None, member: StaffMember | None) -> list[str]:
    if service and service is not here.service:
        wish = {"service": service.slug} | ({"staff": member.slug} if member else {})
        label = f"Change to {service.name}"
        return [_switch(_now_booking(here), label, urls.to("service", **wish))]
    if member and member in here.staff and here.draft.staff not in {"", member.slug}:
        said = f"Your answers so far are kept, though your link was for {member.name}."
        return [_switch(said, f"Change to {member.name}", urls.to("staff", staff=member.slug))]
    return []


def _now_booking(here: WizardState) -> str:
    name = here.service.name if here.service else "another service"
    return f"In this tab you are booking {name}, and your link was for something else."


def _switch(said: str, label: str, link: dict[str, str]) -> str:
    return SWITCH.format(said=said, label=label, **link)
