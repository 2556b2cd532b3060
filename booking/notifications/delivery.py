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
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from threading import Event
from typing import TypeVar
from weakref import WeakKeyDictionary

from flask import Flask
from sqlalchemy.orm import Session

from booking.addresses import host_of
from booking.operations.daily_lists import missing_lists, write_lists
from booking.state import SidebookState, current_sidebook
from booking.storage import deliveries
from booking.storage.outbox import LOST_LINK, REFUSED, SENT, TOO_LATE, WAITING, Letter
from booking.transactions.errors import DATABASE_FAILURES
from booking.transactions.sessions import run_in_transaction, run_read_only

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
    """Send what is due at `now`, and what becomes due on the way, until `stop` is set.

    Where another process delivers nothing is done. Where the app has no mail, and while a pause
    lasts that the server asked for (unless `even_if_paused`), only a host's handlers are told.

    Raises: what the database fails with.
    """
    with app.app_context():
        run = _Run(app, current_sidebook(), stop or Event(), now)
        run.plan()
        if not run.look(even_if_paused=even_if_paused):
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


def watch(app: Flask, stop: Event, wake: Event) -> None:
    """Send what is due, again and again, until `stop` is set; `wake` has it look at once.

    Whatever goes wrong is logged once, and tried again with the next look.
    """
    before = ""
    while not stop.is_set():
        wake.clear()
        before = _looked(app, stop, before)
        wake.wait(LOOK_EVERY)


def _looked(app: Flask, stop: Event, before: str) -> str:
    """Send what is due; return what kept us from it, logged unless it did so `before`."""
    try:
        deliver_due(app, now=datetime.now(UTC), stop=stop)
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


def transport_of(sidebook: SidebookState) -> Transport | None:
    """Return the way by which this app's letters leave; None: it has no mail."""
    settings = sidebook.settings
    if settings.mail_url is None:
        return None
    return transport_for(
        settings.mail_url,
        seconds=settings.mail_seconds,
        letters_a_connection=settings.mails_a_connection,
        our_name=host_of(settings.public_url or "").partition(":")[0] or "localhost",
    )


@dataclass
class _Run:
    """One deliverer's turn: what it works with, and what it has done so far."""

    app: Flask
    sidebook: SidebookState
    stop: Event
    began: datetime
    lease: str = field(default_factory=lambda: secrets.token_hex(16))
    summary: Summary = field(default_factory=Summary)
    started: float = field(default_factory=time.monotonic)
    next_at: float = 0
    turn_until: int = 0
    only_hosts: bool = False
    has_lost_its_turn: bool = False

    def __post_init__(self) -> None:
        settings = self.sidebook.settings
        self.transport = transport_of(self.sidebook)
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
        """Write tomorrow's lists, where letters leave and it is time to ask whether they are."""
        before, now = _planned.get(self.app), self.began
        is_due = before is None or not timedelta(0) <= now - before < PLAN_EVERY
        if self.transport and is_due:
            _planned[self.app] = now
            lists = self.read(lambda session: missing_lists(session, now))
            if lists:
                self.write(lambda session: write_lists(session, lists, now))

    def look(self, *, even_if_paused: bool) -> bool:
        """Whether there is something to do; asked often, and answered by one read."""

        def work(session: Session) -> list[int]:
            is_paused = deliveries.is_paused(session, now=self.seconds())
            self.only_hosts = self.transport is None or (is_paused and not even_if_paused)
            return self.due(session)

        return bool(self.read(work))

    def due(self, session: Session) -> list[int]:
        return deliveries.due_letters(
            session, now=self.seconds(), most=AT_A_TIME, only_hosts=self.only_hosts
        )

    def has_turn(self) -> bool:
        """Whether it is this deliverer's turn for another letter; once lost, it is over."""
        now = self.seconds()
        if self.has_lost_its_turn or now < self.turn_until - self.turn_seconds / 2:
            return not self.has_lost_its_turn
        until = now + self.turn_seconds
        is_ours = self.write(
            lambda session: deliveries.take_turn(session, self.lease, now=now, until=until)
        )
        self.turn_until, self.has_lost_its_turn = until, not is_ours
        return is_ours

    def end_turn(self) -> None:
        # The next letter, whoever sends it, keeps its distance from our last one.
        until = self.seconds() + int(max(0, self.next_at - time.monotonic()))
        self.write(lambda session: deliveries.end_turn(session, self.lease, until=until))

    def send_all(self) -> None:
        """Send what is due until nothing is, or it is somebody else's turn."""
        while numbers := self.read(self.due):
            were_ours = [self.deliver(number) for number in numbers if self.goes_on()]
            if not any(were_ours):
                return

    def goes_on(self) -> bool:
        """Whether another letter is to go, once it keeps its distance from the last one."""
        self.stop.wait(max(0, self.next_at - time.monotonic()))
        return not self.stop.is_set() and self.has_turn()

    def deliver(self, number: int) -> bool:
        """Claim the letter, send it, and write down what came of it; whether it was ours."""
        now = self.seconds()
        until = now + self.lease_seconds
        letter = self.write(
            lambda session: deliveries.claim_letter(
                session, number, self.lease, now=now, until=until, only_hosts=self.only_hosts
            )
        )
        if letter is None:
            return False
        answer = None if _has_lost_its_point(letter, now) else self.send(letter)
        state = _state_after(letter, answer)
        is_ours = self.write(lambda session: self.note(session, letter, state, answer))
        if is_ours:
            self.summary.ended[state] += 1
        if answer and answer.pauses:
            self.only_hosts, self.summary.answer = True, answer.words
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
            paused_until = deliveries.pause(session, now=now, answer=words)
            until, tries = 2 * paused_until - now, letter.tries - 1
        elif state == SENT and letter.role != "host":
            deliveries.end_pauses(session)
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
