"""What was typed into the details and not accepted yet: kept unchecked, to fill the form again."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from flask import request

from booking.contact import forms
from booking.storage.catalogue import remembered
from booking.tab_sessions import TabSession
from booking.web.shop import nameless, phone_region, state

from . import conflicts
from .lengthening import lengthen
from .state import WizardState, load_state

MOST_TYPED = 12_000
MOST_FIELDS = 200
LONGEST_NAME = 100  # of a field: a question's key has 80 characters at most
_FOUND = "booking.typed"
SAVED = ("", 204)


def keep_typed(tab: TabSession) -> tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Save what is being typed, so that a refresh shows it again; nothing is checked.

    All that is told is how long the time is held now that somebody types. It may arrive after the
    form it comes from was sent: then that form has the last word.
    """
    if tab.state == "new":  # the tab was ended meanwhile; what is typed begins no new one
        return SAVED
    here = load_state(tab)
    if is_late(here, request.form.get("seen", ""), request.form.get("round", "")):
        return SAVED
    note(here, filled_in(here, typed_values()), request.form.get("seen", ""))
    here.draft.store(tab.data)
    return *SAVED, lengthen(here)


def is_late(here: WizardState, seen: str, turn: str) -> bool:
    """Whether the details were sent, here or in a twin, since that form was rendered."""
    return conflicts.is_overtaken(here, "details", seen) or turn != str(here.draft.round)


def note(here: WizardState, typed: Mapping[str, str], seen: str) -> None:
    """Remember what was typed into a form with that mark; nothing, where it is what is accepted."""
    stored = filled_in(here, here.draft.accepted_values())
    here.draft.typed = {} if typed == stored else to_keep(typed)
    here.draft.typed_over = seen if here.draft.typed else ""


def filled_in(here: WizardState, typed: Mapping[str, str]) -> dict[str, str]:
    """Every blank of the details with what is in it: a box that is not ticked is not sent."""
    return {blank.name: typed.get(blank.name, "") for blank in here.blanks}


def typed_values() -> dict[str, str]:
    """What was posted of the details, unchecked; of more than anybody asks for, the first.

    Looked for once in a request: of fields that nobody asks for there may be tens of thousands.
    """
    if _FOUND not in request.environ:
        typed = ((name, value) for name, value in request.form.items() if _may_be_asked(name))
        request.environ[_FOUND] = dict(islice(typed, MOST_FIELDS))
    found: dict[str, str] = request.environ[_FOUND]
    return found


def find_typed() -> None:
    """Look for it now, before anything is locked."""
    typed_values()


def _may_be_asked(name: str) -> bool:
    return len(name) <= LONGEST_NAME and forms.is_typed(name)


def look_over() -> None:
    """Judge what was posted of the details before anything is locked: see `forms.look_over`."""
    known = remembered(state().engine)
    shop = known.shop if known else None
    forms.look_over(typed_values(), phone_region(shop or nameless()))


def to_keep(typed: Mapping[str, str]) -> dict[str, str]:
    """As much of what was typed as a draft can carry: the last of it is cut off."""
    kept, room = {}, MOST_TYPED
    for name, value in typed.items():
        kept[name] = value[:room]
        room -= len(kept[name])
    return kept
