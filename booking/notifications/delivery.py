"""What is due goes out: one letter at a time, by a lease, with no transaction open meanwhile.

A letter is claimed in a short transaction, written in one that only reads, handed over, and what
the server said is written down in another, if the lease is still ours. So nobody who books waits
for a mail server, a letter that cannot be written or sent keeps none of the others, and one whose
deliverer has died is taken over when its lease is over: each goes out at least once.
"""

import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from threading import Event, Thread
from typing import TypeVar
from weakref import WeakKeyDictionary

from flask import Flask
from sqlalchemy.orm import Session

from booking.addresses import host_of
from booking.now import utc_now
from booking.operations.daily_lists import missing_lists, write_lists
from booking.state import SidebookState, current_sidebook
from booking.storage import deliveries, turns
from booking.storage.outbox import LOST_LINK, REFUSED, SENT, TOO_LATE, WAITING, Letter
from booking.storage.turns import Queue
from booking.transactions.errors import DATABASE_FAILURES
from booking.transactions.sessions import run_in_transaction, run_read_only

from .dialogue import Hear
from .handlers import log_failure, read_with_link, tell_host
from .letters import compose
from .transport import ACCEPTED, PERMANENT, Answer, Transport, transport_for

T = TypeVar("T")
PAUSES = (60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 28800)
"""Seconds after each try that failed; a day in all, and then it is refused."""
TURN = 10
"""Seconds for which a deliverer has its turn, renewed on the way: soon over if it dies."""
LEASE = 3
"""A letter's lease in times of BOOKING_MAIL_SECONDS: to connect, to hand over, to write down."""
STALE = 3 * 24 * 3600
"""Seconds after which a letter that is due has lost its point, as where mail was off meanwhile."""
AT_A_TIME = 25
"""Letters looked for at once: a new confirmation waits for no more reminders than these."""
LOOK_EVERY = 10
"""Seconds between two looks where nobody said that there is something to send."""
A_MOMENT = 0.5
"""Seconds after a booking until its letters begin: its own answer leaves first, and the bookings of
that time are looked for by one look."""
FAREWELL = 5
"""Seconds that a process which ends waits for what is under way."""
PLAN_EVERY = timedelta(minutes=5)
"""How often a process asks whether tomorrow's lists are written."""
_planned: WeakKeyDictionary[Flask, datetime] = WeakKeyDictionary()
_log = logging.getLogger(__name__)


@dataclass
class Summary:
    """What one run did.

    `ended` counts letters by the states they are in then: sent, refused, too_late, waiting (to be
    tried again). `answer` is the server's, where it asked for a pause. `is_others_turn`: nothing
    was done, because another process delivers.
    """

    ended: Counter[str] = field(default_factory=Counter)
    answer: str = ""
    is_others_turn: bool = False


def deliver_due(
    app: Flask, *, now: datetime, stop: Event | None = None, even_if_paused: bool = False
) -> Summary:
    """Send the letters that are due at `now`, and what becomes due on the way, until `stop` is set.

    Then a host's handlers are told what is due to them. Where another process delivers nothing is
    done. No letter leaves where the app has no mail, and while a pause lasts that the server asked
    for (unless `even_if_paused`).

    Raises: what the database fails with.
    """
    letters = deliver_queue(app, Queue.LETTERS, now=now, stop=stop, even_if_paused=even_if_paused)
    told = deliver_queue(app, Queue.HANDLERS, now=now, stop=stop)
    ended = letters.ended + told.ended
    is_others_turn = not ended and (letters.is_others_turn or told.is_others_turn)
    return Summary(ended, letters.answer, is_others_turn)


def deliver_queue(
    app: Flask,
    queue: Queue,
    *,
    now: datetime,
    stop: Event | None = None,
    even_if_paused: bool = False,
) -> Summary:
    """Do of `deliver_due` what is about letters, or about handlers: each has turns of its own.

    Raises: what the database fails with.
    """
    with app.app_context():
        run = _Run(app, current_sidebook(), queue, stop or Event(), now)
        if not run.is_there_any(even_if_paused=even_if_paused):
            return run.summary
        if not run.has_turn():
            run.summary.is_others_turn = True
            return run.summary
        try:
            with run.transport.connected() if run.transport else nullcontext():
                run.send_all()
        finally:
            run.end_turn()
        return run.summary


def watch_all(app: Flask, stop: Event, wake: Mapping[Queue, Event]) -> None:
    """Do `watch` for letters, and beside it for a host's handlers, which may never return."""
    handlers = Thread(
        target=watch, args=(app, Queue.HANDLERS, stop, wake[Queue.HANDLERS]), daemon=True
    )
    handlers.start()
    watch(app, Queue.LETTERS, stop, wake[Queue.LETTERS])
    handlers.join(FAREWELL)


def watch(app: Flask, queue: Queue, stop: Event, wake: Event) -> None:
    """Send what is due, again and again, until `stop` is set; `wake` has it look in a moment.

    Whatever goes wrong is logged once, and tried again with the next look.
    """
    before = ""
    while not stop.is_set():
        wake.clear()
        before = _looked(app, queue, stop, before)
        if wake.wait(LOOK_EVERY):
            stop.wait(A_MOMENT)


def _looked(app: Flask, queue: Queue, stop: Event, before: str) -> str:
    """Send what is due; return what kept us from it, logged unless it did so `before`."""
    try:
        deliver_queue(app, queue, now=utc_now(), stop=stop)
    except DATABASE_FAILURES as error:
        said = str(getattr(error, "orig", None) or "").strip().splitlines()
        reason = said[0] if said else type(error).__name__  # on the lines after it may stand a row
        if reason != before:
            _log.warning("Letters wait, for the database could not be used: %s", reason)
        return reason
    except Exception as error:  # noqa: BLE001 - a deliverer outlives whatever it meets
        reason = type(error).__name__
        if reason != before:
            log_failure("Delivering failed", error)
        return reason
    return ""


def transport_of(
    sidebook: SidebookState, *, hear: Hear = lambda _line: None, seconds: float | None = None
) -> Transport | None:
    """Return the way by which this app's letters leave; None: it has no mail.

    `hear` is told what is said to a mail server, and what it answers. `seconds`: the most for
    connecting, and for each letter; None: as the settings say.
    """
    settings = sidebook.settings
    if settings.mail_url is None:
        return None
    return transport_for(
        settings.mail_url,
        seconds=min(seconds or settings.mail_seconds, settings.mail_seconds),
        letters_a_connection=settings.mails_a_connection,
        our_name=host_of(settings.public_url or "").partition(":")[0] or "localhost",
        hear=hear,
    )


@dataclass
class _Run:
    """One deliverer's turn: what it works with, and what it has done so far."""

    app: Flask
    sidebook: SidebookState
    queue: Queue
    stop: Event
    began: datetime
    lease: str = field(default_factory=lambda: secrets.token_hex(16))
    summary: Summary = field(default_factory=Summary)
    started: float = field(default_factory=time.monotonic)
    next_at: float = 0
    turn_until: int = 0
    is_paused: bool = False
    was_paused: bool = False
    has_lost_its_turn: bool = False

    def __post_init__(self) -> None:
        settings = self.sidebook.settings
        is_for_letters = self.queue is Queue.LETTERS
        self.transport = transport_of(self.sidebook) if is_for_letters else None
        self.between = 1 / settings.mails_a_second if settings.mails_a_second else 0.0
        self.turn_seconds = int(max(TURN, 3 * self.between))
        self.lease_seconds = int(LEASE * settings.mail_seconds)

    def now(self) -> datetime:
        return self.began + timedelta(seconds=time.monotonic() - self.started)

    def seconds(self) -> int:
        return int(self.now().timestamp())

    def read(self, work: Callable[[Session], T]) -> T:
        return run_read_only(self.sidebook.session, work)

    def write(self, work: Callable[[Session], T]) -> T:
        return run_in_transaction(self.sidebook.session, work, idempotent=True)

    def plan(self) -> None:
        """Write tomorrow's lists, where it is time to ask whether they are written."""
        before, now = _planned.get(self.app), self.began
        if before is None or not timedelta(0) <= now - before < PLAN_EVERY:
            _planned[self.app] = now
            lists = self.read(lambda session: missing_lists(session, now))
            if lists:
                self.write(lambda session: write_lists(session, lists, now))

    def is_there_any(self, *, even_if_paused: bool) -> bool:
        """Whether there is something to do, and nobody does it: answered by two small reads.

        It is asked after each booking, and in most processes somebody else delivers.
        """
        if self.queue is Queue.LETTERS:
            if self.transport is None:
                return False
            self.plan()

        def work(session: Session) -> list[int]:
            known = turns.state_of(session, self.queue, now=self.seconds())
            self.was_paused = known.was_paused
            self.is_paused = known.is_paused and not even_if_paused
            self.summary.is_others_turn = known.is_taken
            return [] if known.is_taken or self.is_paused else self.due(session)

        return bool(self.read(work))

    def due(self, session: Session) -> list[int]:
        return deliveries.due_letters(session, self.queue, now=self.seconds(), most=AT_A_TIME)

    def has_turn(self) -> bool:
        """Whether it is this deliverer's turn for another letter; once lost, it is over."""
        now = self.seconds()
        if self.has_lost_its_turn or now < self.turn_until - self.turn_seconds / 2:
            return not self.has_lost_its_turn
        until = now + self.turn_seconds
        is_ours = self.write(
            lambda session: turns.take_turn(session, self.queue, self.lease, now=now, until=until)
        )
        self.turn_until, self.has_lost_its_turn = until, not is_ours
        return is_ours

    def end_turn(self) -> None:
        # The next letter, whoever sends it, keeps its distance from our last one.
        until = self.seconds() + int(max(0, self.next_at - time.monotonic()))
        self.write(lambda session: turns.end_turn(session, self.queue, self.lease, until=until))

    def send_all(self) -> None:
        """Send what is due until nothing is, or it is somebody else's turn."""
        while not self.is_paused and (numbers := self.read(self.due)):
            were_ours = [self.deliver(number) for number in numbers if self.goes_on()]
            if not any(were_ours):
                return

    def goes_on(self) -> bool:
        """Whether another letter is to go, once it keeps its distance from the last one."""
        self.stop.wait(max(0, self.next_at - time.monotonic()))
        return not self.is_paused and not self.stop.is_set() and self.has_turn()

    def deliver(self, number: int) -> bool:
        """Claim the letter, send it, and write down what came of it; whether it was ours."""
        now = self.seconds()
        until = now + self.lease_seconds
        letter = self.write(
            lambda session: deliveries.claim_letter(
                session, self.queue, number, self.lease, now=now, until=until
            )
        )
        if letter is None:
            return False
        answer = None if _has_lost_its_point(letter, now) else self.send(letter)
        state = _state_after(letter, answer)
        is_ours = self.write(lambda session: self.note(session, letter, state, answer))
        if is_ours:
            self.summary.ended[state] += 1
            self.was_paused = self.was_paused and state != SENT
        if answer and answer.pauses:
            self.is_paused, self.summary.answer = True, answer.words
            _log.warning("No letters leave for a while, for the mail server says: %s", answer.words)
        elif state == REFUSED and answer:
            _log.warning("A letter (%s) was refused: %s", letter.kind, answer.words)
        return True

    def send(self, letter: Letter) -> Answer | None:
        """Return what became of it; None: it has lost its point."""
        if letter.role == "host":
            return tell_host(self.app, letter)
        try:
            message = read_with_link(self.sidebook, partial(self.compose, letter))
            if message is None or self.transport is None:
                return None
            self.next_at = time.monotonic() + self.between
            sender = self.sidebook.settings.mail_from
            return self.transport.send(
                message, sender=sender.address if sender else "", recipient=letter.recipient
            )
        except DATABASE_FAILURES:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others go out
            return Answer(
                "temporary", log_failure(f"A letter ({letter.kind}) could not be made", error)
            )

    def compose(self, letter: Letter, session: Session) -> EmailMessage | None:
        known = self.sidebook.links.known_url
        return compose(session, letter, now=self.now(), manage_url=known)

    def note(self, session: Session, letter: Letter, state: str, answer: Answer | None) -> bool:
        """Write down what became of it, if the lease is still ours, and of the others with it."""
        now, words = self.seconds(), answer.words if answer else ""
        until, tries = now + PAUSES[min(letter.tries, len(PAUSES)) - 1], letter.tries
        if answer and answer.pauses:
            # It was not about this letter; but if it is all the same, the others go before it.
            paused_until = turns.pause(session, now=now, answer=words)
            until, tries = 2 * paused_until - now, letter.tries - 1
        elif state == SENT and self.was_paused:
            turns.end_pauses(session)
        if letter.kind == LOST_LINK and state != WAITING:
            sent_to = self.sidebook.links.hashed_address(letter.recipient) if state == SENT else ""
            return deliveries.erase_letter(
                session, letter.id, self.lease, sent_to=sent_to, answer=words, now=now
            )
        if state == WAITING:
            return deliveries.postpone_letter(
                session, letter.id, self.lease, answer=words, until=until, tries=tries
            )
        return deliveries.end_letter(session, letter.id, self.lease, state, answer=words, now=now)


def _has_lost_its_point(letter: Letter, now: int) -> bool:
    if letter.last_moment is not None and letter.last_moment <= now:
        return True
    return letter.role != "host" and letter.due_at <= now - STALE


def _state_after(letter: Letter, answer: Answer | None) -> str:
    if answer is None:
        return TOO_LATE
    if answer.outcome == ACCEPTED:
        return SENT
    was_tried_enough = letter.tries > len(PAUSES) and not answer.pauses
    is_over = answer.outcome == PERMANENT or was_tried_enough
    return REFUSED if is_over else WAITING
