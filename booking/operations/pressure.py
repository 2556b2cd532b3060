"""While much of a day is held and not booked, one more hold costs its browser a small sum."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.storage.challenges import spend
from booking.storage.snapshot import AvailabilitySnapshot

from .errors import ProofOfWorkRequired
from .visitors import Room


@dataclass(frozen=True)
class Proof:
    """A sum that was found to be right, and until when (seconds since the epoch) it is good."""

    mark: bytes
    good_until: int


def require_work(
    session: Session,
    room: Room,
    snapshot: AvailabilitySnapshot,
    start: datetime,
    proof: Proof | None,
    *,
    now: datetime,
) -> None:
    """Nothing, unless that day is under pressure; then the sum is used up.

    What the tab holds already costs nothing more while the hold runs, and what is not going to be
    held keeps the time from nobody. Raises ProofOfWorkRequired without a sum, or where it was used
    before.
    """
    is_own = snapshot.own is not None and snapshot.own.starts_at == start
    if is_own or not (room.is_held and room.is_pressed):
        return
    if proof is None or not spend(session, proof.mark, expires_at=proof.good_until, now=now):
        raise ProofOfWorkRequired
