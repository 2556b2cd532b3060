"""An answer that was given to a form older than the answer stored meanwhile.

Every form of a question carries the version of the stored answer it was rendered from, as
`answer_version`. Two answers differ only if another one was stored since then and it is not the one
that is posted: the same answer twice is no conflict, and Back renders the form anew. A form without
a version is not checked. What differs is told in rows of `label`, `stored` and `entered`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from booking.contact import forms
from booking.i18n import words
from booking.storage.models import Service

from .draft import ANY, LONGEST_MARK
from .state import WizardState, with_slug
from .step_names import LABELS

ANYONE = "Anyone who is free"
NOTHING = "Nothing"
Rows = list[dict[str, str]]


def answer_version_of(here: WizardState, question: str) -> str:
    """Which stored answer a form is rendered from; keyed with the draft, so that it tells nothing.

    The draft's seed outlives a renewed id, and goes along into a copied tab: what was typed over
    an answer there has been typed over the same answer here.
    """
    told = [here.draft.seed, question, here.draft.answer_to(question)]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:LONGEST_MARK]


def is_overtaken(here: WizardState, question: str, answer_version: str) -> bool:
    """Whether another answer was stored since a form with that mark was rendered."""
    return bool(answer_version) and answer_version != answer_version_of(here, question)


def service_rows(here: WizardState, answer_version: str, chosen: Service) -> Rows:
    """What differs when that service is chosen."""
    stored = with_slug(here.services, here.draft.service)
    there = stored.name if stored else ""
    return _rows(here, "service", answer_version, there, chosen.name)


def staff_rows(here: WizardState, answer_version: str, choice: str) -> Rows:
    """What differs when that choice of staff is made."""
    return _rows(
        here, "staff", answer_version, _person(here, here.draft.staff), _person(here, choice)
    )


def time_rows(here: WizardState, answer_version: str, start: datetime) -> Rows:
    """What differs when that time is chosen."""
    stored = here.draft.start
    there = words.moment(stored, here.zone) if stored else ""
    return _rows(here, "time", answer_version, there, words.moment(start, here.zone))


def details_rows(here: WizardState, answer_version: str, form: Any) -> Rows:
    """What differs, field by field, when the details form was filled in like that and checked."""
    if not here.draft.contact or not is_overtaken(here, "details", answer_version):
        return []
    stored = here.draft.accepted_values()
    return [
        _row(spec.label, _shown(spec, before), _shown(spec, now))
        for spec in here.field_specs
        if (before := stored.get(spec.name, "")) != (now := form.data[spec.name] or "")
    ]


def _rows(here: WizardState, question: str, answer_version: str, there: str, entered: str) -> Rows:
    """One row; none while no answer is stored that could still be kept."""
    if not there or there == entered or not is_overtaken(here, question, answer_version):
        return []
    return [_row(LABELS[question], there, entered)]


def _row(label: str, there: str, entered: str) -> dict[str, str]:
    return {"label": label, "stored": there or NOTHING, "entered": entered or NOTHING}


def _person(here: WizardState, choice: str) -> str:
    member = with_slug(here.staff, choice)
    return ANYONE if choice == ANY else member.name if member else ""


def _shown(spec: forms.FieldSpec, value: str) -> str:
    return ("Yes" if value else "No") if spec.kind == "checkbox" else value
