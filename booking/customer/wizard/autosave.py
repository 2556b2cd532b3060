"""What was typed into the details and not accepted yet: kept unchecked, to fill the form again."""

from collections.abc import Mapping

from booking.tab_sessions import TabSession

from .form_fields import posted, typed_values
from .fragments import changed_since
from .holds import prolong
from .progress import step_named
from .state import WizardState, load_state

MOST_TYPED = 12_000  # characters
SAVED = ("", 204)


def save_input(tab: TabSession) -> tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Save what is being typed, so that a refresh shows it again; nothing is checked.

    All that is answered is how long the time is held now that somebody types. It may arrive after
    the form it comes from was sent: then that form has the last word.
    """
    if tab.state == "new":  # the tab was ended meanwhile; what is typed begins no new one
        return SAVED
    wizard = load_state(tab)
    if _is_late(wizard):
        return SAVED
    remember_input(wizard, filled_in(wizard, typed_values()))
    wizard.draft.store(tab.data)
    return *SAVED, prolong(wizard)


def remember_input(wizard: WizardState, values: Mapping[str, str]) -> None:
    """Remember what was typed into the posted form; nothing, where it is what is accepted."""
    draft = wizard.draft
    stored = filled_in(wizard, draft.accepted_values())
    draft.unsaved_input = {} if values == stored else truncate(values)
    draft.unsaved_base_version = posted("answer_version") if draft.unsaved_input else ""


def filled_in(wizard: WizardState, values: Mapping[str, str]) -> dict[str, str]:
    """Return every field of the details with its value: a box that is not ticked is not sent."""
    return {spec.name: values.get(spec.name, "") for spec in wizard.field_specs}


def truncate(values: Mapping[str, str]) -> dict[str, str]:
    """Return as much of what was typed as a draft can carry: the last of it is cut off."""
    kept, room = {}, MOST_TYPED
    for name, value in values.items():
        kept[name] = value[:room]
        room -= len(kept[name])
    return kept


def _is_late(wizard: WizardState) -> bool:
    """Whether the details were sent, by this tab or a twin, since the form was rendered."""
    is_older = posted("details_revision") != str(wizard.draft.details_revision)
    return is_older or changed_since(wizard, step_named("details"), posted("answer_version"))
