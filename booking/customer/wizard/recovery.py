"""A tab session is over: a new booking begins with what the last form of the old one carried.

The old draft no longer exists by then: its answers stand in fields of that form, see `Step`.
"""

from booking.tab_sessions import DeferredResponse, TabSession

from .progress import steps
from .replies import accept
from .state import load_state


def recoverable_fields() -> frozenset[str]:
    """Return the fields that go along into the new booking though nobody typed them."""
    return frozenset(name for step in steps() for name in step.recoverable)


def resume(tab: TabSession) -> DeferredResponse:
    """Begin a booking with what was sent when the old one was found to be over."""
    wizard, refusal = load_state(tab), None
    notices: list[str] = []
    draft, is_new = wizard.draft, wizard.draft.is_empty
    for step in steps():
        refusal = step.resume(load_state(tab, draft), notices, is_new=is_new) or refusal
    draft.store(tab.data)
    return refusal or accept(wizard, notices)
