"""What a booking's customer answered, beside the questions as its service asks them now.

A question may have changed since: its choices, its kind, or it is asked no more. An answer that its
field cannot show is still what the customer said, so it stays until another one is given.
"""

from collections.abc import Mapping
from typing import Any

from booking.contact import forms
from booking.i18n import gettext as _
from booking.owner.shop_fields import Values
from booking.storage.models import Booking, Question

Answer = dict[str, Any]


def in_words(value: Any) -> str:
    """Return an answer as people read it."""
    return (_("Yes") if value else _("No")) if isinstance(value, bool) else str(value)


def shown_in_fields(booking: Booking) -> Values:
    """Return what the fields of the questions show of the answers; empty where they cannot."""
    kept = _by_key(booking)
    return {
        forms.field_name(each.key): _shown(each, kept[each.key]) if each.key in kept else ""
        for each in booking.service.questions
    }


def answered_before(booking: Booking) -> Values:
    """Return, in words and by field, the answers that their fields cannot show."""
    kept = _by_key(booking)
    return {
        forms.field_name(each.key): in_words(kept[each.key]["value"])
        for each in booking.service.questions
        if each.key in kept and not _shown(each, kept[each.key])
    }


def answered(booking: Booking, data: Mapping[str, str]) -> list[Answer]:
    """Return the answers with what is in the fields; what is left as it is shown stays as it is."""
    kept, shown = _by_key(booking), shown_in_fields(booking)
    for question in booking.service.questions:
        name = forms.field_name(question.key)
        if data[name] == shown[name]:
            continue
        if not data[name]:
            kept.pop(question.key, None)
            continue
        value = forms.shown_answer(question, data[name])
        kept[question.key] = {"key": question.key, "label": question.label, "value": value}
    return [*kept.values()]


def _by_key(booking: Booking) -> dict[str, Answer]:
    return {each["key"]: each for each in booking.answers}


def _shown(question: Question, answer: Answer) -> str:
    if question.kind == "checkbox":
        return forms.CHECKED if forms.is_tick(answer["value"]) else ""
    words = in_words(answer["value"])
    return words if question.kind != "choice" or words in question.choices else ""
