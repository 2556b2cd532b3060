"""A tab is over: the next booking begins with what the last form of the old one carried.

The old draft is erased by then: what its last form said stands in `summary.recovery_fields`.
"""

from __future__ import annotations

from booking.i18n import words
from booking.operations.errors import ProofOfWorkRequired, SlotUnavailable, VisitorLimit
from booking.tab_sessions import DeferredResponse, TabSession
from booking.web import urls
from booking.web.shop import named_zone

from . import answers
from .autosave import to_keep
from .draft import slot_start
from .form_fields import posted, typed_values
from .posts import accept, keep
from .sentences import TOO_MUCH, why
from .state import WizardState, load_state, with_slug

HELD_AGAIN = "Your time is held for you again: {when}."


def carry_on(tab: TabSession) -> DeferredResponse:
    """A new booking that begins with what was sent when the old one was found to be over."""
    here = load_state(tab)
    if not here.draft.typed:  # what this tab has typed since is newer
        here.draft.typed = to_keep(typed_values())
    if named_zone(posted("zone")):
        here.draft.zone = posted("zone")
    chosen = with_slug(here.services, posted("service"))
    if chosen is None or not here.draft.is_empty:
        return accept(here, [])
    return _hold_again(here, answers.take_service(here, chosen, posted("staff")))


def _hold_again(before: WizardState, told: list[str]) -> DeferredResponse:
    """The same time, if it is still to be had; else the nearest ones."""
    here, start = load_state(before.tab, before.draft), slot_start(posted("slot"))
    if start is None or not here.candidates:
        return accept(here, told)
    place = {"HX-Replace-Url": urls.step_url("time")}
    try:
        answers.take_slot(here, start)
    except SlotUnavailable as lost:
        told = [*told, why(lost.reason, here.service)]
        return keep(here, 409, "time", alerts=told, lost=start, headers=place)
    except VisitorLimit as reached:
        told = [*told, TOO_MUCH[reached.limit]]
        return keep(here, 429, "time", alerts=told, headers=place)
    except ProofOfWorkRequired:
        more = {"chosen": start, "asks_sum": True}
        return keep(here, 428, "time", notices=told, headers=place, **more)
    return accept(here, [*told, HELD_AGAIN.format(when=words.moment(start, here.zone))])
