"""The first step: which service."""

from collections.abc import Mapping, Sequence
from typing import Any

from booking.customer.wizard.form_fields import posted
from booking.customer.wizard.fragments import Rows, accept, ask_which, refuse, rows
from booking.customer.wizard.holds import keep_slot
from booking.customer.wizard.state import (
    ANY,
    WizardState,
    active_staff,
    eligible_staff,
    find_by_slug,
    load_state,
)
from booking.customer.wizard.texts import duration_and_price
from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.state import current_request, current_sidebook
from booking.storage.models import Service, StaffMember
from booking.tab_sessions import DeferredResponse

from .base import Row, Step


class ServiceStep(Step):
    """Which service; a link may name with it the staff member."""

    name = "service"
    label = gettext_noop("Service")
    heading = gettext_noop("What would you like to book?")
    owns = ("service",)
    link_args = ("service", "staff")
    recoverable = ("service",)
    is_same_for_all = True

    def is_answered(self, wizard: WizardState) -> bool:
        """Whether the chosen service is still offered, or is the only one."""
        return wizard.service is not None

    def is_skipped(self, wizard: WizardState) -> bool:
        """Whether there is one service, and no other was chosen before."""
        return len(wizard.services) == 1 and wizard.service is not None

    def read_link_args(self, args: Mapping[str, str]) -> dict[str, Any]:
        """Return the service and the staff member that a link names."""
        return {"chosen": args.get("service", ""), "preferred_staff": args.get("staff", "")}

    def context(
        self,
        wizard: WizardState,
        *,
        chosen: str = "",
        preferred_staff: str = "",
        submit_on_load: bool = False,
        error: str = "",
    ) -> dict[str, Any]:
        """Return the services on offer; `chosen` is one that is marked before it is posted."""
        marked = chosen or (wizard.service.slug if wizard.service else "")
        return {
            "services": [_card(each, marked) for each in wizard.services],
            "preferred_staff": preferred_staff,
            "submit_on_load": submit_on_load,
            "alerts": _alerts(wizard),
            "errors": {"service": error} if error else {},
            "desk_url": "" if wizard.services else _desk_url(),
        }

    def submit(self, wizard: WizardState) -> DeferredResponse:
        """Take the service, and with it perhaps the staff member that a link named."""
        tab, preferred = wizard.tab, posted("staff")
        chosen = find_by_slug(wizard.services, posted("service"))
        if chosen is None:
            error = _("Choose one of the services listed.")
            return refuse(tab, self, 422, error=error, preferred_staff=preferred)
        if differing := self.differences(wizard, chosen):
            return ask_which(tab, self, differing, chosen=chosen.slug)
        return accept(wizard, take_service(wizard, chosen, preferred))

    def differences(self, wizard: WizardState, chosen: Service) -> Rows:
        """Return what differs when that service is chosen."""
        stored = find_by_slug(wizard.services, wizard.draft.service)
        return rows(wizard, self, stored.name if stored else "", chosen.name)

    def summary(self, wizard: WizardState, at: Step) -> list[Row]:  # noqa: ARG002
        """Return the service, how long it takes and what it costs."""
        service = wizard.service
        if service is None:
            return []
        return [Row(_("Service"), service.name, duration_and_price(service))]

    def review(self, wizard: WizardState) -> list[Row]:
        """Return the same line for the review."""
        return self.summary(wizard, self)

    def recovery_fields(self, wizard: WizardState) -> dict[str, str]:
        """Return the chosen service, or the only one."""
        return {"service": wizard.service.slug if wizard.service else ""}

    def resume(
        self, wizard: WizardState, notices: list[str], *, is_new: bool
    ) -> DeferredResponse | None:
        """Begin the new booking with the service and the staff of the old one."""
        chosen = find_by_slug(wizard.services, posted("service"))
        if is_new and chosen:
            notices += take_service(wizard, chosen, posted("staff"))
        return None


def take_service(wizard: WizardState, service: Service, preferred: str) -> list[str]:
    """Write the service into the draft; return which later answers had to be dropped.

    `preferred` is a staff member's slug that a link may have brought; empty for none.
    """
    draft, staff = wizard.draft, active_staff(service)
    details_were_valid = wizard.details_are_valid
    notices = _keep_staff(wizard, service, staff, preferred)
    draft.service = service.slug
    notices += keep_slot(wizard, service, eligible_staff(staff, draft.staff))
    if details_were_valid and not load_state(wizard.tab, draft).details_are_valid:
        asks_more = _(
            "%(service)s asks something more: please look at your details again.",
            service=service.name,
        )
        notices.append(asks_more)
    return notices


def _keep_staff(
    wizard: WizardState, service: Service, staff: Sequence[StaffMember], preferred: str
) -> list[str]:
    draft, slugs, notices = wizard.draft, {ANY, *(member.slug for member in staff)}, []
    if preferred in slugs:
        draft.staff = preferred
    elif preferred:
        notices.append(
            _("The person you asked for does not offer %(service)s.", service=service.name)
        )
    if not draft.staff and draft.staff_member in slugs:
        draft.staff = draft.staff_member  # the only one there was; now there are others
    if draft.staff not in {"", *slugs}:
        notices.append(_not_offered_by(find_by_slug(wizard.staff, draft.staff), service))
        draft.staff = ""
    return notices


def _not_offered_by(member: StaffMember | None, service: Service) -> str:
    if member is None:
        return _("Your choice does not offer %(service)s.", service=service.name)
    return _("%(name)s does not offer %(service)s.", name=member.name, service=service.name)


def _card(service: Service, marked: str) -> dict[str, Any]:
    names = formats.join_or([member.name for member in active_staff(service)])
    return {
        "slug": service.slug,
        "name": service.name,
        "description": service.description,
        "duration_words": formats.format_duration(service.duration),
        "price": service.price,
        "staff_words": _("with %(names)s", names=names),
        "checked": service.slug == marked,
    }


def _desk_url() -> str:
    """Where the shop reads why its page is empty; empty: there is no desk."""
    prefix = current_sidebook().desk_prefix
    return f"{current_request().script_root}{prefix}/services" if prefix else ""


def _alerts(wizard: WizardState) -> list[str]:
    if not wizard.services:
        return [_("Nothing can be booked online at the moment. Please get in touch with us.")]
    if wizard.draft.service and wizard.service is None:
        return [_("The service you chose is no longer offered. Please choose another one.")]
    return []
