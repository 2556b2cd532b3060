"""What an operation is asked for (which slot, on whose behalf), and why it was refused.

Whoever asked turns a refusal into a sentence and a status.
"""

import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from booking.scheduling.slots import Reason
from booking.storage.claims import Pair
from booking.storage.models import Hold, Service, StaffMember


class SlotUnavailable(Exception):
    """The time cannot be had; `reason` says why.

    `against` is everything that speaks against it, where that was asked; else that reason alone.
    """

    def __init__(self, reason: Reason, against: Sequence[Reason] = ()) -> None:
        self.reason = reason
        self.against = tuple(against) or (reason,)
        super().__init__(f"the time cannot be had: {reason}")


class CustomerBlocked(Exception):
    """Whoever is known by that address is not to book by the web; the shop wants to be called."""


class NoHold(Exception):
    """The tab holds no time."""


class NoMoreTime(Exception):
    """The hold was extended as often as it may be."""


class Limit(StrEnum):
    """Which of the limits on one visitor was reached, or on letters to one address."""

    HOLDS = "holds"
    BOOKINGS = "bookings"
    DAY = "day"
    DRAFTS = "drafts"
    LETTERS = "letters"
    SEARCHES = "searches"


class VisitorLimit(Exception):
    """The visitor has as much as one visitor may; `limit` says of what."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        super().__init__(f"the visitor has as much as one may: {limit}")


class ProofOfWorkRequired(Exception):
    """So much of the day is held that this hold costs a proof of work, and none came along."""


class AlreadyConfirmed(Exception):
    """The draft was confirmed already, with other answers."""


class AppointmentPast(Exception):
    """The appointment has begun, so it can no longer be cancelled or moved."""


class TooLate(Exception):
    """It is nearer than its service lets customers cancel or move; the owner still can."""


class ChangedTooOften(Exception):
    """The booking was changed as often as its customer may change it; the owner still can."""


class AppointmentCancelled(Exception):
    """The appointment is cancelled, so there is nothing to move or to confirm."""


class AppointmentPending(Exception):
    """The appointment is not confirmed yet, so it cannot be moved."""


class NeedsApproval(Exception):
    """Another time needs the shop's approval, so its customer cannot move the appointment."""


class AppointmentConfirmed(Exception):
    """The appointment is confirmed, so it can no longer be declined."""


class NoPendingMove(Exception):
    """Nobody waits for another time of the appointment (any more), so it stands as it is."""


class Attendance(StrEnum):
    """Whether somebody came: states of a booking, and CONFIRMED where it is not noted."""

    CAME = "completed"
    NO_SHOW = "no_show"
    CONFIRMED = "confirmed"


class NotYet(Exception):
    """It is too early to say whether somebody came."""


class NothingToSend(Exception):
    """There is no letter that says to the customer what is now."""


class Kept(StrEnum):
    """Why what was done at the desk can not be undone."""

    CHANGED = "changed"
    TOLD = "told"
    ENDED = "ended"


class UndoRefused(Exception):
    """It stays as it is; `why` says why."""

    def __init__(self, why: Kept) -> None:
        self.why = why
        super().__init__(f"it can not be undone: {why}")


By = Literal["customer", "owner"]


@dataclass(frozen=True)
class Visitor:
    """Who asks, and how much they may take.

    `address` and `networks`, those around it from narrow to wide, are never written down. `holds`
    at the same time, `bookings` in 24 hours, `drafts` begun in a day (UTC), `share` in percent of a
    staff member's day and of a service's daily limit. None of that binds a `shared` address, behind
    which many people sit. `held_share` binds everybody: the percent of a day that may be held and
    not booked. Above `pressure_share` percent of it one more hold costs a proof of work; at 0 and
    at 100 it never does.
    """

    address: str
    holds: int
    bookings: int
    share: int
    networks: tuple[str, ...] = ()
    held_share: int = 100
    pressure_share: int = 100
    shared: bool = False
    drafts: int = sys.maxsize


@dataclass(frozen=True)
class Proof:
    """A proof of work that was checked, and until when (seconds since the epoch) it is good."""

    mark: bytes
    good_until: int


@dataclass(frozen=True)
class Candidate:
    """One way to have the appointment: with this staff member, in all of these resources at once.

    Today the resources are the staff member's own alone. A room is one more: it is claimed for the
    same ticks, and only the claim itself knows whether it is free.
    """

    member: StaffMember
    resources: frozenset[int]


def candidates(staff: Iterable[StaffMember]) -> list[Candidate]:
    """Return one candidate for each of the staff, who need nothing but their own time."""
    return [Candidate(member, frozenset({member.resource_id})) for member in staff]


@dataclass(frozen=True)
class Restored:
    """The lengths of an appointment that had this time before and is to have it again, in minutes.

    Hours, notice and window allowed it then, and are not asked once more; what others have taken
    since, and the day's limit, are.
    """

    duration: int
    buffer_before: int
    buffer_after: int


@dataclass(frozen=True)
class SlotRequest:
    """A slot as it is asked for: the service, whoever may give it, the start, and for whom.

    `candidates` are equally welcome. What `own_hold` (over or not) and the booking numbered
    `own_booking` have claimed stands in nobody's way, and is let go of as far as it is not claimed
    again; what it `keeps` of that is neither let go of nor claimed anew. A `visitor` of None is not
    counted. `proof` is the proof of work that came along. `restored`: it had that time before.

    `anyway` has what the shop passes over openly, of `MAY_BE_PASSED_OVER`; with it, even if it is
    empty, everything else that binds customers binds the shop. None: notice and window do not.
    """

    service: Service
    candidates: Sequence[Candidate]
    start: datetime
    now: datetime
    by: By = "customer"
    visitor: Visitor | None = None
    own_hold: Hold | None = None
    own_booking: int | None = None
    keeps: frozenset[Pair] = frozenset()
    proof: Proof | None = None
    restored: Restored | None = None
    anyway: Collection[Reason] | None = None

    def __post_init__(self) -> None:
        if self.anyway and (self.by != "owner" or len(self.candidates) != 1):
            raise ValueError("only the owner passes over a rule, and for one person at a time")

    @property
    def tab_key(self) -> int | None:
        """The tab whose own hold is not counted against its visitor; None if it holds nothing."""
        return self.own_hold.tab_session_id if self.own_hold else None
