"""What was typed into the details and not accepted yet: kept unchecked, to fill the form again."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from booking.tab_sessions import TabSession

from . import forms, stale
from .standing import Standing, stand

MOST_TYPED = 12_000
SAVED = ("", 204)


def keep_typed(tab: TabSession) -> tuple[str, int]:
    """Save what is being typed, so that a refresh shows it again; nothing is checked or told.

    It may arrive after the form it comes from was sent: then that form has the last word.
    """
    if tab.state == "new":  # the tab was ended meanwhile; what is typed begins no new one
        return SAVED
    here = stand(tab)
    if is_late(here, request.form.get("seen", ""), request.form.get("round", "")):
        return SAVED
    note(here, filled_in(here, typed_values()), request.form.get("seen", ""))
    here.draft.store(tab.data)
    return SAVED


def is_late(here: Standing, seen: str, turn: str) -> bool:
    """Whether the details were sent, here or in a twin, since that form was rendered."""
    return stale.is_overtaken(here, "details", seen) or turn != str(here.draft.round)


def note(here: Standing, typed: Mapping[str, str], seen: str) -> None:
    """Remember what was typed into a form with that mark; nothing, where it is what is accepted."""
    stored = filled_in(here, forms.accepted_values(here.draft))
    here.draft.typed = {} if typed == stored else to_keep(typed)
    here.draft.typed_over = seen if here.draft.typed else ""


def filled_in(here: Standing, typed: Mapping[str, str]) -> dict[str, str]:
    """Every blank of the details with what is in it: a box that is not ticked is not sent."""
    return {blank.name: typed.get(blank.name, "") for blank in here.blanks}


def typed_values() -> dict[str, str]:
    """What was posted of the details, unchecked."""
    return {name: value for name, value in request.form.items() if forms.is_typed(name)}


def to_keep(typed: Mapping[str, str]) -> dict[str, str]:
    """As much of what was typed as a draft can carry: the last of it is cut off."""
    kept, room = {}, MOST_TYPED
    for name, value in typed.items():
        kept[name] = value[:room]
        room -= len(kept[name])
    return kept
