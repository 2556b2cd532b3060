"""How far a tab has come: what it has answered, which step is open, where Back leads."""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from booking.state import current_flask

from .state import WizardState
from .steps.base import Step

EXTENSION = "booking.steps"
"""The key in app.extensions under which an app's steps stand, in their order."""


def steps() -> tuple[Step, ...]:
    """Return this app's steps in their order; the last one is the confirmation."""
    return cast("tuple[Step, ...]", current_flask().extensions[EXTENSION])


def questions() -> list[Step]:
    """Return the steps that ask something, in their order."""
    return [step for step in steps() if step.is_question]


def step_named(name: str) -> Step:
    """Return the step of that name.

    Raises: KeyError where there is none.
    """
    return {step.name: step for step in steps()}[name]


Stage = namedtuple(  # noqa: PYI024 - only templates read it
    "Stage", ("step", "label", "state", "url", "fragment_url"), defaults=(None, None)
)
"""One step of the list above the question; one that can be reached carries its link."""


@dataclass(frozen=True)
class Progress:
    """The questions, and which of them are answered or skipped, by name; then the review."""

    questions: Sequence[Step]
    review: Step
    answered: frozenset[str]
    skipped: frozenset[str]

    @cached_property
    def visible(self) -> list[Step]:
        """The steps a customer walks through, in order, up to the review."""
        return [s for s in (*self.questions, self.review) if s.name not in self.skipped]

    @cached_property
    def open_step(self) -> Step:
        """The first question without an answer that holds, else the review."""
        return next((s for s in self.questions if s.name not in self.answered), self.review)

    def right_step(self, wanted: str) -> Step:
        """Return the step to show to somebody who wants that one: itself if it can be reached.

        A skipped step counts as answered; the last step is reached by confirming alone.
        """
        open_step = self.open_step
        for step in self.visible:
            if step.name == wanted:
                return step
            if step is open_step:
                break
        return open_step

    def step_before(self, step: Step) -> Step | None:
        """Return where 'Back' leads; None from the first question and from the last step."""
        visible = self.visible
        place = visible.index(step) if step in visible else 0
        return visible[place - 1] if place else None

    def earlier(self, step: Step) -> list[Step]:
        """Return the questions before that step, the skipped ones among them."""
        every = list(self.questions)
        return every[: every.index(step)] if step in every else every


def is_reached(wizard: WizardState, step: Step) -> bool:
    """Whether everything before that step is answered, and it is asked at all."""
    return progress_of(wizard).right_step(step.name) is step


def progress_of(wizard: WizardState) -> Progress:
    """Work out how far that tab has come."""
    every = steps()
    asking = questions()
    return Progress(
        asking,
        every[-2],
        frozenset(step.name for step in asking if step.is_answered(wizard)),
        frozenset(step.name for step in asking if step.is_skipped(wizard)),
    )
