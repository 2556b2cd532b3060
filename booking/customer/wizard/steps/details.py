"""The details step as its template needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from booking.contact import forms
from booking.customer.wizard import conflicts
from booking.customer.wizard.state import WizardState
from booking.web import urls
from booking.web.shop import state


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
    fields = [_field(blank, filled.get(blank.name, ""), found) for blank in here.blanks]
    alone = {
        blank.name: forms.told_alone(blank, found[blank.name])
        for blank in here.blanks
        if blank.name in found
    }
    # With nothing typed yet, other tabs of this browser may be asked whether they know who it is.
    untouched = not any(filled.get(name) for name in forms.CONTACT)
    asks = untouched and state().settings.tabs_help
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


def _field(blank: forms.Blank, value: str, errors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": blank.name,
        "label": blank.label,
        "help": blank.help,
        "kind": blank.kind,
        "required": blank.required,
        "value": value,
        "choices": list(blank.choices),
        "autocomplete": blank.autocomplete,
        "error": errors.get(blank.name),
        "maxlength": blank.maxlength,
    }
