"""The details step: who is coming, and what the service asks."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for

from booking.contact import forms
from booking.customer.wizard import autosave
from booking.customer.wizard.form_fields import check_details, posted, typed_values
from booking.customer.wizard.fragments import Rows, accept, changed_since, keep, row
from booking.customer.wizard.holds import prolong
from booking.customer.wizard.progress import is_reached
from booking.customer.wizard.state import WizardState, required
from booking.customer.wizard.texts import PREVIOUS_STEP_FIRST, REVIEW_OUTDATED
from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.state import current_sidebook
from booking.tab_sessions import DeferredResponse
from booking.web import urls

from .base import Row, Step


class DetailsStep(Step):
    """Who is coming, and the service's own questions."""

    name = "details"
    label = gettext_noop("Details")
    heading = gettext_noop("Who is coming?")
    owns = ("contact", "answers")
    typing_prolongs_hold = True

    def is_answered(self, wizard: WizardState) -> bool:
        """Whether everything the service asks now has a valid answer."""
        return wizard.details_are_valid

    def context(
        self,
        wizard: WizardState,
        *,
        values: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return the fields, filled with what was just posted, else with what is remembered.

        Text typed over an answer that is no longer the stored one is shown beside that, until a
        choice is made.
        """
        draft, refused = wizard.draft, dict(errors or {})
        filled = draft.accepted_values() | draft.unsaved_input if values is None else values
        # With nothing typed yet, other tabs of this browser may be asked who it is.
        untouched = not any(filled.get(name) for name in forms.CONTACT)
        asks = untouched and current_sidebook().settings.tabs_help
        return {
            "fields": [
                each._replace(value=filled.get(each.name, ""), error=refused.get(each.name))
                for each in wizard.field_specs
            ],
            "errors": _messages(wizard.field_specs, refused),
            "other_details_url": url_for(".accept_details") if asks else None,
            "differing": self._unsaved_differences(wizard, filled),
            "typed_url": urls.address("details/typed"),
            "details_revision": draft.details_revision,
        }

    def before_transaction(self) -> None:
        """Check what needs no database, before anything is locked."""
        check_details()

    def submit(self, wizard: WizardState) -> DeferredResponse:
        """Take who is coming, or keep what was typed and say what is missing."""
        typed = typed_values()
        form, values = wizard.details_form(typed), autosave.filled_in(wizard, typed)
        wizard.draft.details_revision += 1
        if not is_reached(wizard, self):
            return self._keep_for_later(wizard, form, typed)
        prolong(wizard)
        if form.validate() and not self.differences(wizard, form, posted("answer_version")):
            return accept(_with_details(wizard, form))
        autosave.remember_input(wizard, values)
        if form.errors:
            return keep(wizard, 422, self, values=values, errors=forms.first_messages(form))
        return keep(wizard, 409, self)

    def differences(self, wizard: WizardState, form: Any, version: str) -> Rows:
        """Return what differs, field by field, from the stored details; `form` was checked."""
        if not wizard.draft.contact or not changed_since(wizard, self, version):
            return []
        stored = wizard.draft.accepted_values()
        return [
            row(spec.label, _shown(spec, before), _shown(spec, now))
            for spec in wizard.field_specs
            if (before := stored.get(spec.name, "")) != (now := form.data[spec.name] or "")
        ]

    def keep_stored(self, wizard: WizardState) -> None:
        """Let go of what was typed over the stored details."""
        wizard.draft.forget_unsaved_input()
        wizard.draft.details_revision += 1
        prolong(wizard)

    def unanswered(self, wizard: WizardState) -> list[str]:
        """Return that the service asks something else by now, or that nobody was named yet."""
        return [_(REVIEW_OUTDATED) if wizard.draft.contact else _(PREVIOUS_STEP_FIRST)]

    def review(self, wizard: WizardState) -> list[Row]:
        """Return name, e-mail and phone, the service's questions, and the note."""
        contact = [
            Row(_(forms.LABELS[name]), wizard.draft.contact.get(name, ""), None, name)
            for name in forms.CONTACT
        ]
        asked = [
            Row(each["label"], each["value"], None, forms.field_name(each["key"]))
            for each in self.booking_answers(wizard)
        ]
        rows = [*contact[:-1], *asked, contact[-1]]
        return [each._replace(value=each.value or _("None given")) for each in rows]

    def booking_answers(self, wizard: WizardState) -> list[dict[str, str]]:
        """Return the service's questions that were answered, as people read them."""
        answers = wizard.draft.answers
        given = ((each, answers.get(each.key, "")) for each in required(wizard.service).questions)
        return [
            {"key": each.key, "label": each.label, "value": forms.shown_answer(each, value)}
            for each, value in given
            if value
        ]

    def recovery_fields(self, wizard: WizardState) -> dict[str, str]:
        """Return all that was accepted, by field name."""
        return wizard.draft.accepted_values()

    def resume(
        self,
        wizard: WizardState,
        notices: list[str],  # noqa: ARG002
        *,
        is_new: bool,  # noqa: ARG002
    ) -> DeferredResponse | None:
        """Fill the form with what the old one had, where nothing newer was typed since."""
        if not wizard.draft.unsaved_input:
            wizard.draft.unsaved_input = autosave.truncate(typed_values())
        return None

    def _keep_for_later(
        self, wizard: WizardState, form: Any, typed: dict[str, str]
    ) -> DeferredResponse:
        """Keep details that came before their turn, or when the time was lost meanwhile."""
        draft, version = wizard.draft, posted("answer_version")
        differs = not wizard.service or not form.validate()
        if differs or self.differences(wizard, form, version):
            draft.unsaved_input = autosave.truncate(typed)
            draft.unsaved_base_version = version
        else:
            _with_details(wizard, form)
        return keep(wizard, 409, None, alerts=[] if draft.slot else [_(PREVIOUS_STEP_FIRST)])

    def _unsaved_differences(self, wizard: WizardState, filled: Mapping[str, str]) -> Rows:
        version = wizard.draft.unsaved_base_version
        if not changed_since(wizard, self, version):
            return []
        form = wizard.details_form(filled)
        form.validate()  # for the values as they would be stored
        return self.differences(wizard, form, version)


def _with_details(wizard: WizardState, form: Any) -> WizardState:
    """Write what the checked form has into the draft."""
    draft, service, given = wizard.draft, required(wizard.service), form.data
    draft.contact = {name: given[name] for name in forms.CONTACT}
    draft.answers = {each.key: given[forms.field_name(each.key)] for each in service.questions}
    draft.forget_unsaved_input()
    return wizard


def _messages(specs: Sequence[forms.FieldSpec], refused: Mapping[str, str]) -> dict[str, str]:
    """The messages as they are understood above the form, away from their fields."""
    return {
        spec.name: forms.summary_message(spec, refused[spec.name])
        for spec in specs
        if spec.name in refused
    }


def _shown(spec: forms.FieldSpec, value: str) -> str:
    return (_("Yes") if value else _("No")) if spec.kind == "checkbox" else value
