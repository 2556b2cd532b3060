"""The time step: a month, the free times of one day, the zone; the chosen time is held."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from booking.customer.appointment.presenter import zone_note
from booking.customer.wizard import challenge
from booking.customer.wizard.form_fields import posted
from booking.customer.wizard.fragments import Rows, accept, ask_which, go_on, keep, refuse, rows
from booking.customer.wizard.holds import hold_slot, not_held, prolong
from booking.customer.wizard.state import (
    SlotState,
    WizardState,
    iso_day,
    required,
    slot_start,
)
from booking.customer.wizard.texts import PREVIOUS_STEP_FIRST, slot_unavailable, visitor_limit
from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.operations.requests import ProofOfWorkRequired, SlotUnavailable, VisitorLimit
from booking.tab_sessions import DeferredResponse, TabSession
from booking.web import urls
from booking.web.rendering import named_zone

from . import live_times
from .base import Row, Step
from .calendar import Calendar
from .live_times import search_in

NO_CHALLENGE = gettext_noop("Many times are being held just now. Please try again in a moment.")
NOT_TAKEN = (SlotUnavailable, VisitorLimit, ProofOfWorkRequired)


class TimeStep(Step):
    """When; or, by a button of its own, another zone to see the times in."""

    name = "time"
    label = gettext_noop("Time")
    heading = gettext_noop("When would you like to come?")
    owns = ("slot",)
    link_args = ("day", "month")
    recoverable = ("slot", "zone")

    def is_answered(self, wizard: WizardState) -> bool:
        """Whether the chosen time is held or still free."""
        return wizard.slot_state in {SlotState.HELD, SlotState.OVER}

    def read_link_args(self, args: Mapping[str, str]) -> dict[str, Any]:
        """Return the day and the month (its first) that a link names."""
        month = iso_day(args.get("month", "") + "-01")
        return {"day": iso_day(args.get("day", "")), "month": month}

    def context(
        self,
        wizard: WizardState,
        *,
        day: date | None = None,
        month: date | None = None,
        lost: datetime | None = None,
        chosen: datetime | None = None,
        error: str = "",
        unknown_zone: str = "",
        asks_sum: bool = False,
    ) -> dict[str, Any]:
        """Return a month and the times of a day in it.

        `day` and `month` (its first) are what a link asked for; `lost` is a start just refused,
        `chosen` one that is marked before it is posted; `asks_sum` where that costs a sum.
        """
        day = chosen.astimezone(wizard.zone).date() if chosen else day
        shown = Calendar.of(search_in(wizard), day, month, lost)
        task = challenge.challenge(wizard, required(chosen)) if asks_sum else None
        no_task = [_(NO_CHALLENGE)] if asks_sum and not task else []
        gone = lost or (wizard.draft.start if wizard.slot_state is SlotState.LOST else None)
        return {
            "errors": {k: v for k, v in {"slot": error, "zone": unknown_zone}.items() if v},
            "alerts": _alerts(wizard, shown, is_said=lost is not None or bool(error)) + no_task,
            "nearest": shown.search.nearest(gone) if gone else [],
            "challenge": task,
            **shown.context(chosen or wizard.draft.start),
            **_zones(wizard, shown),
            "live": live_times.live(wizard, shown),
        }

    def stands_on(self, tab: TabSession, **asked: Any) -> Any:
        """Return what is free of what is shown, and the state of the tab's own hold."""
        return live_times.stands_on(tab, **asked)

    def submit(self, wizard: WizardState) -> DeferredResponse:
        """Take the time, which is then held; or another zone to see the times in."""
        draft, start = wizard.draft, slot_start(posted("slot"))
        if not wizard.candidates:
            return refuse(wizard.tab, None, 409, [_(PREVIOUS_STEP_FIRST)])
        if named_zone(posted("zone")):
            draft.zone = posted("zone")
        if posted("change") == "zone":
            return self._change_zone(wizard)
        if start is None:
            error, day = _("Choose a time."), iso_day(posted("day"))
            return refuse(wizard.tab, self, 422, error=error, zone=draft.zone, day=day)
        return self._take(wizard, start)

    def differences(self, wizard: WizardState, start: datetime) -> Rows:
        """Return what differs when that time is chosen."""
        stored = wizard.draft.start
        kept = formats.format_moment(stored, wizard.zone) if stored else ""
        return rows(wizard, self, kept, formats.format_moment(start, wizard.zone))

    def summary(self, wizard: WizardState, at: Step) -> list[Row]:  # noqa: ARG002
        """Return when, and on whose clock."""
        start, end = wizard.draft.start, wizard.end
        if start is None or end is None:
            return []
        clock = zone_note(start, wizard.zone, wizard.shop_zone)
        return [Row(_("When"), formats.format_span(start, end, wizard.zone), clock)]

    def review(self, wizard: WizardState) -> list[Row]:
        """Return the same under the step's own name."""
        return [
            row._replace(label=_(self.label), field="slot") for row in self.summary(wizard, self)
        ]

    def recovery_fields(self, wizard: WizardState) -> dict[str, str]:
        """Return the time and the zone."""
        return {"slot": wizard.draft.slot, "zone": wizard.draft.zone}

    def resume(
        self, wizard: WizardState, notices: list[str], *, is_new: bool
    ) -> DeferredResponse | None:
        """Hold the same time again, if it is still to be had; else show the nearest ones."""
        if named_zone(posted("zone")):
            wizard.draft.zone = posted("zone")
        start = slot_start(posted("slot"))
        is_next = is_new and wizard.draft.service and wizard.candidates
        if start is None or not is_next:
            return None
        return self._hold_again(wizard, start, notices)

    def _take(self, wizard: WizardState, start: datetime) -> DeferredResponse:
        differing, zone, tab = self.differences(wizard, start), wizard.draft.zone, wizard.tab
        notices: list[str] = []
        try:
            notices = _take_slot(wizard, start, savepoint=False)
        except NOT_TAKEN as error:
            # A sum is asked for only once it is decided which of two times is meant.
            if not differing or not isinstance(error, ProofOfWorkRequired):
                status, alerts, extra = _why_not(wizard, start, error)
                return refuse(tab, self, status, alerts, zone=zone, **extra)
        if differing:  # asking answers 409, so this hold is rolled back and the one before stands
            return ask_which(tab, self, differing, zone=zone, chosen=start)
        return accept(wizard, notices)

    def _change_zone(self, wizard: WizardState) -> DeferredResponse:
        """Show the same times on another clock."""
        tab, day = wizard.tab, iso_day(posted("day"))
        if not named_zone(posted("zone")):
            error = _("Choose one of the zones listed.")
            return refuse(tab, self, 422, unknown_zone=error, day=day)
        wizard.draft.store(tab.data)
        return tab.render_after_commit(go_on, self.name, day=day)

    def _hold_again(
        self, wizard: WizardState, start: datetime, notices: list[str]
    ) -> DeferredResponse | None:
        place = {"HX-Replace-Url": urls.address(self.name)}
        try:
            held = _take_slot(wizard, start)
        except NOT_TAKEN as error:
            status, why, extra = _why_not(wizard, start, error)
            said = {"alerts": [*notices, *why]} if why else {"notices": [*notices]}
            return keep(wizard, status, self, headers=place, **said, **extra)
        when = formats.format_moment(start, wizard.zone)
        notices += held or [_("Your time is held for you again: %(when)s.", when=when)]
        return None


def _take_slot(wizard: WizardState, start: datetime, *, savepoint: bool = True) -> list[str]:
    """Hold the time; return why it is not held where it can only be confirmed.

    Raises: SlotUnavailable, VisitorLimit or ProofOfWorkRequired.
    """
    service = required(wizard.service)
    wizard.draft.service = service.slug
    if wizard.draft.start == start and wizard.slot_state is SlotState.HELD:
        if wizard.draft.has_details:
            prolong(wizard)
        return []
    return not_held(
        wizard, hold_slot(wizard, service, wizard.candidates, start, savepoint=savepoint)
    )


def _why_not(
    wizard: WizardState, start: datetime, error: Exception
) -> tuple[int, list[str], dict[str, Any]]:
    """Return the status for one of NOT_TAKEN, what is said of it, and what `context` shows then."""
    if isinstance(error, SlotUnavailable):
        return 409, [slot_unavailable(error.reason, wizard.service)], {"lost": start}
    if isinstance(error, VisitorLimit):
        return 429, [visitor_limit(error.limit)], {"day": iso_day(posted("day"))}
    return 428, [], {"chosen": start, "asks_sum": True}


def _zones(wizard: WizardState, shown: Calendar) -> dict[str, Any]:
    return {
        "zone": wizard.zone.key,
        "zones": sorted({wizard.zone.key, wizard.shop_zone.key}),
        "zones_url": urls.address("zones"),
        **shown.search.zone_labels(shown.slots[0].start if shown.slots else wizard.tab.now),
    }


def _alerts(wizard: WizardState, shown: Calendar, *, is_said: bool) -> list[str]:
    alerts = []
    is_said = is_said or wizard.lost_time_to_original  # the notice of the copy says it
    if wizard.slot_state is SlotState.LOST and not is_said and wizard.draft.start:
        alerts.append(_lost(wizard, formats.format_moment(wizard.draft.start, wizard.zone)))
    if not shown.slots and shown.next_free is None:
        alerts.append(_("No time is free at the moment. Please get in touch with us."))
    return alerts


def _lost(wizard: WizardState, when: str) -> str:
    if wizard.staff_member is None:
        return _(
            "The person your time was with can no longer be booked: %(when)s is given up. "
            "Please choose a time again; the rest is kept.",
            when=when,
        )
    return _("%(when)s is no longer free. Please choose another time; the rest is kept.", when=when)
