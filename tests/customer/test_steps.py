"""Which step comes next, and which one may be shown."""

import pytest

from booking.customer.wizard.order import STEPS
from booking.customer.wizard.progress import Progress

BY_NAME = {step.name: step for step in STEPS}


def progress(*answered, skipped=()):
    questions = [step for step in STEPS if step.is_question]
    return Progress(questions, BY_NAME["review"], frozenset(answered), frozenset(skipped))


@pytest.mark.parametrize(
    ("answered", "open_step"),
    [
        ([], "service"),
        (["service"], "staff"),
        (["service", "time", "details"], "staff"),
        (["staff", "time", "details"], "service"),
        (["service", "staff", "time"], "details"),
        (["service", "staff", "time", "details"], "review"),
    ],
)
def test_the_open_step_is_the_first_without_an_answer(answered, open_step):
    assert progress(*answered).open_step.name == open_step


@pytest.mark.parametrize(
    ("answered", "wanted", "shown"),
    [
        ([], "review", "service"),
        (["service"], "service", "service"),
        (["service"], "staff", "staff"),
        (["service"], "time", "staff"),
        (["service", "time"], "time", "staff"),
        (["service", "staff", "time", "details"], "staff", "staff"),
        (["service", "staff", "time", "details"], "review", "review"),
        (["service", "staff", "time", "details"], "done", "review"),
        (["service", "staff"], "done", "time"),
    ],
)
def test_a_step_is_shown_only_when_everything_before_it_is_answered(answered, wanted, shown):
    assert progress(*answered).right_step(wanted).name == shown


def test_a_skipped_step_is_never_shown():
    with_one_person = progress("service", "staff", skipped=["staff"])
    assert with_one_person.right_step("staff").name == "time"
    alone = progress("service", "staff", skipped=["service", "staff"])
    assert [step.name for step in alone.visible] == ["time", "details", "review"]


@pytest.mark.parametrize(
    ("step", "skipped", "before"),
    [
        ("time", ["staff"], "service"),
        ("time", ["service", "staff"], None),
        ("review", [], "details"),
        ("service", [], None),
        ("done", [], None),
    ],
)
def test_back_leads_past_the_steps_that_were_skipped(step, skipped, before):
    found = progress("service", "staff", skipped=skipped).step_before(BY_NAME[step])
    assert (found.name if found else None) == before


def test_the_last_two_places_are_the_review_and_the_confirmation():
    assert [step.name for step in STEPS[-2:]] == ["review", "done"]
    assert [step.is_question for step in STEPS[-2:]] == [False, False]
