"""What a step of the wizard is: one small interface, and what most steps have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from booking.customer.wizard.state import BookingDraft, WizardState
from booking.customer.wizard.texts import PREVIOUS_STEP_FIRST
from booking.i18n import gettext as _
from booking.tab_sessions import DeferredResponse, TabSession


class Row(NamedTuple):
    """One line of the review or of the summary beside a question.

    `field` is where changing it begins; empty for the step's own field of the same name.
    """

    label: str
    value: str
    detail: str | None = None
    field: str = ""


class Step:
    """One place of the wizard. A step's class says only what is different about it.

    A question's own methods are `context` and `submit`; its template is `_<name>.html`.
    """

    name: ClassVar[str]
    """What it is called in addresses, in its template's name and in `data-step`."""
    label: ClassVar[str]
    """Its name in the list of steps; marked here, translated where it is shown."""
    heading: ClassVar[str]
    is_question: ClassVar[bool] = True
    owns: ClassVar[tuple[str, ...]] = ()
    """The draft's fields with its answer; without any it lies in `by_step`, under its name."""
    link_args: ClassVar[tuple[str, ...]] = ()
    """What a link to its page may say, for `read_link_args`."""
    recoverable: ClassVar[tuple[str, ...]] = ()
    """Fields that a form of an ended tab hands to a new booking though nobody typed them."""
    allow_completed: ClassVar[bool] = False
    """Whether its form may be sent when the tab's appointment is confirmed."""
    typing_prolongs_hold: ClassVar[bool] = False
    is_same_for_all: ClassVar[bool] = False
    """Whether all who have answered nothing see the same as long as the shop's own data stay."""

    def answer(self, draft: BookingDraft) -> Any:
        """Return the stored answer, for its version; something false where there is none."""
        values = [getattr(draft, name) for name in self.owns]
        if not values:
            return draft.by_step.get(self.name)
        return values[0] if len(values) == 1 else values

    def is_answered(self, wizard: WizardState) -> bool:
        """Whether the stored answer still holds."""
        return bool(self.answer(wizard.draft))

    def is_skipped(self, wizard: WizardState) -> bool:  # noqa: ARG002
        """Whether nobody is asked, because only one answer is possible."""
        return False

    def read_link_args(self, args: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002
        """Return what the arguments of a link mean to `context`."""
        return {}

    def context(self, wizard: WizardState, *args: Any, **extra: Any) -> dict[str, Any]:
        """Return what its template needs beside what all steps are given."""
        raise NotImplementedError

    def stands_on(self, tab: TabSession, **asked: Any) -> Any:  # noqa: ARG002
        """Return what its page stands on besides the tab's answers, as JSON values; None: on none.

        `asked` is what a link's arguments mean. It is asked every few seconds while somebody looks
        at the page, so it is one read by an index.
        """
        return None

    def before_transaction(self) -> None:
        """Do what an answer needs and no database, before anything is locked."""

    def submit(self, wizard: WizardState) -> DeferredResponse:
        """Take the posted answer, or say why not."""
        raise NotImplementedError

    def submit_again(self, tab: TabSession) -> DeferredResponse:
        """Answer a form that is sent once more, though the appointment is confirmed."""
        raise NotImplementedError

    def keep_stored(self, wizard: WizardState) -> None:
        """Of two answers keep the one that is stored."""

    def unanswered(self, wizard: WizardState) -> list[str]:
        """Return why nothing can be confirmed as long as this step is open; its page may say it."""
        return [] if self.answer(wizard.draft) else [_(PREVIOUS_STEP_FIRST)]

    def summary(self, wizard: WizardState, at: Step) -> list[Row]:  # noqa: ARG002
        """Return what is told of the answer beside the question `at`, which comes later."""
        return []

    def review(self, wizard: WizardState) -> list[Row]:  # noqa: ARG002
        """Return the answer's lines on the review."""
        return []

    def booking_answers(self, wizard: WizardState) -> list[dict[str, str]]:  # noqa: ARG002
        """Return what is kept with the booking's answers: `key`, `label` and `value` of each."""
        return []

    def recovery_fields(self, wizard: WizardState) -> dict[str, str]:
        """Return the answer as fields that later forms carry, in case the tab is over by then."""
        answer = wizard.draft.by_step.get(self.name, {})
        return {name: answer[name] for name in self.recoverable if name in answer}

    def resume(
        self,
        wizard: WizardState,  # noqa: ARG002
        notices: list[str],  # noqa: ARG002
        *,
        is_new: bool,  # noqa: ARG002
    ) -> DeferredResponse | None:
        """Take what a form of an ended tab carried; `is_new` where nothing is answered yet.

        Adds what the customer is told to `notices`. Returns None unless the answer is to be asked
        for again.
        """
        return None
