"""The details form: who the customer is, and the service's own questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Protocol

from flask import g, has_app_context
from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField  # type: ignore[import-untyped]
from wtforms.validators import StopValidation  # type: ignore[import-untyped]

from . import validators

CONTACT = ("name", "email", "phone", "note")
NOTE_LENGTH = 2000
ANSWER_LENGTH = 1000
FEW_CHOICES = 5
CHECKED = "yes"
QUESTION = "question_"


class Question(Protocol):
    """What the form needs to know of a question the service asks."""

    key: Any
    label: Any
    help: Any
    kind: Any
    required: Any
    choices: Any


@dataclass(frozen=True)
class FieldSpec:
    """One thing to fill in.

    `kind` is how it is shown: text, email, tel, textarea, select, radio or checkbox.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    missing: str = "Enter an answer."
    help: str = ""
    choices: tuple[str, ...] = ()
    autocomplete: str = "off"
    maxlength: int = ANSWER_LENGTH


NAME = FieldSpec(
    "name", "Name", required=True, missing="Enter your name.", autocomplete="name", maxlength=200
)
EMAIL = FieldSpec(
    "email",
    "E-mail address",
    kind="email",
    required=True,
    missing="Enter your e-mail address.",
    autocomplete="email",
    maxlength=254,
)
PHONE = FieldSpec(
    "phone",
    "Phone number",
    kind="tel",
    help="From another country, start with + and its code.",
    autocomplete="tel",
    maxlength=40,
)


NOTE = FieldSpec("note", "Anything we should know?", "textarea", maxlength=NOTE_LENGTH)


_ANSWER = FieldSpec("answer", "An answer to a question of which nothing is known yet")


def field_name(key: str) -> str:
    """How the answer to the service's question `key` is named in the form."""
    return QUESTION + key


def is_details_field(name: str) -> bool:
    """Whether a form field of that name belongs to the details."""
    return name in CONTACT or name.startswith(QUESTION)


def field_specs(questions: Iterable[Question]) -> list[FieldSpec]:
    """Everything the details step asks, in order."""
    return [
        NAME,
        EMAIL,
        PHONE,
        *(question_field_spec(each) for each in questions),
        NOTE,
    ]


def question_field_spec(question: Question) -> FieldSpec:
    """One of the service's own questions as something to fill in."""
    kind = str(question.kind)
    if kind == "choice":
        kind = "radio" if len(question.choices) <= FEW_CHOICES else "select"
    missing = {"checkbox": "Tick this to go on.", "text": "Enter an answer."}
    return FieldSpec(
        name=field_name(question.key),
        label=question.label,
        kind=kind,
        required=bool(question.required),
        missing=missing.get(kind, "Choose an answer."),
        help=question.help or "",
        choices=tuple(question.choices or ()),
    )


def details_form(asked: Iterable[FieldSpec], values: Mapping[str, str], region: str | None) -> Form:
    """The form for these blanks, filled with `values`, not yet checked."""
    return _form_of(tuple(asked), region)(MultiDict(values))


def look_over(values: Mapping[str, str], region: str | None) -> None:
    """Judge what was sent as far as no database is needed for it, so that it is known afterwards.

    Which questions a service asks is not known here; each that is answered is read as a line.
    """
    for spec in (NAME, EMAIL, PHONE, NOTE):
        _accepts(spec, values.get(spec.name, ""), region)
    for name, text in values.items():
        if name.startswith(QUESTION):
            _accepts(_ANSWER, text, region)


def are_valid(asked: Iterable[FieldSpec], values: Mapping[str, str], region: str | None) -> bool:
    """Whether these values answer everything that is asked. Judged once in a request."""
    known = g.setdefault("booking_valid", {}) if has_app_context() else {}
    key = (tuple(asked), frozenset(values.items()), region)
    if key not in known:
        known[key] = all(_accepts(spec, values.get(spec.name, ""), region) for spec in key[0])
    return bool(known[key])


def _accepts(spec: FieldSpec, text: str, region: str | None) -> bool:
    """Whether the form would accept that text: by its rules, without all else that a form has."""
    clean, rules = _rules(spec, region)
    field = SimpleNamespace(data=clean(text))
    for rule in rules:
        try:
            rule(None, field)
        except StopValidation as stopped:
            return not str(stopped)  # without a message it is an empty answer, which is accepted
    return True


@lru_cache(maxsize=64)
def _form_of(asked: tuple[FieldSpec, ...], region: str | None) -> type[Form]:
    # WTForms looks through a new class for a while; what is asked changes once a week.
    return type("DetailsForm", (Form,), {each.name: _field(each, region) for each in asked})


def first_messages(form: Form) -> dict[str, str]:
    """One message for each field that needs mending."""
    return {name: str(messages[0]) for name, messages in form.errors.items() if name and messages}


def summary_message(spec: FieldSpec, message: str) -> str:
    """A message as it is understood away from its field, in the summary above the form."""
    if spec.label.lower() in message.lower():
        return message
    if message == spec.missing:
        return f"{message.removesuffix('.')}: {spec.label}"
    return f"{spec.label}{'' if spec.label.endswith(('?', '.', ':')) else ':'} {message}"


def shown_answer(question: Question, value: str) -> str:
    """An answer as people read it: a tick is a 'Yes'."""
    return ("Yes" if value == CHECKED else "No") if question.kind == "checkbox" else value


_CLEANED = {
    "textarea": validators.many_lines,
    "email": validators.address,
    "tel": validators.number,
    # Nobody types these: a choice comes back as the shop's file spells it.
    **dict.fromkeys(("radio", "select", "checkbox"), validators.as_sent),
}


def _field(spec: FieldSpec, region: str | None) -> StringField:
    clean, rules = _rules(spec, region)
    return StringField(filters=[clean], validators=rules)


_Rules = tuple[Callable[[Any], str], tuple[validators.Check, ...]]


@lru_cache(maxsize=256)
def _rules(spec: FieldSpec, region: str | None) -> _Rules:
    """How what is typed there is cleaned, and what it must pass then, in order."""
    most = spec.maxlength
    clean = validators.cleaned(_CLEANED.get(spec.kind, validators.one_line), most)
    presence = validators.given(spec.missing) if spec.required else validators.may_be_empty
    rules = [validators.judged(validators.printable, most), presence, validators.at_most(most)]
    return clean, (*rules, *_special(spec, region))


def _special(spec: FieldSpec, region: str | None) -> list[validators.Check]:
    if spec.kind == "checkbox":
        return [validators.among([CHECKED])]
    if spec.kind in {"radio", "select"}:
        return [validators.among(list(spec.choices))]
    by_name = {
        "name": validators.readable_name,
        "email": validators.email_address,
        "phone": validators.phone_number(region),
    }
    judge = by_name.get(spec.name)
    return [validators.judged(judge, spec.maxlength)] if judge else []
