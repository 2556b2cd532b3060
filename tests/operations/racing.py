"""Jobs that set out together, on connections of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from booking.operations.requests import (
    AppointmentCancelled,
    AppointmentConfirmed,
    NoPendingMove,
    ProofOfWorkRequired,
    SlotUnavailable,
    VisitorLimit,
)

DECIDED = (AppointmentCancelled, AppointmentConfirmed, NoPendingMove)
REFUSALS = (SlotUnavailable, VisitorLimit, ProofOfWorkRequired, *DECIDED)


def at_once(*jobs):
    """Run all jobs from one starting shot; each result is its value or its refusal."""
    start = Barrier(len(jobs))

    def run(job):
        start.wait(timeout=60)
        try:
            return job()
        except REFUSALS as refusal:
            return refusal

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(run, jobs))


def won(results):
    return [result for result in results if not isinstance(result, Exception)]
