"""How the POST of a step is answered: the next step, or the same one with what to mend."""

from collections.abc import Sequence
from typing import Any

from booking.tab_sessions import DeferredResponse, TabSession

from . import fragments
from .conflicts import Rows
from .form_fields import posted
from .state import WizardState
from .steps.base import Step


def accept(wizard: WizardState, notices: Sequence[str] = ()) -> DeferredResponse:
    """Save the answer, which holds, and go on to the next step."""
    wizard.draft.store(wizard.tab.data)
    return wizard.tab.render_after_commit(fragments.go_on, notices=notices, seen=wizard)


def refuse(
    tab: TabSession, step: Step | None, status: int, alerts: Sequence[str] = (), **extra: Any
) -> DeferredResponse:
    """Save nothing and show that step, or the one that is open, with what was wrong.

    `extra` is for the step's own `context`.
    """
    extra |= {"alerts": alerts, "answer_version": posted("answer_version")}
    return _shown(tab, step, status, extra)


def ask_which(tab: TabSession, step: Step, differing: Rows, **extra: Any) -> DeferredResponse:
    """Show both answers and let choose: another was stored since the form was rendered."""
    return _shown(tab, step, 409, extra | {"differing": differing})


def keep(wizard: WizardState, status: int, step: Step | None, **extra: Any) -> DeferredResponse:
    """Save what was typed, though the answer does not hold: a refresh shows it again."""
    wizard.draft.store(wizard.tab.data)
    return _shown(wizard.tab, step, status, extra | {"commit": True})


def _shown(
    tab: TabSession, step: Step | None, status: int, extra: dict[str, Any]
) -> DeferredResponse:
    name = step.name if step else None
    return tab.render_after_commit(fragments.show, name, status=status, **extra)
