"""A day: a column for each person, a row for each hour, and in it what begins in that hour.

Where something stands, and how tall it is, are classes of static/css/desk-agenda-grid.css, because
a page of ours has no style of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from booking.i18n import gettext as _
from booking.i18n import gettext_noop, ngettext
from booking.scheduling.clock import TICK, Interval, day_interval, to_minute
from booking.scheduling.day_plan import (
    Hour,
    Kind,
    Span,
    hours_of,
    hours_shown,
    lanes,
    spans_of,
)
from booking.storage.models import StaffMember

from .empty_day import closed_on, why_empty
from .entries import BRIEF, SHORT, Entry, Shown

MOST_TICKS = 26 * 60 // TICK
MOST_LANES = 12
OTHER = "other"
"""What is taken and not asked for: it is there, and nobody is named."""
WORDS = {
    Kind.FREE: gettext_noop("Free"),
    Kind.BUFFER: gettext_noop("Buffer"),
    Kind.BREAK: gettext_noop("Break"),
    Kind.AWAY: gettext_noop("Time off"),
    Kind.SHUT: gettext_noop("Shop closed"),
    Kind.OFF: gettext_noop("Not working"),
    OTHER: gettext_noop("Taken"),
}
SAID_FROM = 25
"""Minutes: what is shorter shows no word of what it is, but is read aloud all the same."""


class Block(NamedTuple):
    """A part of a column that is no appointment: `url` is where one is made there, or empty."""

    kind: str
    classes: str
    word: str
    time: str
    until: str
    is_said: bool
    url: str


class Placed(NamedTuple):
    """An appointment, and the classes of where it stands."""

    entry: Entry
    classes: str


class Cell(NamedTuple):
    """What begins in one hour of one person."""

    blocks: Sequence[Block]
    entries: Sequence[Placed]


class Row(NamedTuple):
    """An hour: `ticks` are its steps of five minutes, `now` the one at which it is now, or None.

    `start` is its beginning in minutes since the epoch, UTC.
    """

    time: str
    ticks: int
    cells: Sequence[Cell]
    now: int | None
    start: int


class Column(NamedTuple):
    """A person, and how many come to them."""

    name: str
    slug: str
    number: str


@dataclass(frozen=True)
class DayTable:
    """A whole day; `closed` says that the shop is, `why_empty` why nothing is shown of it."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    now: str
    closed: str = ""
    why_empty: str = ""


def lay_out(shown: Shown, new_url: str) -> DayTable:
    """Return the day that is asked for; `new_url` is where an appointment is made, or empty."""
    day = day_interval(shown.asked.day, shown.zone)
    mine = {member.id: _entries_of(shown, member, day) for member in shown.staff}
    spans = {member.id: _spans(shown, member, day) for member in shown.staff}
    needed = [(each.start, each.end) for found in mine.values() for each in found]
    needed += [(each.start, each.end) for parts in spans.values() for each in parts
               if each.kind in (Kind.FREE, Kind.BREAK, OTHER)]  # fmt: skip
    hours = hours_shown(hours_of(shown.asked.day, shown.zone), needed)
    if not hours:
        return DayTable([], [], "")
    layout = _Layout(shown, hours, new_url)
    by_hour = {
        member.id: layout.cells(member, spans[member.id], mine[member.id]) for member in shown.staff
    }
    minute = to_minute(shown.now)
    rows = [
        Row(
            shown.clock(hour.start),
            -(-(hour.end - hour.start) // TICK),
            [by_hour[member.id][place] for member in shown.staff],
            hour.ticks_to(minute) if hour.holds(minute) else None,
            hour.start,
        )
        for place, hour in enumerate(hours)
    ]
    columns = [Column(each.name, each.slug, _count(mine[each.id])) for each in shown.staff]
    closed = closed_on(shown, shown.asked.day)
    empty = "" if closed or any(mine.values()) else why_empty(shown, shown.asked.day)
    return DayTable(columns, rows, shown.clock(minute), closed, empty)


def _count(entries: Iterable[Entry]) -> str:
    number = sum(bool(each.reference) and each.kind not in ("cancelled", "wished")
                 for each in entries)  # fmt: skip
    return ngettext("%(number)s appointment", "%(number)s appointments", number, number=number)


def _entries_of(shown: Shown, member: StaffMember, day: Interval) -> list[Entry]:
    return [
        each
        for each in shown.entries
        if each.staff_member_id == member.id and each.start < day[1] and each.end > day[0]
    ]


class _Span(NamedTuple):
    kind: str
    start: int
    end: int


def _spans(shown: Shown, member: StaffMember, day: Interval) -> list[_Span]:
    """What the person's day is besides the appointments that are shown."""
    own = [each for each in shown.taken if each.staff_member_id == member.id]
    working = shown.catalogue.working_time(member.id)
    found: list[Span] = spans_of(
        working, day, [each.span for each in own], [each.buffered for each in own]
    )
    spans = [_Span(each.kind, each.start, each.end) for each in found]
    seen = {(each.start, each.end) for each in shown.entries if each.staff_member_id == member.id}
    spans += [_Span(OTHER, *each.span) for each in own if each.span not in seen]
    return spans


@dataclass(frozen=True)
class _Layout:
    shown: Shown
    hours: Sequence[Hour]
    new_url: str

    def cells(
        self, member: StaffMember, spans: Sequence[_Span], entries: Sequence[Entry]
    ) -> list[Cell]:
        """Return a cell for each hour, with what begins in it; in the first what began before."""
        blocks: dict[int, list[Block]] = defaultdict(list)
        placed: dict[int, list[Placed]] = defaultdict(list)
        for span in spans:
            if part := self._clipped(span.start, span.end):
                blocks[part[0]].append(self._block(span, member, part))
        where = lanes([(each.start, each.end) for each in entries])
        for entry, lane in zip(entries, where, strict=True):
            if part := self._clipped(entry.start, entry.end):
                number, of = min(lane.number, MOST_LANES - 1), min(lane.of, MOST_LANES)
                beside = f"sb-lane-{number} sb-of-{of}"
                classes = f"sb-is-{entry.kind} {_place(part)} {beside}{_brevity(entry)}"
                placed[part[0]].append(Placed(entry, classes))
        return [Cell(blocks[place], placed[place]) for place in range(len(self.hours))]

    def _clipped(self, start: int, end: int) -> tuple[int, int, int] | None:
        """The hour in which it begins to be shown, and from which step on how many; None: never."""
        first, last = max(start, self.hours[0].start), min(end, self.hours[-1].end)
        if first >= last:
            return None
        place = next(place for place, hour in enumerate(self.hours) if hour.holds(first))
        ticks = -(-(last - first) // TICK)
        return place, self.hours[place].ticks_to(first), min(ticks, MOST_TICKS)

    def _block(self, span: _Span, member: StaffMember, part: tuple[int, int, int]) -> Block:
        shown, url = self.shown, ""
        first, end = max(span.start, self.hours[0].start), min(span.end, self.hours[-1].end)
        now = to_minute(shown.now)
        if span.kind == Kind.FREE and self.new_url and end > now:
            start = max(first, -(-now // TICK) * TICK)
            url = shown.new_address(self.new_url, start, member.slug)
        return Block(
            span.kind,
            f"sb-span-{span.kind} {_place(part)}",
            _(WORDS[span.kind]),
            shown.clock(first),
            shown.clock(end),
            end - first >= SAID_FROM,
            url,
        )


def _brevity(entry: Entry) -> str:
    """The classes of what has room for a line or two: when it ends is seen by where it ends."""
    minutes = entry.end - entry.start
    return (" sb-entry-brief" * (minutes <= BRIEF)) + (" sb-entry-short" * (minutes <= SHORT))


def _place(part: tuple[int, int, int]) -> str:
    return f"sb-at-{part[1]} sb-for-{part[2]}"
