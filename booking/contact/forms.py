"""The details form: who the customer is, and the service's own questions."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

from wtforms import Form, StringField  # type: ignore[import-untyped]
from wtforms.validators import StopValidation  # type: ignore[import-untyped]

from booking.i18n import Language, current_language, gettext_noop, load_languages
from booking.i18n import gettext as _

from . import validators
from .validators import Memo

CONTACT = ("name", "email", "phone", "note")
NOTE_LENGTH = 2000
ANSWER_LENGTH = 1000
FEW_CHOICES = 5
CHECKED = "yes"
MOST_KNOWN = 1000
_SECRET = secrets.token_bytes(32)
KNOWN: dict[object, bool] = {}
QUESTION = "question_"


class Question(Protocol):
    """What the form needs to know of a question the service asks."""

    key: Any
    label: Any
    help: Any
    kind: Any
    required: Any
    choices: Any


class FieldSpec(NamedTuple):
    """One thing to fill in, and what it may hold: for a form, the shell or an API.

    `kind` is how it is shown: text, email, tel, textarea, select, radio or checkbox. `missing` is
    the message where a required answer is empty; `maxlength` counts characters. As a page shows
    it, it carries what is typed there, what is wrong with that, and what more is said `beside` it.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    missing: str = gettext_noop("Enter an answer.")
    help: str = ""
    choices: tuple[str, ...] = ()
    autocomplete: str = "off"
    maxlength: int = ANSWER_LENGTH
    value: str = ""
    error: str | None = None
    beside: str = ""


NAME = FieldSpec(
    "name",
    gettext_noop("Name"),
    required=True,
    missing=gettext_noop("Enter your name."),
    autocomplete="name",
    maxlength=200,
)
EMAIL = FieldSpec(
    "email",
    gettext_noop("E-mail address"),
    kind="email",
    required=True,
    missing=gettext_noop("Enter your e-mail address."),
    autocomplete="email",
    maxlength=254,
)
PHONE = FieldSpec(
    "phone",
    gettext_noop("Phone number"),
    kind="tel",
    help=gettext_noop("From another country, start with + and its code."),
    autocomplete="tel",
    maxlength=40,
)
NOTE = FieldSpec(
    "note", gettext_noop("Anything we should know?"), "textarea", maxlength=NOTE_LENGTH
)
LABELS = {each.name: each.label for each in (NAME, EMAIL, PHONE)} | {"note": gettext_noop("Note")}
"""How each is called where its answer is shown; English, to be translated there."""


def field_name(key: str) -> str:
    """Return the name of the field for the service's question `key`."""
    return QUESTION + key


def is_details_field(name: str) -> bool:
    """Return whether a form field of that name belongs to the details."""
    return name in CONTACT or name.startswith(QUESTION)


def field_specs(questions: Iterable[Question]) -> list[FieldSpec]:
    """Return everything the details step asks, in order and in the reader's language."""
    *contact, note = [_translated(current_language(), spec) for spec in (NAME, EMAIL, PHONE, NOTE)]
    return [*contact, *map(question_field_spec, questions), note]


@lru_cache(maxsize=256)
def _translated(_language: Language, spec: FieldSpec) -> FieldSpec:
    help_text = _(spec.help) if spec.help else ""  # of an empty text gettext tells the catalogue's
    return spec._replace(label=_(spec.label), missing=_(spec.missing), help=help_text)


def question_field_spec(question: Question) -> FieldSpec:
    """Return one of the service's own questions as a field; its words are the shop's."""
    kind = str(question.kind)
    if kind == "choice":
        kind = "radio" if len(question.choices) <= FEW_CHOICES else "select"
    missing = {"checkbox": _("Tick this to go on."), "text": _("Enter an answer.")}
    return FieldSpec(
        name=field_name(question.key),
        label=question.label,
        kind=kind,
        required=bool(question.required),
        missing=missing.get(kind, _("Choose an answer.")),
        help=question.help or "",
        choices=tuple(question.choices or ()),
    )


def details_form(
    asked: Iterable[FieldSpec], values: Mapping[str, str], region: str | None, memo: Memo
) -> Form:
    """Return the form for these fields with `values`, cleaned and not yet checked.

    `region`: the country (ISO code) whose phone numbers need no '+', or None.
    """
    asked = tuple(asked)
    cleaned = {
        spec.name: _rules(spec, region).clean(values.get(spec.name, ""), memo) for spec in asked
    }
    form = _form_of(asked, region)(data=cleaned)
    form.memo = memo
    return form


def look_over(values: Mapping[str, str], region: str | None, memo: Memo) -> None:
    """Judge what was sent as far as no database is needed for it, and note that in the memo.

    Which questions a service asks is not known here; each that is answered is read as a line.
    """
    for spec in (NAME, EMAIL, PHONE, NOTE):
        _accepts(spec, values.get(spec.name, ""), region, memo)
    for name, text in values.items():
        if name.startswith(QUESTION):
            _accepts(FieldSpec("answer", ""), text, region, memo)


def are_valid(
    asked: Iterable[FieldSpec], values: Mapping[str, str], region: str | None, memo: Memo
) -> bool:
    """Return whether these values answer everything that is asked.

    Known of the last ones by a digest with a key of this process, from which nobody reads them:
    whoever confirms is judged by what was typed a minute ago, in another request.
    """
    text = repr(sorted(values.items())).encode("utf-8", "surrogatepass")
    key = tuple(asked), region, blake2b(text, key=_SECRET).digest()
    if (valid := KNOWN.get(key)) is None:
        valid = all(_accepts(spec, values.get(spec.name, ""), region, memo) for spec in key[0])
        KNOWN[key] = valid
        for oldest in [*KNOWN][:-MOST_KNOWN]:
            KNOWN.pop(oldest, None)
    return valid


def _accepts(spec: FieldSpec, text: str, region: str | None, memo: Memo) -> bool:
    """Whether the form would accept that text: by its rules, without all else that a form has."""
    clean, checks = _rules(spec, region)
    form, field = SimpleNamespace(memo=memo), SimpleNamespace(data=clean(text, memo))
    for check in checks:
        try:
            check(form, field)
        except StopValidation as stopped:
            return not str(stopped)  # without a message it is an empty answer, which is accepted
    return True


@lru_cache(maxsize=64)
def _form_of(asked: tuple[FieldSpec, ...], region: str | None) -> type[Form]:
    # WTForms looks through a new class for a while; what is asked changes once a week.
    fields = {spec.name: StringField(validators=_rules(spec, region).checks) for spec in asked}
    return type("DetailsForm", (Form,), fields)


def first_messages(form: Form) -> dict[str, str]:
    """Return one message for each field that needs mending."""
    return {name: str(messages[0]) for name, messages in form.errors.items() if name and messages}


def summary_message(spec: FieldSpec, message: str) -> str:
    """Return a message as it is understood in the summary above the form, away from its field."""
    if spec.label.lower() in message.lower():
        return message
    if message == spec.missing:
        return _("%(request)s: %(label)s", request=message.removesuffix("."), label=spec.label)
    if spec.label.endswith(("?", ".", ":")):
        return f"{spec.label} {message}"
    return _("%(label)s: %(message)s", label=spec.label, message=message)


def shown_answer(question: Question, value: str) -> str:
    """Return an answer as people read it: a tick is a 'Yes'."""
    if question.kind != "checkbox":
        return value
    return _("Yes") if value == CHECKED else _("No")


def is_tick(value: object) -> bool:
    """Return whether an answer is that of a ticked box, in whichever language it was given."""
    return value is True or value == _("Yes") or value in _ticks()


@lru_cache(maxsize=1)
def _ticks() -> frozenset[object]:
    said = (each.catalogue.gettext("Yes") for each in load_languages().values())
    return frozenset(said)


_CLEANED: dict[str, validators.Judge] = {
    "textarea": validators.many_lines,
    "email": validators.address,
    "tel": validators.number,
    # Nobody types these: a choice comes back as the shop's file spells it.
    **dict.fromkeys(("radio", "select", "checkbox"), str),
}


class _Rules(NamedTuple):
    """How what is typed there is cleaned, and what it must pass then, in order."""

    clean: Callable[[str, Memo], str]
    checks: tuple[validators.Check, ...]


@lru_cache(maxsize=256)
def _rules(spec: FieldSpec, region: str | None) -> _Rules:
    most = spec.maxlength
    clean = validators.cleaned(_CLEANED.get(spec.kind, validators.one_line), most)
    presence = validators.given(spec.missing) if spec.required else validators.may_be_empty
    checks = [validators.judged(validators.printable, most), presence, validators.at_most(most)]
    return _Rules(clean, (*checks, *_special(spec, region)))


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
