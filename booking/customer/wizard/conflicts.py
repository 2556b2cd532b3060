"""An answer that was given to a form older than the answer stored meanwhile.

Every form of a question carries the version of the stored answer it was rendered from, as
`answer_version`. Two answers differ only if another one was stored since then and it is not the one
that is posted: the same answer twice is no conflict, and Back renders the form anew. A form without
a version is not checked. What differs is shown in rows of `label`, `stored` and `entered`.
"""

import hashlib
import json

from booking.i18n import gettext as _

from .form_fields import posted
from .state import VERSION_LENGTH, WizardState
from .steps.base import Step

Rows = list[dict[str, str]]


def answer_version(wizard: WizardState, step: Step) -> str:
    """Return which stored answer a form is rendered from; keyed, so that it tells nothing.

    The draft's seed outlives a renewed id and is copied with the draft, so that the same answer has
    the same version in a copied tab.
    """
    answer = [wizard.draft.seed, step.name, step.answer(wizard.draft)]
    return hashlib.sha256(json.dumps(answer, sort_keys=True).encode()).hexdigest()[:VERSION_LENGTH]


def changed_since(wizard: WizardState, step: Step, version: str) -> bool:
    """Whether another answer was stored since a form with that version was rendered."""
    return bool(version) and version != answer_version(wizard, step)


def rows(wizard: WizardState, step: Step, stored: str, entered: str) -> Rows:
    """Return how the posted answer differs from the stored one, both as people read them.

    No row while no answer is stored that could still be kept.
    """
    if not stored or stored == entered:
        return []
    if not changed_since(wizard, step, posted("answer_version")):
        return []
    return [row(_(step.label), stored, entered)]


def row(label: str, stored: str, entered: str) -> dict[str, str]:
    """Return one row."""
    return {"label": label, "stored": stored or _("Nothing"), "entered": entered or _("Nothing")}
