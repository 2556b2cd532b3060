"""Notes about a booking that only the shop sees."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.storage.history import add_note, notes_of
from booking.storage.models import Booking

from .history import NOTE, record
from .pending import lock

A_MOMENT = timedelta(minutes=1)


def write_note(session: Session, booking: Booking, text: str, *, actor: str, now: datetime) -> None:
    """Keep a note of that person's with the booking; the history says that there is one.

    What they have noted a moment ago is not kept twice: they pressed twice.
    """
    lock(session, booking)
    last = next(iter(notes_of(session, booking.id)), None)
    if last and (last.text, last.author) == (text, actor) and now - last.moment < A_MOMENT:
        return
    add_note(session, booking.id, text, author=actor, now=int(now.timestamp()))
    record(session, booking.id, NOTE, actor=actor, now=now)
