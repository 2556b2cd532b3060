"""Blocking time: a closure for all, somebody's time off, a break for today."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import abort, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations.current_plan import current_plan
from booking.operations.plan import BusinessPlan, ClosurePlan
from booking.operations.plan_edits import member_of, with_member, without_closure
from booking.operations.touched import Block, closed_span, lying_inside
from booking.scheduling.clock import local_day, to_minute, zone

from . import closures_form as form
from .access import EVERYBODY, OWNER, RECEPTION, current_person
from .desk_route import desk_route
from .forms import posted, posted_line
from .hours import Answer, may_change, not_allowed
from .rendering import render_page
from .shop_saving import PAGE, Asked, panel_of, read, rows_of, save
from .shop_words import asked_number, asked_word, page_from


class Line(NamedTuple):
    """One closure, or time off of `who`: its days or times, and how many lie inside.

    `key` is what takes it out; empty for who only sees it, and is told of nothing inside.
    """

    who: str
    when: str
    reason: str
    inside: int
    inside_url: str
    key: tuple[tuple[str, str], ...]


def may_close() -> bool:
    """Return whether who is there may close the shop, and block anybody's time."""
    return current_person().role in (OWNER, RECEPTION)


def may_block(slug: str) -> bool:
    """Return whether who is there may block this person's time."""
    return may_close() or may_change(slug)


def closures() -> str:
    """List what is blocked from now on, with how many appointments lie inside."""
    return _page(Asked(_empty()))


def close() -> Answer:
    """Close the whole shop, once it was seen who has an appointment then."""
    values = form.typed(form.CLOSURE)
    asked = save(lambda _, plan: form.closed(values, plan, utc_now()))
    return _done(asked, "closure")


def take_off() -> Answer:
    """Write down somebody's time off, once it was seen who has an appointment then."""
    values = form.typed(form.TIME_OFF)
    if not may_block(values["member"]):
        return not_allowed()
    asked = save(lambda _, plan: form.away(values, plan, utc_now()))
    return _done(asked, "time_off")


def _done(asked: Asked, which: str) -> Answer:
    if asked.is_saved:
        return redirect(url_for(".closures"), 303)
    return _page(asked, which), asked.status


def open_again() -> Response:
    """Take out a closure."""
    first, last = _date("first"), _date("last")
    gone = ClosurePlan(first, last, "")
    save(lambda _, plan: Asked(after=without_closure(plan, gone)))
    return redirect(url_for(".closures"), 303)


def be_back() -> Answer:
    """Take out somebody's time off."""
    slug = posted_line("member")
    if not may_block(slug):
        return not_allowed()
    save(partial(_back, slug, posted_line("starts"), posted_line("ends")))
    return redirect(url_for(".closures"), 303)


def _back(slug: str, starts: str, ends: str, _: Session, plan: BusinessPlan) -> Asked:
    member = member_of(plan, slug)
    if member is None:
        return Asked(is_gone=True)
    kept = [one for one in member.time_off if _key(one.starts_at, one.ends_at) != (starts, ends)]
    return Asked(after=with_member(plan, replace(member, time_off=tuple(kept))))


def inside() -> str:
    """List the appointments that lie inside a closure or somebody's time off, some at a time."""
    starts, ends = asked_number("starts"), asked_number("ends")
    slug, first = asked_word("member"), asked_number("first")
    if not may_block(slug):
        abort(404)
    block = Block((starts, ends), slug)
    [found] = read(lambda session: lying_inside(session, [block], utc_now()))
    url = partial(url_for, ".inside", starts=starts, ends=ends, member=slug or None)
    return render_page(
        "inside",
        heading=_("Appointments that lie inside"),
        rows=rows_of(read(current_plan), found[first : first + PAGE]),
        first=first,
        count=len(found),
        earlier_url=url(first=max(0, first - PAGE)) if first else "",
        later_url=url(first=first + PAGE) if first + PAGE < len(found) else "",
    )


def _page(asked: Asked, which: str = "") -> str:
    plan = read(current_plan)
    closed, away = _lines(plan, utc_now())
    people = [(one.slug, one.name) for one in plan.staff if may_block(one.slug)]
    return render_page(
        "closures",
        heading=_("Closures and time off"),
        may_close=may_close(),
        people=people,
        has_own_clocks=any(one.zone != plan.shop.zone for one in plan.staff),
        closed=closed,
        away=away,
        values=_empty() | asked.values,
        errors=asked.errors,
        which=which,
        panel=panel_of(asked, page_from()),
    )


def _empty() -> dict[str, str]:
    today = local_day(to_minute(utc_now()), zone(read(current_plan).shop.zone)).isoformat()
    return dict.fromkeys((*form.CLOSURE, *form.TIME_OFF), "") | {"from_day": today}


def _lines(plan: BusinessPlan, now: datetime) -> tuple[list[Line], list[Line]]:
    """What is blocked from now on: of all where one may close; of whom one may, and own."""
    minute, closed, away = to_minute(now), list[tuple[Block, Line]](), list[tuple[Block, Line]]()
    for one in plan.closures:
        span = closed_span(one, plan.shop.zone)
        days = (("first", one.first_day.isoformat()), ("last", one.last_day.isoformat()))
        line = Line("", _days(one.first_day, one.last_day), one.reason, 0, "", days)
        closed.append((Block(span), line))
    for member in plan.staff:
        may = may_block(member.slug)
        for off in member.time_off if may or member.slug == current_person().staff_slug else ():
            span = to_minute(off.starts_at), to_minute(off.ends_at)
            starts, ends = _key(off.starts_at, off.ends_at)
            key = (("member", member.slug), ("starts", starts), ("ends", ends)) if may else ()
            shown = _away(off.starts_at, off.ends_at, zone(member.zone))
            away.append(
                (Block(span, member.slug), Line(member.name, shown, off.reason, 0, "", key))
            )
    coming = [
        sorted([each for each in all_ if each[0].span[1] > minute]) for all_ in (closed, away)
    ]
    blocks = [block for lines in coming for block, _line in lines]
    found = iter(read(lambda session: lying_inside(session, blocks, now)))
    counted = [[_counted(*each, len(next(found))) for each in lines] for lines in coming]
    return counted[0], counted[1]


def _counted(block: Block, line: Line, count: int) -> Line:
    starts, ends = block.span
    url = url_for(".inside", starts=starts, ends=ends, member=block.member or None)
    return line._replace(inside=count, inside_url=url) if line.key else line


def _away(starts_at: datetime, ends_at: datetime, where: ZoneInfo) -> str:
    """Whole days by their dates: nobody says 'until Saturday, 00:00' of a Friday."""
    first, after = starts_at.astimezone(where), ends_at.astimezone(where)
    if first.time() == after.time() == time():
        return _days(first.date(), after.date() - timedelta(days=1))
    return formats.format_span(starts_at, ends_at, where)


def _days(first: date, last: date) -> str:
    if first == last:
        return formats.format_day(first)
    return _(
        "%(first)s to %(last)s", first=formats.format_day(first), last=formats.format_day(last)
    )


def _key(starts_at: datetime, ends_at: datetime) -> tuple[str, str]:
    return starts_at.astimezone(UTC).isoformat(), ends_at.astimezone(UTC).isoformat()


def _date(name: str) -> date:
    try:
        return date.fromisoformat(posted(name))
    except ValueError:
        abort(404)


BOSSES = (OWNER, RECEPTION)
POST = ("POST",)
ROUTES = (
    desk_route("/closures", closures, roles=EVERYBODY, label=gettext_noop("Closures")),
    desk_route("/closures", close, roles=BOSSES, methods=POST),
    desk_route("/closures/removal", open_again, roles=BOSSES, methods=POST),
    desk_route("/closures/time-off", take_off, roles=EVERYBODY, methods=POST),
    desk_route("/closures/time-off/removal", be_back, roles=EVERYBODY, methods=POST),
    desk_route("/closures/inside", inside, roles=EVERYBODY),
)
