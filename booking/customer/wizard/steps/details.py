"""The details step as its template needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from booking.contact import forms
from booking.customer.wizard import conflicts
from booking.customer.wizard.state import WizardState
from booking.state import current_sidebook
from booking.web import urls


def details(
    here: WizardState,
    *,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The fields, filled with what was just posted, else with what the draft remembers.

    Text typed over an answer that is no longer the stored one is shown beside that, until a
    choice is made.
    """
    remembered = here.draft.accepted_values() | here.draft.typed
    filled = remembered if values is None else values
    found = dict(errors or {})
    fields = [_field(spec, filled.get(spec.name, ""), found) for spec in here.field_specs]
    alone = {
        spec.name: forms.summary_message(spec, found[spec.name])
        for spec in here.field_specs
        if spec.name in found
    }
    # With nothing typed yet, other tabs of this browser may be asked whether they know who it is.
    untouched = not any(filled.get(name) for name in forms.CONTACT)
    asks = untouched and current_sidebook().settings.tabs_help
    other = url_for(".receive_details") if asks else None
    return {
        "fields": fields,
        "errors": alone,
        "other_details_url": other,
        "differing": _differing(here, filled),
        "typed_url": urls.address("details/typed"),
        "details_revision": here.draft.round,
    }


def _differing(here: WizardState, filled: Mapping[str, str]) -> conflicts.Rows:
    if not conflicts.is_overtaken(here, "details", here.draft.typed_over):
        return []
    form = here.details_form(filled)
    form.validate()  # for the values as they would be stored
    return conflicts.details_rows(here, here.draft.typed_over, form)


def _field(spec: forms.FieldSpec, value: str, errors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": spec.name,
        "label": spec.label,
        "help": spec.help,
        "kind": spec.kind,
        "required": spec.required,
        "value": value,
        "choices": list(spec.choices),
        "autocomplete": spec.autocomplete,
        "error": errors.get(spec.name),
        "maxlength": spec.maxlength,
    }
