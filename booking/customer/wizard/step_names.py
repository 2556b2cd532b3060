"""The order of the wizard's questions, and which of them comes next. Pure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

LABELS = {
    "service": "Service",
    "staff": "Person",
    "time": "Time",
    "details": "Details",
    "review": "Review",
    "done": "Done",
}
STEPS = tuple(LABELS)
QUESTIONS = STEPS[: STEPS.index("review")]


def asked(passed_over: AbstractSet[str]) -> list[str]:
    """The steps a customer walks through, in order, up to the review."""
    return [step for step in (*QUESTIONS, "review") if step not in passed_over]


def open_step(answered: AbstractSet[str]) -> str:
    """The first question without an answer that holds, else the review."""
    return next((step for step in QUESTIONS if step not in answered), "review")


def right_step(wanted: str, answered: AbstractSet[str], passed_over: AbstractSet[str]) -> str:
    """The step to show to someone who wants `wanted`: that one if it can be reached.

    A passed-over step counts as answered; `done` is reached by confirming alone.
    """
    reached = wanted in asked(passed_over) and all(
        step in answered for step in QUESTIONS[: STEPS.index(wanted)]
    )
    return wanted if reached else open_step(answered)


def step_before(step: str, passed_over: AbstractSet[str]) -> str | None:
    """Where 'Back' leads; None from the first question and from `done`."""
    walk = asked(passed_over)
    place = walk.index(step) if step in walk else 0
    return walk[place - 1] if place else None
