"""Which step comes next, and which one may be shown."""

from itertools import chain, combinations

import pytest

from booking.customer.wizard import step_names

QUESTIONS = ("service", "staff", "time", "details")


def subsets(items):
    return [set(c) for c in chain.from_iterable(combinations(items, n) for n in range(5))]


@pytest.mark.parametrize(
    "answered", subsets(QUESTIONS), ids=lambda answered: "+".join(sorted(answered)) or "nothing"
)
def test_the_open_step_is_the_first_without_an_answer(answered):
    missing = [step for step in QUESTIONS if step not in answered]
    assert step_names.open_step(answered) == (missing[0] if missing else "review")


@pytest.mark.parametrize(
    "answered", subsets(QUESTIONS), ids=lambda answered: "+".join(sorted(answered)) or "nothing"
)
@pytest.mark.parametrize("wanted", step_names.STEPS)
def test_a_step_is_shown_only_when_everything_before_it_is_answered(wanted, answered):
    order = [*QUESTIONS, "review"]
    reached = wanted in order and set(order[: order.index(wanted)]) <= answered
    expected = wanted if reached else step_names.open_step(answered)
    assert step_names.right_step(wanted, answered, set()) == expected


def test_a_passed_over_step_is_never_shown():
    answered = {"service", "staff"}
    assert step_names.right_step("staff", answered, {"staff"}) == "time"
    assert step_names.asked({"service", "staff"}) == ["time", "details", "review"]


def test_back_leads_past_the_steps_that_were_passed_over():
    assert step_names.step_before("time", {"staff"}) == "service"
    assert step_names.step_before("time", {"service", "staff"}) is None
    assert step_names.step_before("service", set()) is None
    assert step_names.step_before("done", set()) is None
