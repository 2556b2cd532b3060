"""Why a day is as it is, in whole sentences, and each start of it in a line of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from booking.i18n import formats, ngettext
from booking.i18n import gettext as _
from booking.scheduling.clock import Interval, day_interval, from_minute, intersect, local_day
from booking.scheduling.day_reasons import Busy, Part, Start, Why, hours_on, parts_of
from booking.storage.models import Service, StaffMember
from booking.storage.snapshot import AvailabilitySnapshot

from .bar import Bar, bar_of
from .words import FREE, SHORT


class Line(NamedTuple):
    """Starts of which the same is to be said: when, and why not (several, or that it is free)."""

    kind: str
    time: str
    whys: Sequence[str]


class Told(NamedTuple):
    """One person's day."""

    name: str
    slug: str
    verdict: str
    sentences: Sequence[str]
    lines: Sequence[Line]
    bar: Bar | None


@dataclass(frozen=True)
class Day:
    """A day of the shop's zone, and a service that is looked for on it."""

    date: date
    zone: ZoneInfo
    service: Service
    snapshot: AvailabilitySnapshot

    @property
    def span(self) -> Interval:
        """Its first minute, and the one after its last."""
        return day_interval(self.date, self.zone)

    def told_of(self, member: StaffMember, busy: Sequence[Busy]) -> Told:
        """Return what is to be said of that person's day; `busy` is what takes their time."""
        starts = self.snapshot.starts_of_day(member, self.span, busy)
        rules = self.snapshot.rules
        parts = parts_of(starts, rules.slot_step)
        today = [each for each in busy if intersect([each.buffered], [self.span])]
        hours = hours_on(self.snapshot.working[member.id], self.span)
        whys = {why for each in starts for why in each.whys}
        sentences = [*self._hours(member), *self._busy(today), *self._rules(whys)]
        return Told(
            member.name,
            member.slug,
            _verdict(member, starts),
            sentences,
            [self._line(each) for each in parts],
            bar_of(self.date, self.zone, hours, today, parts, rules.slot_step),
        )

    def _line(self, part: Part) -> Line:
        first, last = self._clock(part.first), self._clock(part.last)
        time = (
            first if part.first == part.last else _("%(start)s to %(end)s", start=first, end=last)
        )
        kind = part.whys[0].value if part.whys else FREE
        return Line(kind, time, [_(SHORT[why]) for why in part.whys] or [_("Free")])

    def _clock(self, minute: int) -> str:
        return formats.format_time(from_minute(minute), self.zone)

    def _range(self, span: Interval) -> str:
        """The span as the day has it: what reaches beyond it ends at its edge."""
        start, end = max(span[0], self.span[0]), min(span[1], self.span[1])
        return _("%(start)s to %(end)s", start=self._clock(start), end=self._clock(end))

    def _ranges(self, spans: Sequence[Interval]) -> str:
        return formats.join_list([self._range(each) for each in spans])

    def _is_whole(self, span: Interval) -> bool:
        return span[0] <= self.span[0] and span[1] >= self.span[1]

    def _hours(self, member: StaffMember) -> Iterator[str]:
        hours, name = hours_on(self.snapshot.working[member.id], self.span), member.name
        if hours.opened:
            times = self._ranges(hours.opened)
            yield (
                _("On this day %(staff)s works other hours: %(times)s.", staff=name, times=times)
                if hours.are_others
                else _("%(staff)s works %(times)s.", staff=name, times=times)
            )
        elif hours.are_others:
            yield _("%(staff)s does not work on this day: it has hours of its own.", staff=name)
        else:
            yield _("%(staff)s does not work on this weekday.", staff=name)
        for span in hours.breaks:
            yield _("%(time)s is a break.", time=self._range(span))
        for span in hours.away:
            is_whole, time = self._is_whole(span), self._range(span)
            yield (
                _("%(staff)s is away all day.", staff=name)
                if is_whole
                else _("%(staff)s is away %(time)s.", staff=name, time=time)
            )
        for span in hours.shut:
            is_whole, time = self._is_whole(span), self._range(span)
            yield (
                _("The shop is closed all day.")
                if is_whole
                else _("The shop is closed %(time)s.", time=time)
            )

    def _busy(self, busy: Sequence[Busy]) -> Iterator[str]:
        booked = [each.span for each in busy if each.kind is Why.BOOKED]
        held = [each.span for each in busy if each.kind is Why.HELD]
        if booked:
            times = self._ranges(booked)
            yield ngettext(
                "%(times)s is booked.", "%(times)s are booked.", len(booked), times=times
            )
        if held:
            yield _("Somebody is booking %(times)s just now.", times=self._ranges(held))

    def _rules(self, whys: set[Why]) -> Iterator[str]:
        rules, name = self.snapshot.rules, self.service.name
        yield _(
            "%(service)s takes %(length)s and can begin every %(step)s.",
            service=name,
            length=formats.format_duration(rules.duration),
            step=formats.format_duration(rules.slot_step),
        )
        if rules.buffer_before and Why.BUFFER in whys:
            length = formats.format_duration(rules.buffer_before)
            yield _("Before it %(length)s are kept free.", length=length)
        if rules.buffer_after and Why.BUFFER in whys:
            length = formats.format_duration(rules.buffer_after)
            yield _("After it %(length)s are kept free.", length=length)
        if Why.PAST in whys:
            yield _("What has passed cannot be booked.")
        if Why.TOO_SOON in whys:
            earliest = from_minute(rules.earliest(self.snapshot.now))
            yield _(
                "It is to be booked %(length)s ahead, so the first time can be %(when)s.",
                length=formats.format_duration(rules.minimum_notice),
                when=formats.format_moment(earliest, self.zone),
            )
        if Why.TOO_FAR in whys:
            latest = local_day(rules.latest(self.snapshot.now), self.zone)
            yield ngettext(
                "It can be booked a day ahead, so until %(day)s.",
                "It can be booked %(number)s days ahead, so until %(day)s.",
                rules.booking_window,
                number=rules.booking_window,
                day=formats.format_day(latest),
            )
        if Why.LIMIT in whys:
            yield ngettext(
                "It can be booked once on a day, and that is reached.",
                "It can be booked %(number)s times on a day, and that is reached.",
                rules.daily_limit or 0,
            )


def _verdict(member: StaffMember, starts: Sequence[Start]) -> str:
    number = sum(not each.whys for each in starts)
    if not number:
        return _("With %(staff)s nothing is free.", staff=member.name)
    return ngettext(
        "With %(staff)s one time is free.",
        "With %(staff)s %(number)s times are free.",
        number,
        number=number,
        staff=member.name,
    )
