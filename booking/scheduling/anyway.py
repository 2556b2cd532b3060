"""What may be passed over openly: an appointment outside the rules, never in somebody's minute.

The rules are the shop's own, so the shop may set them aside for once, when it says so. What others
have claimed it may not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .clock import Interval, contains, intersect, local_day, local_days, merge
from .slots import Reason, ServiceRules, WorkingTime, fitting_starts, open_intervals

MAY_BE_PASSED_OVER = frozenset(
    {Reason.TOO_SOON, Reason.TOO_FAR, Reason.CLOSED, Reason.BETWEEN, Reason.BUFFER}
)
"""What the shop asks of its customers; what has passed, is taken, or is full, is so for all."""


def reasons_against(
    working: WorkingTime,
    rules: ServiceRules,
    taken: Iterable[Interval],
    now: int,
    start: int,
    *,
    full_days: Iterable[Interval] = (),
) -> tuple[Reason, ...]:
    """Return everything that speaks against the start (minutes, UTC), as `why_not` the first.

    Where only its own buffers reach into what is taken, that is BUFFER; where the hours have room
    for it and no appointment begins at that minute, BETWEEN.
    """
    taken = list(taken)
    found = {
        Reason.PAST: start < now,
        Reason.TOO_SOON: now <= start < rules.earliest(now),
        Reason.TOO_FAR: start > rules.latest(now),
        **_outside(working, rules, start),
        **_in_the_way(rules, taken, start),
        Reason.LIMIT: contains(merge(full_days), start, start + 1),
    }
    return tuple(reason for reason, speaks in found.items() if speaks)


def squeezed(rules: ServiceRules, taken: Iterable[Interval], start: int) -> ServiceRules:
    """Return the rules with as much of the buffers as there is room for around that start.

    The appointment itself has to have room.
    """
    end, taken = start + rules.duration, list(taken)
    before = max((until for _, until in taken if until <= start), default=None)
    after = min((since for since, _ in taken if since >= end), default=None)
    return replace(
        rules,
        buffer_before=rules.buffer_before
        if before is None
        else min(rules.buffer_before, start - before),
        buffer_after=rules.buffer_after if after is None else min(rules.buffer_after, after - end),
    )


def _outside(working: WorkingTime, rules: ServiceRules, start: int) -> dict[Reason, bool]:
    day = local_day(start, working.zone)
    fits = start in fitting_starts(working, rules, day, day)
    whole = (start, start + rules.duration)
    is_open = contains(open_intervals(working, *local_days(whole, working.zone)), *whole)
    return {Reason.CLOSED: not fits and not is_open, Reason.BETWEEN: not fits and is_open}


def _in_the_way(rules: ServiceRules, taken: Sequence[Interval], start: int) -> dict[Reason, bool]:
    is_taken = bool(intersect([(start, start + rules.duration)], taken))
    is_near = bool(intersect([rules.span(start)], taken))
    return {Reason.TAKEN: is_taken, Reason.BUFFER: is_near and not is_taken}
