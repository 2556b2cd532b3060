"""What was typed into the details and not accepted yet: kept unchecked, to fill the form again."""

from __future__ import annotations

from collections.abc import Mapping

from booking.tab_sessions import TabSession

from . import conflicts
from .form_fields import posted, typed_values
from .lengthening import lengthen
from .state import WizardState, load_state

MOST_TYPED = 12_000
SAVED = ("", 204)


def keep_typed(tab: TabSession) -> tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Save what is being typed, so that a refresh shows it again; nothing is checked.

    All that is told is how long the time is held now that somebody types. It may arrive after the
    form it comes from was sent: then that form has the last word.
    """
    if tab.state == "new":  # the tab was ended meanwhile; what is typed begins no new one
        return SAVED
    here = load_state(tab)
    if is_late(here, posted("answer_version"), posted("details_revision")):
        return SAVED
    note(here, filled_in(here, typed_values()), posted("answer_version"))
    here.draft.store(tab.data)
    return *SAVED, lengthen(here)


def is_late(here: WizardState, answer_version: str, turn: str) -> bool:
    """Whether the details were sent, here or in a twin, since that form was rendered."""
    return conflicts.is_overtaken(here, "details", answer_version) or turn != str(here.draft.round)


def note(here: WizardState, typed: Mapping[str, str], answer_version: str) -> None:
    """Remember what was typed into a form with that mark; nothing, where it is what is accepted."""
    stored = filled_in(here, here.draft.accepted_values())
    here.draft.typed = {} if typed == stored else to_keep(typed)
    here.draft.typed_over = answer_version if here.draft.typed else ""


def filled_in(here: WizardState, typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is in each field of the details: a box that is not ticked is not sent."""
    return {spec.name: typed.get(spec.name, "") for spec in here.field_specs}


def to_keep(typed: Mapping[str, str]) -> dict[str, str]:
    """As much of what was typed as a draft can carry: the last of it is cut off."""
    kept, room = {}, MOST_TYPED
    for name, value in typed.items():
        kept[name] = value[:room]
        room -= len(kept[name])
    return kept
