"""The second step: with whom."""

from collections.abc import Mapping
from typing import Any

from booking.customer.wizard.form_fields import posted
from booking.customer.wizard.fragments import Rows, accept, ask_which, refuse, rows
from booking.customer.wizard.holds import keep_slot
from booking.customer.wizard.state import (
    ANY,
    SlotState,
    WizardState,
    eligible_staff,
    find_by_slug,
    required,
)
from booking.customer.wizard.texts import ANYONE, PREVIOUS_STEP_FIRST
from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.tab_sessions import DeferredResponse

from .base import Row, Step


class StaffStep(Step):
    """With whom: somebody who offers the service, or any of them."""

    name = "staff"
    label = gettext_noop("Person")
    heading = gettext_noop("Who would you like to see?")
    owns = ("staff",)
    link_args = ("staff",)
    recoverable = ("staff",)
    is_same_for_all = True

    def is_answered(self, wizard: WizardState) -> bool:
        """Whether the choice leaves anybody."""
        return bool(wizard.candidates)

    def is_skipped(self, wizard: WizardState) -> bool:
        """Whether one person offers the service, and no other was chosen before."""
        return len(wizard.staff) == 1 and bool(wizard.candidates)

    def read_link_args(self, args: Mapping[str, str]) -> dict[str, Any]:
        """Return whom a link names."""
        return {"chosen": args.get("staff", "")}

    def context(
        self,
        wizard: WizardState,
        *,
        chosen: str = "",
        submit_on_load: bool = False,
        error: str = "",
    ) -> dict[str, Any]:
        """Return who offers the service, after 'any' of them."""
        marked = chosen or (wizard.draft.staff if wizard.candidates else "")
        names = formats.join_or([member.name for member in wizard.staff])
        anyone = (ANY, _(ANYONE), _("The most times to choose from: %(names)s.", names=names))
        members = [(member.slug, member.name, member.about) for member in wizard.staff]
        return {
            "alerts": _alerts(wizard),
            "staff": [
                {"slug": slug, "name": name, "about": about, "checked": slug == marked}
                for slug, name, about in [anyone, *members]
            ],
            "submit_on_load": submit_on_load,
            "errors": {"staff": error} if error else {},
        }

    def submit(self, wizard: WizardState) -> DeferredResponse:
        """Take the choice: 'any' or the slug of somebody who offers the service."""
        tab, choice = wizard.tab, posted("staff")
        if wizard.service is None:
            return refuse(tab, None, 409, [_(PREVIOUS_STEP_FIRST)])
        if choice != ANY and find_by_slug(wizard.staff, choice) is None:
            return refuse(tab, self, 422, error=_("Choose one of the people listed."))
        if differing := self.differences(wizard, choice):
            return ask_which(tab, self, differing, chosen=choice)
        wizard.draft.service, wizard.draft.staff = wizard.service.slug, choice
        candidates = eligible_staff(wizard.staff, choice)
        return accept(wizard, keep_slot(wizard, wizard.service, candidates))

    def differences(self, wizard: WizardState, choice: str) -> Rows:
        """Return what differs when that choice of staff is made."""
        return rows(wizard, self, _person(wizard, wizard.draft.staff), _person(wizard, choice))

    def summary(self, wizard: WizardState, at: Step) -> list[Row]:
        """Return with whom; after the time was chosen, whose time it is."""
        if not wizard.candidates:
            return []
        return [Row(_("With"), _with_whom(wizard, at))]

    def review(self, wizard: WizardState) -> list[Row]:
        """Return with whom, and whether they were chosen for the customer."""
        is_any = wizard.draft.staff == ANY
        chosen = _("Chosen for you: you said anyone who is free.") if is_any else None
        return [Row(_("Person"), required(wizard.staff_member).name, chosen)]

    def recovery_fields(self, wizard: WizardState) -> dict[str, str]:
        """Return the choice."""
        return {"staff": wizard.draft.staff}


def _with_whom(wizard: WizardState, at: Step) -> str:
    is_later = at.name != "time" and wizard.slot_state is not SlotState.LOST
    if is_later and wizard.staff_member:
        return wizard.staff_member.name
    return wizard.candidates[0].name if len(wizard.candidates) == 1 else _(ANYONE)


def _person(wizard: WizardState, choice: str) -> str:
    member = find_by_slug(wizard.staff, choice)
    return _(ANYONE) if choice == ANY else member.name if member else ""


def _alerts(wizard: WizardState) -> list[str]:
    if wizard.draft.staff and not wizard.candidates:
        return [_("The person you chose can no longer be booked for this. Please choose again.")]
    return []
