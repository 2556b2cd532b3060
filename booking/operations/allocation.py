"""Allocate a slot: choose, check and claim, the same way for every verb.

`allocate` is the one way to a claim, under hold, extend, book, reschedule and a move that is asked
for. What they ask for is a `SlotRequest`; the hold or booking that the claim belongs to is a
`ClaimRecord`.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.scheduling.anyway import MAY_BE_PASSED_OVER
from booking.scheduling.clock import TICK, day_interval, from_minute, local_day, to_minute
from booking.scheduling.slots import LONGEST_WINDOW, Reason
from booking.storage.bookings import STANDING
from booking.storage.catalogue import Catalogue, read_catalogue
from booking.storage.claims import Pair, claim_and_release, day_place, staff_ticks
from booking.storage.models import booking as bookings
from booking.storage.reads import has_booking_within
from booking.storage.snapshot import AvailabilitySnapshot, load_snapshot
from booking.storage.visitors import VisitorHashes
from booking.transactions.sessions import Retry
from booking.transactions.statements import connection_of
from booking.transactions.watching import mark_rollback_only

from .requests import Candidate, SlotRequest, SlotUnavailable
from .visitors import (
    VisitorShare,
    check_visitor_limits,
    wait_for_visitor,
    within_visitor_share,
)

_FOREIGN_KEY_VIOLATION = "23503"
_TO_CUSTOMER = "fk_booking_booking_customer_id"
_MOST_TELLING_FIRST = (
    Reason.TAKEN,
    Reason.LIMIT,
    Reason.BUFFER,
    Reason.TOO_SOON,
    Reason.TOO_FAR,
    Reason.PAST,
    Reason.BETWEEN,
    Reason.CLOSED,
)


class Claimant(NamedTuple):
    """Whose claims they become: a hold's, or a booking's. Until `expires_at` (seconds since the
    epoch), as a hold's and a pending booking's are; None: for good.
    """

    hold_id: int | None = None
    booking_id: int | None = None
    expires_at: int | None = None


@dataclass(frozen=True)
class Terms:
    """What was read and checked before anything is claimed.

    `share` has the candidates in the order in which they are tried, and says whether the slot may
    be held; `hashes` is None where the visitor is not counted. `passed_over` is what spoke against
    the time and was set aside openly.
    """

    request: SlotRequest
    snapshot: AvailabilitySnapshot
    share: VisitorShare
    hashes: VisitorHashes | None
    passed_over: tuple[Reason, ...] = ()

    @property
    def first(self) -> Candidate:
        """The candidate that is tried first, and nearly always had."""
        return self.share.candidates[0]


class ClaimRecord(Protocol):
    """The record that claims belong to: a hold, a new booking, or one that is moved."""

    def write(self, session: Session, terms: Terms) -> Claimant:
        """Write the record, as if the first candidate were had: claims point to it."""

    def assign(self, session: Session, terms: Terms, chosen: Candidate) -> None:
        """Name the candidate whose slot was claimed, and let go of what is needed no longer."""


class _Lost(Exception):
    def __init__(self, pairs: set[Pair]) -> None:
        self.pairs = pairs


@contextmanager
def attempt(session: Session, *, savepoint: bool = True) -> Iterator[None]:
    """Roll back whatever is written inside if anything is raised.

    Without a `savepoint` that is left to whoever rolls back the whole transaction, which costs two
    statements less; a commit of it is refused.

    Raises: SlotUnavailable where the service or the person is deleted while we write of them: on
    PostgreSQL what we read before was true, and what we point to is gone when we write. Retry where
    it is the customer who was erased meanwhile: that one is made anew.
    """
    try:
        with session.begin_nested() if savepoint else _rollback_only_if_raised(session):
            yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) == _FOREIGN_KEY_VIOLATION:
            if _TO_CUSTOMER in str(error.orig):
                raise Retry from error
            raise SlotUnavailable(Reason.CLOSED) from error
        raise


@contextmanager
def _rollback_only_if_raised(session: Session) -> Iterator[None]:
    try:
        yield
    except BaseException:
        mark_rollback_only(session)
        raise


def allocate(session: Session, request: SlotRequest, record: ClaimRecord) -> Candidate:
    """Claim the slot for `record`, with the first candidate who can be had, and return that one.

    Run it inside `attempt`, because a refusal may come after something was written. Raises
    SlotUnavailable, VisitorLimit, and what `record` raises.
    """
    _validate_start(request.start, request.now)
    # First, because on PostgreSQL it may wait for others of the network.
    hashes = wait_for_visitor(session, request)
    catalogue = read_catalogue(session)
    taken = check_visitor_limits(session, request, catalogue.zone, hashes)
    offering = _offering(catalogue, request)
    snapshot = _snapshot_for_start(session, catalogue, request, offering)
    ordered = _by_preference(session, request, snapshot, _free(request, snapshot, offering))
    passed_over = _passed_over(request, snapshot, offering)
    if Reason.BUFFER in passed_over:
        snapshot = snapshot.squeezed(ordered[0].member, to_minute(request.start))
    share = within_visitor_share(session, request, snapshot, ordered, hashes, taken)
    terms = Terms(request, snapshot, share, hashes, passed_over)
    chosen = _claim_first_available(session, terms, record.write(session, terms))
    record.assign(session, terms, chosen)
    return chosen


def unavailable(reasons: Sequence[Reason]) -> SlotUnavailable:
    """Return what to raise where no candidate could be had: the most telling of the reasons."""
    return SlotUnavailable(min(reasons, key=_MOST_TELLING_FIRST.index))


# -- choose and check ------------------------------------------------------------------------------


def _validate_start(start: datetime, now: datetime) -> None:
    """Refuse a start that no calendar would show; later arithmetic relies on it."""
    if start < now - timedelta(days=1):
        raise SlotUnavailable(Reason.PAST)
    if start > now + timedelta(days=LONGEST_WINDOW + 1):
        raise SlotUnavailable(Reason.TOO_FAR)
    if start.second or start.microsecond:
        raise SlotUnavailable(Reason.CLOSED)


def _offering(catalogue: Catalogue, request: SlotRequest) -> list[Candidate]:
    offering = {member.id for member in catalogue.offering(request.service.id)}
    eligible = [one for one in request.candidates if request.restored or one.member.id in offering]
    if not eligible:
        raise SlotUnavailable(Reason.CLOSED)
    return eligible


def _snapshot_for_start(
    session: Session, catalogue: Catalogue, request: SlotRequest, offering: Sequence[Candidate]
) -> AvailabilitySnapshot:
    """Load what decides whether an appointment may start at that instant.

    Minimum notice and booking window are there for the owner, so they do not bind the owner, who
    is told of them all the same where rules are passed over one by one.
    """
    minute = to_minute(request.start)
    snapshot = load_snapshot(
        session,
        catalogue,
        request.service,
        [one.member for one in offering],
        (minute, minute + 1),
        now=request.now,
        own=request.own_hold,
        booking_id=request.own_booking,
    )
    if request.by == "customer" or request.anyway is not None:
        return snapshot
    whenever = replace(snapshot.rules, minimum_notice=0, booking_window=LONGEST_WINDOW)
    if request.restored:
        whenever = replace(whenever, **asdict(request.restored))
    return replace(snapshot, rules=whenever)


def _free(
    request: SlotRequest, snapshot: AvailabilitySnapshot, offering: Sequence[Candidate]
) -> list[Candidate]:
    minute = to_minute(request.start)
    if request.anyway is not None and len(offering) == 1:
        _refuse_what_is_left(request, snapshot.against(offering[0].member, minute))
        return list(offering)
    reasons = [snapshot.why_not(one.member, minute) for one in offering]
    if request.restored:  # whether anybody has it since, only the claim decides
        reasons = [None if reason is Reason.CLOSED else reason for reason in reasons]
    free = [one for one, reason in zip(offering, reasons, strict=True) if reason is None]
    if not free:
        raise unavailable([reason for reason in reasons if reason])
    return free


def _refuse_what_is_left(request: SlotRequest, against: Sequence[Reason]) -> None:
    """Refuse what may not be passed over, and what may and was not.

    Raises: SlotUnavailable, with everything that speaks against it.
    """
    if to_minute(request.start) % TICK:  # claims are for whole ticks, so it would take more
        raise SlotUnavailable(Reason.PAST if Reason.PAST in against else Reason.CLOSED)
    passed = MAY_BE_PASSED_OVER.intersection(request.anyway or ())
    if left := [reason for reason in against if reason not in passed]:
        raise SlotUnavailable(unavailable(left).reason, against)


def _passed_over(
    request: SlotRequest, snapshot: AvailabilitySnapshot, offering: Sequence[Candidate]
) -> tuple[Reason, ...]:
    """What was set aside, also where its own hold had set it aside before."""
    if not request.anyway:
        return ()
    minute = to_minute(request.start)
    against = snapshot.against(offering[0].member, minute, even_if_held=True)
    return tuple(reason for reason in against if reason in request.anyway)


def _by_preference(
    session: Session,
    request: SlotRequest,
    snapshot: AvailabilitySnapshot,
    free: list[Candidate],
) -> list[Candidate]:
    """Sort by preference: the member already held for this start, then fewest bookings that day.

    Stable for ties.
    """
    if len(free) == 1:
        return free
    booked = _bookings_that_day(session, request, snapshot, free)
    own = snapshot.own
    held = own.staff_member_id if own and own.starts_at == request.start else None
    return sorted(free, key=lambda one: (one.member.id != held, booked.get(one.member.id, 0)))


def _bookings_that_day(
    session: Session,
    request: SlotRequest,
    snapshot: AvailabilitySnapshot,
    free: Sequence[Candidate],
) -> dict[int, int]:
    first, last = day_interval(local_day(to_minute(request.start), snapshot.zone), snapshot.zone)
    values = {
        "now_seconds": int(request.now.timestamp()),
        "staff": [one.member.id for one in free],
        "first": from_minute(first),
        "last": from_minute(last),
    }
    return {row[0]: row[1] for row in connection_of(session).execute(_BOOKED, values)}


# -- claim -----------------------------------------------------------------------------------------


def _claim_first_available(session: Session, terms: Terms, claimant: Claimant) -> Candidate:
    to_release = terms.snapshot.own_claims - terms.request.keeps
    reasons = []
    for candidate in terms.share.candidates:
        is_last = candidate is terms.share.candidates[-1]
        reason = _claim(session, terms, candidate, claimant, to_release, is_last=is_last)
        if reason is None:
            return candidate
        reasons.append(reason)
    raise unavailable(reasons)


def _claim(
    session: Session,
    terms: Terms,
    candidate: Candidate,
    claimant: Claimant,
    to_release: Collection[Pair],
    *,
    is_last: bool,
) -> Reason | None:
    """Claim the ticks of all its resources and a place in the day, or nothing.

    TAKEN or LIMIT when somebody was faster, None when it is claimed. A failed try is rolled back,
    unless it was the last one, after which the caller rolls back: that one needs no savepoint.
    """
    request = terms.request
    span = terms.snapshot.rules.span(to_minute(request.start))
    ticks = {pair for resource in candidate.resources for pair in staff_ticks(resource, span)}
    places = _places_to_try(terms)
    for place in places:
        is_final = is_last and place is places[-1]
        try:
            with nullcontext() if is_final else session.begin_nested():
                wanted = (ticks | place) - request.keeps
                _claim_all(session, request, wanted, to_release, claimant)
                # Claims of past days are deleted by whichever process books next. If its clock is
                # days ahead, claims of future bookings may be gone, so also check the bookings.
                if has_booking_within(
                    session,
                    candidate.member.id,
                    span,
                    now=request.now,
                    besides=claimant.booking_id,
                ):
                    raise _Lost(ticks)
        except _Lost as lost:
            if lost.pairs & ticks:
                return Reason.TAKEN
        else:
            return None
    return Reason.LIMIT


def _claim_all(
    session: Session,
    request: SlotRequest,
    wanted: set[Pair],
    to_release: Collection[Pair],
    claimant: Claimant,
) -> None:
    lost = claim_and_release(
        session,
        wanted,
        to_release,
        **claimant._asdict(),
        own_hold_id=request.own_hold.id if request.own_hold else None,
        now=int(request.now.timestamp()),
    )
    if lost:
        raise _Lost(lost)


def _places_to_try(terms: Terms) -> list[set[Pair]]:
    """Return the day's free places, one's own first; one empty try where there is no limit."""
    snapshot, service, own = terms.snapshot, terms.request.service, terms.snapshot.own_claims
    if (limit := snapshot.rules.daily_limit) is None:
        return [set()]
    day = local_day(to_minute(terms.request.start), snapshot.zone)
    free = [
        day_place(service.resource_id, day, place) for place in snapshot.places.free(day, limit)
    ]
    return [{pair} for pair in sorted(free, key=lambda pair: pair not in own)]


# Built once: building a statement takes several times as long as running it.
_BOOKED = (
    select(bookings.c.staff_member_id, func.count())
    .where(
        bookings.c.staff_member_id.in_(bindparam("staff", expanding=True)),
        *STANDING,
        bookings.c.starts_at >= bindparam("first"),
        bookings.c.starts_at < bindparam("last"),
    )
    .group_by(bookings.c.staff_member_id)
)
