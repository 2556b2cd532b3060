"""A time is held for a few minutes at first, and longer once its customer has begun to type.

Holding costs nobody anything; to type something shows that somebody is there.
"""

from __future__ import annotations

from booking.operations import holds
from booking.state import current_sidebook
from booking.storage.models import Hold
from booking.web.visitor import visitor

from .state import WizardState

LEFT = "Hold-Seconds-Left"
"""The header that tells the countdown on the page how long the time is held now."""
_GAIN = 60  # seconds: for less, what is saved while somebody types leaves the hold alone


def at_first(here: WizardState) -> int:
    """For how many minutes a time is held that the tab chooses now."""
    settings = current_sidebook().settings
    first, whole = settings.first_hold_minutes, settings.hold_minutes
    return int(whole if here.draft.has_details else first)


def lengthen(here: WizardState) -> dict[str, str]:
    """Hold the tab's time to its full length, and the header that says how long that is."""
    held = here.hold
    if held and _last(held, here) - held.expires_at >= _GAIN:
        limits = {
            "minutes": current_sidebook().settings.hold_minutes,
            "most": current_sidebook().settings.hold_extensions,
        }
        now = here.tab.now
        held = holds.lengthen(here.tab.session, held, now=now, visitor=visitor(), **limits)
    if held is None or held.is_over(here.tab.now):
        return {}
    return {LEFT: str(held.expires_at - int(here.tab.now.timestamp()))}


def is_used_up(held: Hold, here: WizardState) -> bool:
    """Whether the tab has held times for as long as one can."""
    return _longest(held) <= int(here.tab.now.timestamp())


def _last(held: Hold, here: WizardState) -> int:
    full: int = int(here.tab.now.timestamp()) + 60 * current_sidebook().settings.hold_minutes
    return min(full, _longest(held))


def _longest(held: Hold) -> int:
    settings = current_sidebook().settings
    longest: int = 60 * settings.hold_minutes * (1 + settings.hold_extensions)
    return held.held_since + longest
