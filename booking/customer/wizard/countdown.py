"""What the customer sees of a hold: how long it lasts, and whether more time can be had."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from booking.i18n import words
from booking.state import current_sidebook
from booking.web import urls

from .sentences import MANY_HELD, NOT_HELD
from .state import SlotState, WizardState

NO_HOLD: dict[str, Any] = {
    "expires_at": "",
    "seconds_left": 0,
    "words": words.time_left(0),
    "extend_url": None,
    "extendable": False,
    "over": True,
}


def hold_panel(here: WizardState, step: str = "") -> dict[str, Any] | None:
    """None as long as no time is chosen, or once it is lost."""
    if here.slot_state not in {SlotState.HELD, SlotState.OVER} or here.hold is None:
        return None
    left = max(0, here.hold.expires_at - int(here.tab.now.timestamp()))
    return {
        "expires_at": here.hold.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds_left": left,
        "words": words.time_left(left),
        "extend_url": urls.address("hold/extension"),
        "extendable": here.hold.extensions < current_sidebook().settings.hold_extensions,
        "over": here.slot_state is SlotState.OVER,
        "longer": _longer(here, left) if step == "details" else "",
    }


def told(panel: dict[str, Any] | None, notices: Iterable[Any]) -> dict[str, Any] | None:
    """The panel, told not to say again what a notice on the same page says: it is not held."""
    is_said = not {MANY_HELD, NOT_HELD}.isdisjoint(notices)
    return panel | {"is_said": is_said} if panel else None


def _longer(here: WizardState, left: int) -> str:
    """How long the time is held once the customer has begun to type; empty where that is so."""
    full = current_sidebook().settings.hold_minutes
    return words.duration(full) if left + 60 < 60 * full and not here.draft.has_details else ""
