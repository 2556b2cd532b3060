"""Links into the wizard: `?service=` and `?staff=` preselect, and never overwrite an answer."""

from collections.abc import Sequence

from flask import Response, request
from markupsafe import Markup

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.storage.models import Service, StaffMember
from booking.tab_sessions import TabSession
from booking.web import urls

from . import fragments
from .state import ANY, WizardState, active_staff, find_by_slug, load_state

SWITCH = Markup(
    '{said} <a href="{link.url}" hx-get="{link.fragment_url}" hx-target="#step"'
    ' hx-swap="outerHTML show:top" hx-push-url="{link.url}">{label}</a>'
)


def show_open_step(tab: TabSession) -> Response:
    """Show the step that is open to this tab; a link that preselects may make more of it."""
    service, staff = request.args.get("service", ""), request.args.get("staff", "")
    if tab.state == "completed" or not (service or staff):
        return fragments.show(tab)
    return _follow(tab, service, staff)


def _follow(tab: TabSession, service_slug: str, staff_slug: str) -> Response:
    """Show where the link leads: posted by itself in an empty draft, offered in another."""
    wizard = load_state(tab)
    service = find_by_slug(wizard.services, service_slug)
    member = find_by_slug(_everyone(wizard.services), staff_slug)
    preferred = staff_slug if member or staff_slug == ANY else ""
    notices = _unknown(service_slug, service, staff_slug, preferred)
    if not wizard.draft.is_empty:
        return fragments.show(tab, notices=[*notices, *_different(wizard, service, member)])
    if len(wizard.services) == 1 and preferred:
        alone = not notices
        return fragments.show(tab, "staff", notices=notices, chosen=preferred, submit_on_load=alone)
    if service or preferred:
        return _preselected(tab, wizard, service, member, preferred, notices)
    return fragments.show(tab, notices=notices)


def _preselected(
    tab: TabSession,
    wizard: WizardState,
    service: Service | None,
    member: StaffMember | None,
    preferred: str,
    notices: list[str],
) -> Response:
    offered = [each for each in wizard.services if member in active_staff(each)] if member else []
    if service is None and len(offered) == 1:
        service = offered[0]
    if service is None and member:
        names = formats.join_list([each.name for each in offered])
        notices = [*notices, _("%(name)s offers: %(services)s.", name=member.name, services=names)]
    return fragments.show(
        tab,
        "service",
        notices=notices,
        chosen=service.slug if service else "",
        preferred_staff=preferred,
        submit_on_load=service is not None and not notices,  # or nobody could read them
    )


def _everyone(services: Sequence[Service]) -> list[StaffMember]:
    return [member for service in services for member in active_staff(service)]


def _unknown(
    service_slug: str, service: Service | None, staff_slug: str, preferred: str
) -> list[str]:
    notices = []
    if service_slug and service is None:
        notices.append(_("The link you followed names a service that is not offered here."))
    if staff_slug and not preferred:
        notices.append(_("The link you followed names someone who cannot be booked here."))
    return notices


def _different(
    wizard: WizardState, service: Service | None, member: StaffMember | None
) -> list[str]:
    if service and service is not wizard.service:
        wish = {"service": service.slug} | ({"staff": member.slug} if member else {})
        label = _("Change to %(choice)s", choice=service.name)
        return [_switch(_now_booking(wizard), label, urls.to("service", **wish))]
    if member and member in wizard.staff and wizard.draft.staff not in {"", member.slug}:
        said = _(
            "Your answers so far are kept, though your link was for %(name)s.", name=member.name
        )
        label = _("Change to %(choice)s", choice=member.name)
        return [_switch(said, label, urls.to("staff", staff=member.slug))]
    return []


def _now_booking(wizard: WizardState) -> str:
    if wizard.service is None:
        return _(
            "In this tab you are booking another service, and your link was for something else."
        )
    return _(
        "In this tab you are booking %(service)s, and your link was for something else.",
        service=wizard.service.name,
    )


def _switch(said: str, label: str, link: urls.Link) -> str:
    return SWITCH.format(said=said, label=label, link=link)
