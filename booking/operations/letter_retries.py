"""Send letters again that no mail server has taken: what the shell and the desk do alike."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from booking.storage.letter_reads import kinds_of_letters, letters_to_retry, retry_letters
from booking.storage.turns import end_pauses

from .history import LETTER_RETRIED, SHELL, record_each

AT_ONCE = 50
"""Letters that are changed in one transaction: whoever books waits for it."""


def retry(
    session: Session, numbers: Sequence[int] | None, *, actor: str = SHELL, now: datetime
) -> list[int]:
    """Let letters that failed be due at once, and wait no longer where the server had us pause.

    Those of these numbers, or of all (None), that are still true and not too late: the oldest,
    at most AT_ONCE of them; the history of their bookings says so. Returns their numbers.
    """
    at = int(now.timestamp())
    which = letters_to_retry(session, numbers, now=at, most=AT_ONCE)
    end_pauses(session)
    retry_letters(session, which, now=at)
    entries = [
        (booking, {"kind": kind, "role": role})
        for booking, kind, role in kinds_of_letters(session, which)
    ]
    record_each(session, entries, LETTER_RETRIED, actor=actor, now=now)
    return which
