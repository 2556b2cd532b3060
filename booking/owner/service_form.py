"""A service as a form: its fields, what stands in them, and what they mean by the file's rules."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from booking.business_file.lengths import length_in_words
from booking.business_file.parts import read_part
from booking.business_file.services import service as read_service
from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations.plan import BusinessPlan, QuestionPlan, ServicePlan, StaffPlan

from .forms import all_posted, is_posted
from .shop_fields import Field, Values, posted_values
from .shop_saving import by_name

NUMBERS = ("booking_window", "daily_limit")
LENGTHS = {
    "duration": "30 min",
    **dict.fromkeys(("buffer_before", "buffer_after", "minimum_notice"), "0 min"),
    "slot_step": "15 min",
    **dict.fromkeys(("cancel_until", "move_until"), "0 min"),
}
PLAIN = ("name", "description", "price", "place")
NAMES = (
    *PLAIN,
    *LENGTHS,
    *NUMBERS,
    *("is_online", "waits", "offered_by", "questions"),
)
KINDS = {
    "text": gettext_noop("words"),
    "choice": gettext_noop("one of several"),
    "checkbox": gettext_noop("a box to tick"),
}
QUESTION = ("key", "label", "help", "kind", "required", "choices")
_LENGTH = gettext_noop("Minutes, or such as 1 h 30 min.")


def fields_of(staff: Sequence[StaffPlan]) -> list[Field]:
    """Return the fields of a service, in their order; its questions are shown by themselves."""
    waits = [
        ("", _("Yes, at once")),
        ("confirm_by_mail", _("No, once its customer has confirmed it from a letter")),
        ("approval", _("No, once we have approved it")),
    ]
    people = [(one.slug, one.name) for one in staff]
    return [
        Field("name", _("Name"), required=True),
        Field("description", _("Description"), "textarea"),
        Field("price", _("Price"), help=_("As customers read it, such as €45 or from €30.")),
        Field("place", _("Place"), "textarea", help=_("Where it is not given at your address.")),
        Field("duration", _("How long it takes"), help=_(_LENGTH), required=True),
        Field("buffer_before", _("Kept free before"), help=_("For setting up.")),
        Field("buffer_after", _("Kept free after"), help=_("For clearing away.")),
        Field("slot_step", _("Distance between starts"), help=_(_LENGTH)),
        Field("minimum_notice", _("Booked at the latest"), help=_("How long before its start.")),
        Field("booking_window", _("Days that can be booked ahead"), "number"),
        Field("daily_limit", _("At most so many a day"), "number", help=_("Empty for no limit.")),
        Field("waits", _("Is it booked at once?"), "radio", choices=waits),
        Field("cancel_until", _("Cancelled at the latest"), help=_("By customers, by their link.")),
        Field("move_until", _("Moved at the latest"), help=_("By customers, by their link.")),
        Field("is_online", _("It is by telephone or video"), "checkbox"),
        Field("offered_by", _("Who offers it"), "ticks", choices=people),
    ]


def kinds() -> list[tuple[str, str]]:
    """Return by what a question can be answered, and how that is called."""
    return [(kind, _(words)) for kind, words in KINDS.items()]


def new_values() -> Values:
    """Return what stands in the form of a service that is not there yet."""
    return {
        **dict.fromkeys(NAMES, ""),
        **LENGTHS,
        "booking_window": "60",
        "questions": "[]",
    }


def values_of(service: ServicePlan, plan: BusinessPlan) -> Values:
    """Return what stands in the form of this service."""
    limit, waiting = service.daily_limit, ("confirm_by_mail", "approval")
    return {
        **{name: getattr(service, name) for name in PLAIN},
        **{name: length_in_words(getattr(service, name)) for name in LENGTHS},
        "booking_window": str(service.booking_window),
        "daily_limit": "" if limit is None else str(limit),
        "is_online": "yes" if service.is_online else "",
        "waits": next((name for name in waiting if getattr(service, name)), ""),
        "offered_by": " ".join(one.slug for one in plan.staff if service.slug in one.offers),
        "questions": _written([_question(one) for one in service.questions]),
    }


def typed_values() -> Values:
    """Return what was sent."""
    ticked = [value for name, value in all_posted() if name == "offered_by"]
    values = posted_values([name for name in NAMES if name not in ("offered_by", "questions")])
    values["is_online"] = "yes" if is_posted("is_online") else ""
    return values | {"offered_by": " ".join(ticked), "questions": _written(_typed_questions())}


def questions_of(values: Values) -> list[dict[str, str]]:
    """Return the questions that stand in the form."""
    found: list[dict[str, str]] = json.loads(values["questions"])
    return found


def with_questions(values: Values, questions: Sequence[Mapping[str, str]]) -> Values:
    """Return the same form with these questions."""
    return values | {"questions": _written(questions)}


def read(values: Values, slug: str) -> tuple[ServicePlan, dict[str, str]]:
    """Return the service that is meant, and what is wrong by the names of the fields."""
    service, problems = read_part(_table(values, slug), partial(read_service))
    errors = by_name(problems)
    errors.pop("slug", None)  # of our own making where it was not typed
    if "approval" in errors:
        errors["waits"] = errors.pop("approval")
    return service, errors


def _table(values: Values, slug: str) -> dict[str, Any]:
    table: dict[str, Any] = {"slug": slug, **{name: values[name] for name in PLAIN}}
    table |= {name: _number(values[name]) for name in LENGTHS if values[name] or name == "duration"}
    table |= {name: _number(values[name]) for name in NUMBERS if values[name]}
    table["online"] = bool(values["is_online"])
    if values["waits"] in ("confirm_by_mail", "approval"):
        table[values["waits"]] = True
    table["questions"] = [_question_table(one) for one in questions_of(values)]
    return table


def _number(typed: str) -> str | int:
    """A number is minutes, days or a count; anything else is words."""
    plain = typed.strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else typed


def _question_table(one: Mapping[str, str]) -> dict[str, Any]:
    table: dict[str, Any] = {name: one[name] for name in ("key", "label", "help", "kind")}
    table["required"] = bool(one["required"])
    if one["kind"] == "choice":
        table["choices"] = [line.strip() for line in one["choices"].split("\n") if line.strip()]
    return table


def _question(plan: QuestionPlan) -> dict[str, str]:
    plain = {name: getattr(plan, name) for name in ("key", "label", "help", "kind")}
    choices = "\n".join(plan.choices)
    return plain | {"required": "yes" if plan.required else "", "choices": choices}


def _typed_questions() -> list[dict[str, str]]:
    sent = dict(reversed(all_posted()))
    count = sum(name.startswith("questions-") and name.endswith("-kind") for name in sent)
    return [
        {name: sent.get(f"questions-{place}-{name}", "").replace("\r\n", "\n") for name in QUESTION}
        for place in range(count)
    ]


def _written(questions: Sequence[Mapping[str, str]]) -> str:
    return json.dumps([{name: one[name] for name in QUESTION} for one in questions])
