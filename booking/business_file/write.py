"""Write a plan as a business file that says the same when it is read again.

Remarks of a file that was loaded once are lost: the database has none. The file says of which
version it is, so that loading it tells what was changed meanwhile.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.i18n.date_input import WEEKDAYS, Moment, ending, starting
from booking.operations.plan import (
    MAIL,
    BusinessPlan,
    ClosurePlan,
    QuestionPlan,
    ServicePlan,
    ShopPlan,
    StaffPlan,
    TimeOffPlan,
    Week,
)
from booking.scheduling.slots import TimeRange

from .lengths import format_length
from .values import format_range, format_time

_OPENING = """\
# {name}: the business as it was on {day}.
#
# Change it, and load it by: flask booking load FILE (docs/business-file.md explains every key).
# What stood behind # in a file that was loaded before is not kept."""
_VERSIONS = """
# Of which version of the business this file is: leave it as it is. By it loading tells what was
# changed at the desk since, and undoes none of that unseen.
[versions]"""


def business_file(plan: BusinessPlan, versions: Mapping[str, str], *, day: date) -> str:
    """Return the text of the file; `versions` are those of `plan_versions`, `day` is today."""
    lines = [
        _OPENING.format(name=" ".join(plan.shop.name.split()), day=day),
        *_table("[shop]", _shop(plan.shop)),
        *_mail(plan.shop.mail),
        *(line for one in plan.services for line in _service(one)),
        *(line for one in plan.staff for line in _member(one, plan.shop.zone)),
        *(line for one in plan.closures for line in _table("[[closures]]", _closure(one))),
    ]
    of_things = (
        f"{_path(*name.split('.', 1))} = {_text(version)}"
        for name, version in sorted(versions.items())
    )
    return "\n".join([*lines, _VERSIONS, *of_things, ""])


# -- the tables ------------------------------------------------------------------------------------

Lines = Iterator[str]
Pairs = Iterator[tuple[str, str]]
_BARE = re.compile("[A-Za-z0-9_-]+")


def _table(header: str, pairs: Iterable[tuple[str, str]]) -> Lines:
    yield f"\n{header}"
    for key, value in pairs:
        yield f"{key} = {value}"


def _shop(shop: ShopPlan) -> Pairs:
    yield "name", _text(shop.name)
    yield "zone", _text(shop.zone)
    yield "phone", _text(shop.phone)
    yield "email", _text(shop.email)
    yield from _filled(address=shop.address, about=shop.about, accent=shop.accent)
    yield from _filled(language=shop.language)


def _mail(mail: Mapping[str, Any]) -> Lines:
    if not mail:
        return
    writing: dict[str, Callable[[Any], str]] = {
        "off": _texts,
        "invitation": _text,
        "link_in_invitation": _flag,
        "reminders": lambda lengths: _texts(map(format_length, lengths)),
        "lists_at": lambda minutes: _text(format_time(minutes)),
    }
    pairs = [(key, write(mail[key])) for key, write in writing.items() if key in mail]
    if pairs:
        yield from _table("[mail]", pairs)
    for language, letters in mail.get("texts", MAIL["texts"]).items():
        for name, parts in letters.items():
            header = f"[{_path('mail', 'texts', language, name)}]"
            yield from _table(header, ((key, _text(value)) for key, value in parts.items()))


LENGTHS = {
    **dict.fromkeys(("buffer_before", "buffer_after", "minimum_notice"), 0),
    "slot_step": 15,
    **dict.fromkeys(("cancel_until", "move_until"), 0),
}
"""Of a service: its lengths that may be left out, and what they are then."""


def _service(service: ServicePlan) -> Lines:
    yield from _table("[[services]]", _service_keys(service))
    for question in service.questions:
        yield from _table("[[services.questions]]", _question(question))


def _service_keys(service: ServicePlan) -> Pairs:
    yield "slug", _text(service.slug)
    yield "name", _text(service.name)
    yield from _filled(description=service.description, price=service.price, place=service.place)
    yield "duration", _text(format_length(service.duration))
    for key, usual in LENGTHS.items():
        if getattr(service, key) != usual:
            yield key, _text(format_length(getattr(service, key)))
    yield "booking_window", str(service.booking_window)
    if service.daily_limit is not None:
        yield "daily_limit", str(service.daily_limit)
    flags = {"online": service.is_online} | {
        key: getattr(service, key) for key in ("confirm_by_mail", "approval")
    }
    yield from ((key, _flag(value)) for key, value in flags.items() if value)


def _question(question: QuestionPlan) -> Pairs:
    yield "key", _text(question.key)
    yield "label", _text(question.label)
    yield from _filled(help=question.help)
    yield "kind", _text(question.kind)
    if question.required:
        yield "required", "true"
    if question.choices:
        yield "choices", _texts(question.choices)


def _member(member: StaffPlan, shop_zone: str) -> Lines:
    yield from _table("[[staff]]", _member_keys(member, shop_zone))
    for name, week in (("hours", member.hours), ("breaks", member.breaks)):
        if week:
            yield from _table(f"[staff.{name}]", _week(week))
    for day, ranges in sorted(member.overrides.items()):
        yield from _table(
            "[[staff.overrides]]",
            (("day", day.isoformat()), ("hours", _ranges(ranges) if ranges else _text("closed"))),
        )
    for away in member.time_off:
        yield from _table("[[staff.time_off]]", _time_off(away, ZoneInfo(member.zone)))


def _member_keys(member: StaffPlan, shop_zone: str) -> Pairs:
    yield "slug", _text(member.slug)
    yield "name", _text(member.name)
    yield from _filled(about=member.about)
    if member.zone != shop_zone:
        yield "zone", _text(member.zone)
    yield from _filled(email=member.email)
    if member.letters != "at_once":
        yield "letters", _text(member.letters.replace("_", " "))
    yield "offers", _texts(member.offers)


def _week(week: Week) -> Pairs:
    """Days in a row with the same hours are one line."""
    first = None
    for weekday in range(7):
        ranges = week.get(weekday, ())
        first = weekday if first is None else first
        if weekday < 6 and week.get(weekday + 1, ()) == ranges:
            continue
        if ranges:
            names = [WEEKDAYS[each][:3] for each in (first, weekday)]
            yield names[0] if first == weekday else "-".join(names), _ranges(ranges)
        first = None


def _ranges(ranges: Iterable[TimeRange]) -> str:
    return _texts(format_range((one.starts, one.ends)) for one in ranges)


def _time_off(away: TimeOffPlan, zone: ZoneInfo) -> Pairs:
    first, last = _beginning(away.starts_at, zone), _end(away.ends_at, zone)
    if first == last and first.minute is None:
        yield "day", _moment(first)
    else:
        yield "from", _moment(first)
        yield "to", _moment(last)
    yield from _filled(reason=away.reason)


def _closure(closure: ClosurePlan) -> Pairs:
    if closure.first_day == closure.last_day:
        yield "day", closure.first_day.isoformat()
    else:
        yield "from", closure.first_day.isoformat()
        yield "to", closure.last_day.isoformat()
    yield from _filled(reason=closure.reason)


# -- moments: as a day where it is a whole one -----------------------------------------------------


def _beginning(instant: datetime, zone: ZoneInfo) -> Moment:
    local = instant.astimezone(zone)
    whole = Moment(local.date())
    return whole if starting(whole, zone) == instant else _at(local)


def _end(instant: datetime, zone: ZoneInfo) -> Moment:
    last = (instant - timedelta(minutes=1)).astimezone(zone)
    whole = Moment(last.date())
    return whole if ending(whole, zone) == instant else _at(instant.astimezone(zone))


def _at(local: datetime) -> Moment:
    return Moment(local.date(), local.hour * 60 + local.minute)


def _moment(moment: Moment) -> str:
    if moment.minute is None:
        return moment.day.isoformat()
    return _text(f"{moment.day} {format_time(moment.minute)}")


# -- values ----------------------------------------------------------------------------------------


def _filled(**texts: str) -> Pairs:
    return ((key, _text(value)) for key, value in texts.items() if value)


def _texts(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _flag(value: bool) -> str:  # noqa: FBT001
    return "true" if value else "false"


def _text(value: str) -> str:
    """A string of TOML: of several lines where it has some, so that people can go on writing it."""
    lines = [json.dumps(line, ensure_ascii=False)[1:-1] for line in value.split("\n")]
    written = "\n".join(lines).replace("\x7f", "\\u007f")
    return f'"{written}"' if len(lines) == 1 else f'"""\n{written}"""'


def _path(*keys: str) -> str:
    return ".".join(key if _BARE.fullmatch(key) else _text(key) for key in keys)
