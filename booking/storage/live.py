"""What somebody sees who looks at free times, asked in one statement.

Whoever looks at a calendar asks every few seconds whether it still holds, so everything that it
stands on comes together: the business's token, the tab's own hold, what is taken of each person,
and what is left of the days of a service with a daily limit. What ran out by the clock is not
taken any more, though nobody has written anything.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import IntEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    extract,
    func,
    literal_column,
    select,
    union_all,
)

from booking.scheduling.clock import TICK, Interval, day_interval, from_minute, local_day
from booking.transactions.statements import FixedStatement

from .bookings import STANDING, Hold
from .bookings import booking as bookings
from .bookings import claim as claims
from .bookings import hold as holds
from .catalogue import Catalogue, catalogue_state, rules_of
from .claims import PLACES_A_DAY, blocking, day_places, not_of_hold
from .reads import Diary
from .snapshot import AvailabilitySnapshot, DailyQuota, merge_ticks

NOBODY = -1  # a number that no row has


class Part(IntEnum):
    """What a row of the answer tells of, and what its number and its words are then."""

    BUSINESS = 0  # nothing, the token
    TAKEN = 1  # a resource, its ticks
    HOLD = 2  # the hold, the columns of _OF_HOLD
    PLACE = 3  # a tick of the service's own resource, the booking that has it
    BOOKED = 4  # a booking of the service, when it starts


@dataclass
class _Answer:
    """The rows, by what they tell of."""

    token: str | None = None
    taken: dict[int, Sequence[Interval]] = field(default_factory=dict)
    hold: Hold | None = None
    claimed: dict[date, dict[int, int | None]] = field(default_factory=lambda: defaultdict(dict))
    booked: dict[date, list[int]] = field(default_factory=lambda: defaultdict(list))


Rows = tuple[tuple[int, int, str], ...]


def look(diary: Diary, span: Interval, *, tab_key: int | None) -> tuple[Diary, Rows] | None:
    """Return the diary as it is for that tab, its own hold among it, the span (minutes) read.

    Beside it the rows that it was made of: while they and the minute are the same, so is what they
    leave free. None where the business is not, or no longer, as the diary's catalogue has it: read
    it anew.
    """
    rows = _ask(diary, span, tab_key)
    answer = _sorted(rows, diary.catalogue)
    if answer.token is None or answer.token != diary.catalogue.token:
        return None
    snapshot = AvailabilitySnapshot(
        service_id=diary.service.id,
        rules=rules_of(diary.service),
        working={each.id: diary.catalogue.working_time(each.id) for each in diary.staff},
        taken={each.id: answer.taken.get(each.resource_id, ()) for each in diary.staff},
        places=DailyQuota(answer.claimed, answer.booked),
        own=answer.hold if answer.hold and not answer.hold.is_over(diary.now) else None,
        own_claims=frozenset(),  # nothing is claimed by whoever only looks
        now=-(-int(diary.now.timestamp()) // 60),  # rounded up: the current minute is over
        zone=diary.catalogue.zone,
    )
    return replace(diary, own=answer.hold, looked={span: snapshot}), rows


def _ask(diary: Diary, span: Interval, tab_key: int | None) -> Rows:
    service, zone, now = diary.service, diary.catalogue.zone, int(diary.now.timestamp())
    # Nothing further away can touch an appointment that begins in the span.
    rules = rules_of(service)
    around = rules.span(span[0])[0], rules.span(span[1])[1]
    first, last = (local_day(minute, zone) for minute in around)
    resources = [member.resource_id for member in diary.staff] or [NOBODY]
    values: dict[str, Any] = {
        "now": now,
        "tab": tab_key,
        "first": around[0] // TICK,
        "last": around[1] // TICK,
        **{f"resource_{place}": each for place, each in enumerate(resources)},
    }
    if service.daily_limit is not None:
        values |= {
            "now_seconds": now,
            "of_service": service.resource_id,
            "service": service.id,
            "first_place": day_places(first).start,
            "last_place": day_places(last).stop - 1,
            "first_day": from_minute(day_interval(first, zone)[0]),
            "after": from_minute(day_interval(last, zone)[1]),
        }
    asking = _asking(
        len(resources), is_limited=service.daily_limit is not None, has_hold=tab_key is not None
    )
    rows = asking.rows(diary.session, values)
    return tuple([(part, number, words) for part, number, words in rows])


def _sorted(rows: Rows, catalogue: Catalogue) -> _Answer:
    answer = _Answer()
    for part, number, words in rows:
        if part == Part.TAKEN:
            answer.taken[number] = merge_ticks(words)
        elif part == Part.BUSINESS:
            answer.token = words
        elif part == Part.HOLD:
            answer.hold = _hold(number, words)
        elif part == Part.PLACE:
            day, place = divmod(number, PLACES_A_DAY)
            answer.claimed[date.fromordinal(day)][place] = int(words) if words else None
        else:
            day_of_start = local_day(int(words) // 60, catalogue.zone)
            answer.booked[day_of_start].append(number)
    return answer


def _hold(number: int, words: str) -> Hold:
    """The tab's hold, but for whose it is: for what is free that plays no part."""
    tab, service, member, starts, ends, expires, since, extensions = map(int, words.split(","))
    times = datetime.fromtimestamp(starts, UTC), datetime.fromtimestamp(ends, UTC)
    return Hold(number, tab, service, member, *times, expires, since, extensions, None, None, None)


# Built once: building a statement takes several times as long as running it.
_COMMA: Any = literal_column("','")  # in the text: as a value only Core could put it in
_OWN = select(holds.c.id).where(holds.c.tab_session_id == bindparam("tab"))
_OWN_HOLD = func.coalesce(_OWN.scalar_subquery(), literal_column(str(NOBODY), Integer))


def _seconds(instant: ColumnElement[datetime]) -> ColumnElement[int]:
    return cast(extract("epoch", instant), BigInteger)


def _in_words(*numbers: ColumnElement[int]) -> ColumnElement[str]:
    written: ColumnElement[str] = cast(numbers[0], String)
    for number in numbers[1:]:
        written = written + _COMMA + cast(number, String)
    return written


def _part(
    part: Part, number: ColumnElement[int], words: ColumnElement[str]
) -> Select[int, int, str]:
    return select(literal_column(str(int(part)), Integer), cast(number, BigInteger), words)


_OF_HOLD = (
    holds.c.tab_session_id,
    holds.c.service_id,
    holds.c.staff_member_id,
    _seconds(holds.c.starts_at),
    _seconds(holds.c.ends_at),
    holds.c.expires_at,
    holds.c.held_since,
    holds.c.extensions,
)
_BUSINESS = _part(Part.BUSINESS, catalogue_state.c.id, catalogue_state.c.token).where(
    catalogue_state.c.id == 1
)
_HOLD = _part(Part.HOLD, holds.c.id, _in_words(*_OF_HOLD)).where(
    holds.c.tab_session_id == bindparam("tab")
)
_PLACES = _part(
    Part.PLACE,
    claims.c.tick,
    func.coalesce(cast(claims.c.booking_id, String), literal_column("''")),
).where(
    claims.c.resource_id == bindparam("of_service"),
    *blocking("first_place", "last_place"),
)
_BOOKED = _part(Part.BOOKED, bookings.c.id, _in_words(_seconds(bookings.c.starts_at))).where(
    bookings.c.service_id == bindparam("service"),
    bookings.c.starts_at >= bindparam("first_day"),
    bookings.c.starts_at < bindparam("after"),
    *STANDING,
)


@lru_cache(maxsize=64)
def _asking(resources: int, *, is_limited: bool, has_hold: bool) -> FixedStatement:
    """What is asked about so many resources, by a tab that may have a hold or cannot."""
    asked = [
        bindparam(f"resource_{place}", type_=claims.c.resource_id.type)
        for place in range(resources)
    ]
    ticks = func.aggregate_strings(cast(claims.c.tick, String), _COMMA)
    # A condition that says nothing costs a tenth of the statement: it is asked of each claim.
    others = (not_of_hold(_OWN_HOLD),) if has_hold else ()
    taken = (
        _part(Part.TAKEN, claims.c.resource_id, ticks)
        .where(claims.c.resource_id.in_(asked), *blocking(), *others)
        .group_by(claims.c.resource_id)
    )
    own = (_HOLD,) if has_hold else ()
    limited = (_PLACES.where(*others), _BOOKED) if is_limited else ()
    return FixedStatement(union_all(_BUSINESS, taken, *own, *limited))
