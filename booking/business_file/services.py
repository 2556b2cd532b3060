"""The [[services]] of a business file."""

import re

from booking.i18n import gettext as _
from booking.operations.plan import QuestionPlan, ServicePlan
from booking.scheduling.clock import DAY

from .lengths import days, grid_minutes, minutes
from .section import Section
from .values import (
    filled,
    flag,
    key,
    one_of,
    paragraphs,
    slug,
    text,
    whole,
)

YEAR = 366
_BARE_NUMBER = re.compile(r"[\d.,\s]*[\d]")
# The fields every service has: a question of the same name could not be told from them.
TAKEN_KEYS = frozenset(
    {"service", "staff", "slot", "zone", "change", "name", "email", "phone", "note"}
    | {"idempotency_key", "review_version", "answer_version", "details_revision"}
    | {"draft", "answers", "seen", "round"}  # as they were named before
)


def service(section: Section) -> ServicePlan:
    """Read one [[services]] table."""
    questions = section.tables("questions")
    plan = ServicePlan(
        slug=section.need("slug", slug, '"haircut"', ""),
        name=section.need("name", filled(text()), '"Haircut"', ""),
        description=section.take("description", paragraphs(), ""),
        price=section.take("price", text(60), ""),
        place=section.take("place", paragraphs(300), ""),
        duration=section.need("duration", grid_minutes(5, DAY), '"45 min"', 5),
        buffer_before=section.take("buffer_before", grid_minutes(0, DAY), 0),
        buffer_after=section.take("buffer_after", grid_minutes(0, DAY), 0),
        minimum_notice=section.take("minimum_notice", minutes(0, YEAR * DAY), 0),
        slot_step=section.take("slot_step", grid_minutes(5, DAY), 15),
        booking_window=section.take("booking_window", days(1, 2 * YEAR), 60),
        daily_limit=section.take("daily_limit", whole(1, 999), None),
        is_online=section.take("online", flag, default=False),
        confirm_by_mail=section.take("confirm_by_mail", flag, default=False),
        approval=section.take("approval", flag, default=False),
        cancel_until=section.take("cancel_until", minutes(0, YEAR * DAY), 0),
        move_until=section.take("move_until", minutes(0, YEAR * DAY), 0),
        questions=tuple(question(one) for one in questions),
    )
    if plan.minimum_notice >= plan.booking_window * DAY:
        section.wrong(
            f"minimum_notice: {_never_bookable(plan.booking_window)}",
            *(["minimum_notice"] if "minimum_notice" in section else ["booking_window"]),
        )
    if plan.confirm_by_mail and plan.approval:
        section.wrong(
            f"approval: {_both_ways()}",
            "approval",
        )
    if names_no_currency(plan.price):
        section.note(
            f"price: {_without_a_currency(plan.price)}",
            "price",
        )
    reject_duplicates(questions, "key", [one.key for one in plan.questions])
    section.finish()
    return plan


def _never_bookable(window: int) -> str:
    return _(
        "nobody could ever book, because the booking window ends after %(days)s days; write less, "
        "or a longer booking window",
        days=window,
    )


def _both_ways() -> str:
    return _(
        "whoever asks for it reads at that address that you decide; write only one "
        "of approval and confirm_by_mail"
    )


def _without_a_currency(price: str) -> str:
    return _(
        'no currency is named; write it as customers read it, such as "€%(price)s"', price=price
    )


def names_no_currency(price: str) -> bool:
    """Return whether that price is a number alone: customers read it as it is written."""
    return _BARE_NUMBER.fullmatch(price) is not None


def question(section: Section) -> QuestionPlan:
    """Read one [[services.questions]] table."""
    plan = QuestionPlan(
        key=section.need("key", key, '"first_visit"', ""),
        label=section.need("label", filled(text(200)), '"Is this your first visit?"', ""),
        help=section.take("help", text(300), ""),
        kind=_kind(section),
        required=section.take("required", flag, default=False),
        choices=tuple(section.each("choices", filled(text(100)))),
    )
    if plan.key in TAKEN_KEYS:
        words = _("every service asks for %(key)s; write another key", key=plan.key)
        section.wrong(f"key: {words}", "key")
    _check_choices(section, plan)
    section.finish()
    return plan


def _kind(section: Section) -> str:
    """Empty when it is wrong: what choices it should have cannot be said then."""
    meanwhile = "" if "kind" in section else "text"
    return section.take("kind", one_of("text", "choice", "checkbox"), meanwhile)


def _check_choices(section: Section, plan: QuestionPlan) -> None:
    if not plan.kind:
        return
    written = section.raw("choices")
    if plan.kind != "choice" and "choices" in section:
        words = _(
            'a %(kind)s question has none; write kind = "choice" or drop them', kind=plan.kind
        )
        section.wrong(f"choices: {words}", "choices")
    elif plan.kind == "choice" and not (isinstance(written, list) and len(written) > 1):
        words = _('a choice needs two or more; write choices = ["Yes", "No"]')
        section.wrong(words, "choices")
    elif len(set(plan.choices)) < len(plan.choices):
        section.wrong(f"choices: {_('one of them is there twice; write each once')}", "choices")


def _taken(value: str, line: int) -> str:
    if not line:  # a form has none
        return _('"%(value)s" is there twice; write another', value=value)
    return _('"%(value)s" is taken by line %(line)s; write another', value=value, line=line)


def reject_duplicates(sections: list[Section], name: str, values: list[str]) -> None:
    """Report every value that an earlier table of the list has too."""
    first: dict[str, int] = {}
    for section, value in zip(sections, values, strict=True):
        if value and value in first:
            section.wrong(f"{name}: {_taken(value, first[value])}", name)
        first.setdefault(value, section.line(name))
