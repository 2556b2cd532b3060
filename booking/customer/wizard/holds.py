"""The time that a tab holds: taken, kept, held for longer, and what the customer sees of it.

A time is held for a few minutes at first, and longer once its customer has begun to type: holding
costs nobody anything, and to type something shows that somebody is there.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.operations import holds
from booking.operations.requests import (
    NoHold,
    NoMoreTime,
    ProofOfWorkRequired,
    SlotUnavailable,
    VisitorLimit,
)
from booking.state import current_sidebook
from booking.storage.models import Hold, Service, StaffMember
from booking.tab_sessions import DeferredResponse, TabSession
from booking.web import urls
from booking.web.rendering import render
from booking.web.visitor import visitor

from . import challenge
from .state import SlotState, WizardState, find_by_slug, load_state, required, slot_value
from .texts import MANY_HELD, NO_MORE_TIME, NOT_HELD, TIME_LOST, visitor_limit

SECONDS_LEFT = "Hold-Seconds-Left"
"""The header that tells the countdown on the page how long the time is held now."""
_WORTHWHILE = 60  # seconds: a hold that would gain less is left as it is


def hold_slot(
    wizard: WizardState,
    service: Service,
    staff: Sequence[StaffMember],
    start: datetime,
    *,
    savepoint: bool = True,
) -> Hold:
    """Hold that time with one of the staff, and write it into the draft.

    Without a `savepoint` a refusal rolls back the whole request.

    Raises: SlotUnavailable, VisitorLimit or ProofOfWorkRequired.
    """
    settings, draft = current_sidebook().settings, wizard.draft
    wizard.tab_hold = made = holds.hold(
        wizard.tab.session,
        tab_key=required(wizard.tab.key),
        service=service,
        staff=staff,
        start=start,
        now=wizard.tab.now,
        minutes=settings.hold_minutes,
        at_first=settings.hold_minutes if draft.has_details else settings.first_hold_minutes,
        tab_began=wizard.tab.began_at,
        extensions=settings.hold_extensions,
        visitor=visitor(),
        proof=challenge.proof(wizard, start),
        savepoint=savepoint,
    )
    draft.slot = slot_value(start)
    draft.staff_member = next(member.slug for member in staff if member.id == made.staff_member_id)
    return made


def keep_slot(
    wizard: WizardState, service: Service, candidates: Sequence[StaffMember]
) -> list[str]:
    """Keep the chosen time for another choice of service or staff; return what is said of it."""
    draft, start = wizard.draft, wizard.draft.start
    current = find_by_slug(candidates, draft.staff_member)
    if start is None or (wizard.service is service and current is not None):
        return []
    when = formats.format_moment(start, wizard.zone)
    for staff in ([current] if current else []), candidates:
        if staff and _could_hold(wizard, service, staff, start):
            return [_("Your time is kept: %(when)s.", when=when)]
    tab = wizard.tab
    holds.release_but_keep_clock(tab.session, tab_key=required(tab.key), now=tab.now)
    draft.forget_slot()
    lost = _(
        "%(when)s could not be kept for this choice, so please choose a time again.", when=when
    )
    return [lost]


def not_held(wizard: WizardState, made: Hold) -> list[str]:
    """Return why a time that was just chosen is not held; nothing where it is."""
    if not made.is_over(wizard.tab.now):
        return []
    is_used_up = _longest(made) <= int(wizard.tab.now.timestamp())
    return [_(NOT_HELD) if is_used_up else _(MANY_HELD)]


def prolong(wizard: WizardState) -> dict[str, str]:
    """Hold the tab's time to its full length; return the header that says how long that is."""
    held, now, settings = wizard.hold, wizard.tab.now, current_sidebook().settings
    if held and _last(held, now) - held.expires_at >= _WORTHWHILE:
        wizard.tab_hold = held = holds.prolong(
            wizard.tab.session,
            held,
            now=now,
            minutes=settings.hold_minutes,
            most=settings.hold_extensions,
            visitor=visitor(),
        )
    if held is None or held.is_over(now):
        return {}
    return {SECONDS_LEFT: str(held.expires_at - int(now.timestamp()))}


def more_time(tab: TabSession) -> DeferredResponse:
    """Hold the chosen time for longer; only the countdown is answered."""
    answer = partial(tab.render_after_commit, render_hold)
    try:
        _extend(tab)
    except VisitorLimit as reached:
        return answer(visitor_limit(reached.limit), status=429)
    except NoMoreTime:
        return answer(_(NO_MORE_TIME), status=409)
    except ProofOfWorkRequired:
        return answer(status=428, asks_sum=True)
    except (NoHold, SlotUnavailable):
        return answer(_(TIME_LOST), status=409)
    return answer()


def render_hold(tab: TabSession, message: str = "", *, asks_sum: bool = False) -> str:
    """Return the countdown alone, after "more time"; with a sum, where that costs one."""
    wizard = load_state(tab)
    panel = hold_panel(wizard) or no_hold()
    if asks_sum and panel["extendable"]:
        panel = panel | {"challenge": challenge.challenge(wizard, required(wizard.draft.start))}
    return render("_hold.html", wizard.shop, hold=panel, message=message)


def no_hold() -> dict[str, Any]:
    """Return what the countdown shows where no time is held any more."""
    return {
        "expires_at": "",
        "seconds_left": 0,
        "words": formats.format_time_left(0),
        "extend_url": None,
        "extendable": False,
        "over": True,
        "longer": "",
        "is_said": False,
        "challenge": None,
    }


def hold_panel(
    wizard: WizardState, *, typing_prolongs: bool = False, notices: Iterable[Any] = ()
) -> dict[str, Any] | None:
    """Return what the countdown shows; None as long as no time is chosen, or once it is lost.

    What one of the page's `notices` says is not said again: that the time is not held.
    """
    if wizard.slot_state not in {SlotState.HELD, SlotState.OVER} or wizard.hold is None:
        return None
    left = max(0, wizard.hold.expires_at - int(wizard.tab.now.timestamp()))
    return {
        "expires_at": wizard.hold.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds_left": left,
        "words": formats.format_time_left(left),
        "extend_url": urls.address("hold/extension"),
        "extendable": wizard.hold.extensions < current_sidebook().settings.hold_extensions,
        "over": wizard.slot_state is SlotState.OVER,
        "longer": _full_length(wizard, left) if typing_prolongs else "",
        "is_said": not {_(MANY_HELD), _(NOT_HELD)}.isdisjoint(notices),
        "challenge": None,
    }


def _full_length(wizard: WizardState, left: int) -> str:
    """How long the time is held once the customer has begun to type; empty where that is so."""
    full = current_sidebook().settings.hold_minutes
    is_longer = left + 60 < 60 * full and not wizard.draft.has_details
    return formats.format_duration(full) if is_longer else ""


def _could_hold(
    wizard: WizardState, service: Service, staff: Sequence[StaffMember], start: datetime
) -> bool:
    try:
        hold_slot(wizard, service, staff, start)
    except (SlotUnavailable, VisitorLimit, ProofOfWorkRequired):
        return False
    return True


def _extend(tab: TabSession) -> None:
    if tab.state == "new":
        raise NoHold
    wizard, settings = load_state(tab), current_sidebook().settings
    start = wizard.draft.start
    holds.extend(
        tab.session,
        tab_key=required(tab.key),
        now=tab.now,
        minutes=settings.hold_minutes,
        most=settings.hold_extensions,
        visitor=visitor(),
        proof=challenge.proof(wizard, start) if start and wizard.service else None,
    )


def _last(held: Hold, now: datetime) -> int:
    full = 60 * current_sidebook().settings.hold_minutes
    return min(int(now.timestamp()) + full, _longest(held))


def _longest(held: Hold) -> int:
    settings = current_sidebook().settings
    return held.held_since + 60 * settings.hold_minutes * (1 + settings.hold_extensions)
