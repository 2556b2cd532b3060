"""The attacks themselves. What must hold of their answers stands in test_attacks.py."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from booking.customer.wizard.state import slot_value
from booking.operations.requests import SlotUnavailable
from tests.attacks.field import Field, at
from tests.fixtures.customers import Answer, Customer, all_at_once

Answers = list[Answer]
NOON = at(12)


def one_slot_held(field: Field, clients: int, staff: str = "ana") -> Answers:
    """All of them choose the same time."""
    tabs = field.at_time(clients, staff)
    return all_at_once(partial(tab.choose_time, slot_value(NOON)) for tab in tabs)


def anybody_held(field: Field, clients: int) -> Answers:
    """The same time of anybody: there are five."""
    return one_slot_held(field, clients, "any")


def one_slot_confirmed(field: Field, clients: int) -> Answers:
    """All of them stand at the review of the same time, which nobody holds any more."""
    return confirmed_at_once(field.at_review(clients, "ana", NOON))


def overlapping_slots_held(field: Field, clients: int) -> Answers:
    """Times of two services that overlap in every way, within four hours of one person."""
    starts = [NOON + timedelta(minutes=15 * step) for step in range(12)]
    dice = random.Random(clients)
    jobs = []
    for service in ("short", "long"):
        tabs = field.at_time(clients // 2, "ana", service)
        jobs += [partial(tab.choose_time, slot_value(dice.choice(starts))) for tab in tabs]
    dice.shuffle(jobs)
    return all_at_once(jobs)


def taken_as_holds_run_out(field: Field, clients: int) -> Answers:
    """Each hold runs out at the next full second, and others ask for it from just before on."""
    deadline = soon()
    starts = hourly(clients // 4)
    for start in starts:
        field.at_review(1, "ana", start, held_until=deadline)
    jobs = []
    for start in starts:
        rivals = field.at_time(3, "ana")
        jobs += [partial(until_answered, tab, start, deadline) for tab in rivals]
    return all_at_once(jobs)


def extended_as_others_take_over(field: Field, clients: int) -> Answers:
    """Holders ask for more time at the very second at which others may take theirs."""
    return as_others_take_over(field, clients, lambda holder: holder.more_time)


def confirmed_as_others_take_over(field: Field, clients: int) -> Answers:
    """Holders confirm at the very second at which others may take their time."""
    return as_others_take_over(
        field, clients, lambda holder: partial(holder.confirm, holder.confirmation())
    )


def as_others_take_over(
    field: Field, clients: int, job_of: Callable[[Customer], Callable[[], Answer]]
) -> Answers:
    deadline = soon()
    jobs = []
    for start in hourly(clients // 3):
        [holder] = field.at_review(1, "ana", start, held_until=deadline)
        jobs.append(partial(at_the_second, deadline, job_of(holder)))
        jobs += [partial(until_answered, tab, start, deadline) for tab in field.at_time(2, "ana")]
    return all_at_once(jobs)


def one_tab_confirmed_many_times(field: Field, clients: int) -> Answers:
    """The same tab, the same form, from as many windows as there are clients."""
    [tab] = field.at_review(1, "ana", NOON)
    return all_at_once([partial(tab.confirm, tab.confirmation())] * clients)


def moved_to_each_others_times(field: Field, clients: int) -> Answers:
    """Pairs that would swap places, while every third stays where one of them wants to go."""
    jobs = []
    for start in hourly(clients // 2):
        one, two = field.book("ana", start), field.book("ben", start)
        field.book("cyd", start)
        jobs += [
            partial(moved, field, one, "ben", start),
            partial(moved, field, two, "cyd", start),
        ]
    return all_at_once(jobs)


def one_slot_from_every_door(field: Field, clients: int) -> Answers:
    """Held, confirmed, moved to, and entered by the owner beside the server: the same time."""
    quarter = clients // 4
    references = [field.book("ben", start) for start in hourly(quarter)]
    reviewers = field.at_review(quarter, "ana", NOON)
    jobs: list[Callable[[], Answer]] = [
        partial(tab.choose_time, slot_value(NOON)) for tab in field.at_time(quarter, "ana")
    ]
    jobs += [partial(tab.confirm, tab.confirmation()) for tab in reviewers]
    jobs += [partial(moved, field, one, "ana", NOON) for one in references]
    jobs += [partial(entered, field, NOON + timedelta(minutes=15 * n)) for n in (-1, 0, 1)]
    return all_at_once(jobs)


# -- what they are made of -------------------------------------------------------------------------


def confirmed_at_once(tabs: list[Customer]) -> Answers:
    forms = all_at_once(partial(_confirmation, tab) for tab in tabs)
    return all_at_once(partial(tab.confirm, form) for tab, form in zip(tabs, forms, strict=True))


def _confirmation(tab: Customer):
    return tab.confirmation()


def hourly(count: int) -> list[datetime]:
    """So many times, far enough from each other and from noon's neighbours not to meet."""
    return [at(14) + timedelta(hours=hour) for hour in range(count)]


def soon() -> datetime:
    """A full second, late enough for everybody to be ready."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)


def at_the_second(moment: datetime, job: Callable[[], Answer]) -> Answer:
    time.sleep(max(0, (moment - datetime.now(UTC)).total_seconds()))
    return job()


def until_answered(tab: Customer, start: datetime, moment: datetime) -> Answer:
    """Ask from a little before the moment on, until the time is ours, or refused after it."""
    time.sleep(max(0, (moment - datetime.now(UTC)).total_seconds() - random.uniform(0, 0.4)))
    while True:
        asked = datetime.now(UTC)
        answer = tab.choose_time(slot_value(start))
        if answer.status == 200 or asked > moment + timedelta(seconds=0.2):
            return answer


def moved(field: Field, reference: str, staff: str, start: datetime) -> Answer:
    asked = {"reference": reference, "staff": staff, "slot": slot_value(start)}
    return Customer(field.server.url).post("/reschedule", **asked)


def entered(field: Field, start: datetime) -> Answer:
    try:
        field.book("ana", start)
    except SlotUnavailable:
        return Answer(409, "", 0)
    return Answer(200, "", 0)
