"""What a database needs that was brought back from a backup, before anybody serves from it.

It says what was so when the backup was made. Letters that were due since may have been sent, times
that were held belong to nobody any more, whoever was signed in may have signed out, and one-time
links may have been used.
"""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from booking.storage.accounts import desk_session, one_time_link
from booking.storage.claims import release_holds
from booking.storage.models import hold, letter, link_key
from booking.storage.outbox import SENDING, WAITING, WITHDRAWN

SET_ASIDE = "set aside: it was due before the backup was restored"
"""What stands where a server's answer stands otherwise."""


def set_letters_aside(session: Session, *, now: datetime) -> int:
    """Withdraw all letters that were due at `now` or before; return how many.

    Nobody knows which of them were sent after the backup was made, and none is to go twice.
    """
    seconds = int(now.timestamp())
    due = letter.c.state.in_((WAITING, SENDING)), letter.c.due_at <= seconds
    ended = {"state": WITHDRAWN, "ended_at": seconds, "answer": SET_ASIDE}
    values = ended | {"lease": None, "leased_until": None}
    aside = update(letter).where(*due).values(values).returning(letter.c.id)
    return len(session.execute(aside).all())


def drop_holds(session: Session) -> int:
    """Let go of all times that are held; return how many."""
    held = session.scalars(select(hold.c.id)).all()
    release_holds(session, held)
    return len(held)


def forget_places_of_keys(session: Session) -> None:
    """Let no key count as in use on another machine: this database was not used there."""
    session.execute(update(link_key).values(last_used_at=0))


def end_sign_ins(session: Session) -> int:
    """End all sessions of the desk, and all one-time links; return how many sessions there were."""
    session.execute(delete(one_time_link))
    return len(session.execute(delete(desk_session).returning(desk_session.c.id)).all())
