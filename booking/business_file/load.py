"""A business in one file: from what an owner has written to a plan that can be carried out.

Nothing is taken over unless everything is right. All mistakes are told at once, each with its
line and what to write instead. docs/business-file.md is the owner's description of the format.

What the services are is read by `services`; here it is the shop, the staff (who offers what, when
they work) and days when nobody does. Such a day stands alone or reaches to another one; one that is
counted from today is noted.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.i18n import gettext as _
from booking.i18n.date_input import (
    WEEKDAYS,
    InvalidValue,
    Moment,
    day,
    ending,
    format_date,
    is_counted,
    moment,
    starting,
)
from booking.operations.plan import (
    BusinessPlan,
    ClosurePlan,
    ServicePlan,
    ShopPlan,
    StaffPlan,
    TimeOffPlan,
    Week,
)
from booking.scheduling.clock import local_day, to_minute
from booking.scheduling.slots import TimeRange

from . import values
from .colours import accent
from .mail import mail
from .remarks import note_idle_breaks, note_unoffered
from .section import BusinessFileError, EnoughProblems, Report, Section, remedy
from .services import reject_duplicates, service
from .toml_positions import NESTED, Path, TooMuch, lines_of, refuse_deep
from .values import filled, in_order, paragraphs, slug, text, time_range, weekdays

Check = Callable[[BusinessPlan], Iterable[tuple[Path, str]]]
"""Given the plan, of which parts may be wrong and empty; yields where in the file it finds what
wrong, and what to write instead. Whoever renders letters knows what may stand in one."""

MOST_BYTES = 1_000_000

_DIGITS = "integer string conversion"  # Python's own limit of 4300
_PLACE = re.compile(r" \((?:at line (\d+), column \d+|at end of document)\)")


def read_business(
    raw: bytes, *, name: str, now: datetime, check: Check = lambda _plan: ()
) -> BusinessPlan:
    """Read the plan in a business file; `name` is what to call the file in messages.

    Dates counted from today are counted from `now` (aware) in the shop's zone. `check` finds what
    only others can know to be wrong, and by default nothing.

    Raises: BusinessFileError with every problem.
    """
    table, lines = _parsed(_decoded(raw, name), name)
    return plan_of(table, Report(name, lines), now=now, check=check)


def plan_of(table: dict[str, Any], report: Report, *, now: datetime, check: Check) -> BusinessPlan:
    """Read the plan in what stands in a business file; see `read_business`.

    Raises: BusinessFileError with every problem.
    """
    try:
        plan = _plan(Section(table, (), report), now, check)
    except EnoughProblems as enough:
        raise BusinessFileError(
            [*report.with_places(report.problems), f"{report.name}: {enough}"]
        ) from None
    if report.problems:
        raise BusinessFileError(report.with_places(report.problems))
    notes = report.with_places(report.notes)
    return replace(plan, notes=tuple(notes))


def _decoded(raw: bytes, name: str) -> str:
    if len(raw) > MOST_BYTES:
        raise BusinessFileError(
            [f"{name}: larger than {MOST_BYTES} bytes; write the path of a business file"]
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BusinessFileError(
            [f"{name}:{line}: this is not UTF-8 text; write (save) the file as UTF-8"]
        ) from None


def _parsed(written: str, name: str) -> tuple[dict[str, Any], dict[Path, int]]:
    try:
        refuse_deep(written)
        return tomllib.loads(written), lines_of(written)
    except TooMuch as much:
        raise BusinessFileError([f"{name}: {much}; write a file such as demo.toml"]) from None
    except ValueError as error:
        place = _PLACE.search(str(error))
        line = place[1] if place and place[1] else written.rstrip().count("\n") + 1
        said = _PLACE.sub("", str(error))
        if _DIGITS in said:
            line, said = _line_of_digits(written), "a number has thousands of digits"
    except RecursionError:
        line, said = 1, NESTED
    remedy = 'write one key = value a line, text in "straight quotes", lists in [brackets]'
    raise BusinessFileError([f"{name}:{line}: this is not TOML: {said}; {remedy}"])


def _line_of_digits(written: str) -> int:
    longest = max(re.finditer(r"[\d_]+", written, re.ASCII), key=lambda one: len(one[0]))
    return written.count("\n", 0, longest.start()) + 1


def _plan(top: Section, now: datetime, check: Check) -> BusinessPlan:
    shop = _shop(top, mail(top))
    today = local_day(to_minute(now), ZoneInfo(shop.zone))
    service_tables, staff_tables = top.tables("services"), top.tables("staff")
    services = tuple(service(section) for section in service_tables)
    slugs = [one.slug for one in services]
    staff = tuple(
        staff_member(section, set(slugs) - {""}, shop.zone, today) for section in staff_tables
    )
    closures = tuple(closure(section, today) for section in top.tables("closures"))
    reject_duplicates(service_tables, "slug", slugs)
    reject_duplicates(staff_tables, "slug", [one.slug for one in staff])
    _require_confirmations(top.table("mail"), services, shop)
    note_unoffered(service_tables, services, staff)
    plan = BusinessPlan(shop, services, staff, closures, (), _versions(top.table("versions")))
    top.finish()
    for path, problem in check(plan):
        top.wrong(problem, *path)
    return plan


def _shop(top: Section, letters: dict[str, Any]) -> ShopPlan:
    for key, header in {"shop": "[shop]", "services": "[[services]]", "staff": "[[staff]]"}.items():
        if not top.raw(key):
            top.wrong(f"there is no {header}; write one, with its keys below")
    section = top.table("shop")
    if "shop" not in top:
        return ShopPlan("", "UTC", "", "", "", "", letters)
    return the_shop(section, letters)


def the_shop(section: Section, letters: Mapping[str, Any]) -> ShopPlan:
    """Read the [shop] table; `letters` is what [mail] says."""
    plan = ShopPlan(
        name=section.need("name", filled(text()), '"Corner Barber"', ""),
        zone=section.need("zone", values.zone, '"Europe/Lisbon"', "UTC"),
        phone=section.need("phone", values.phone, '"+351 21 000 00 00"', ""),
        email=section.need("email", values.email, '"hello@example.com"', ""),
        address=section.take("address", paragraphs(300), ""),
        about=section.take("about", paragraphs(), ""),
        mail=letters,
        accent=section.take("accent", accent, ""),
        language=section.take("language", values.language, ""),
    )
    section.finish()
    return plan


def _versions(section: Section) -> dict[str, str]:
    """Of which version a file is that was written by `write`; empty where people wrote it."""
    versions: dict[str, str] = {}
    for key in section:
        if isinstance(section.raw(key), dict):
            of_kind = _versions(section.table(key))
            versions |= {f"{key}.{name}": version for name, version in of_kind.items()}
        else:
            versions[key] = section.take(key, text(), "")
    return versions


def _require_confirmations(
    section: Section, services: Iterable[ServicePlan], shop: ShopPlan
) -> None:
    asking = [one.slug for one in services if one.confirm_by_mail]
    for name in ("please_confirm", "confirm_address"):
        if asking and name in shop.mail.get("off", ()):
            section.wrong(
                f'off: without "{name}" nobody can confirm "{asking[0]}"; leave it out here, '
                "or write confirm_by_mail = false there",
                "off",
            )


ANY = "any"


def staff_member(
    section: Section, services: Collection[str], shop_zone: str, today: date
) -> StaffPlan:
    """Read one [[staff]] table; `services` are the slugs that can be offered."""
    zone = section.take("zone", values.zone, shop_zone)
    plan = StaffPlan(
        slug=section.need("slug", _staff_slug, '"ana"', ""),
        name=section.need("name", filled(text()), '"Ana"', ""),
        about=section.take("about", paragraphs(), ""),
        zone=zone,
        email=section.take("email", values.email, ""),
        letters=section.take("letters", _letters, "at_once"),
        offers=_offers(section, services),
        hours=_week(section.table("hours")),
        breaks=_week(section.table("breaks")),
        overrides=_overrides(section, today),
        time_off=tuple(_time_off(one, ZoneInfo(zone), today) for one in section.tables("time_off")),
    )
    note_idle_breaks(section, plan)
    if section.raw("letters") in ("at once", "daily") and "email" not in section:
        words = _('there is no address to send them to; write email = "ana@example.com" above')
        section.wrong(f"letters: {words}", "letters")
    section.finish()
    return plan


def _letters(value: object) -> str:
    return values.one_of("at once", "daily", "never")(value).replace(" ", "_")


def _staff_slug(value: object) -> str:
    name = slug(value)
    if name == ANY:
        raise InvalidValue(
            _(
                '"%(any)s" stands for whoever is free; write another, such as the first name',
                any=ANY,
            )
        )
    return name


def _offers(section: Section, services: Collection[str]) -> tuple[str, ...]:
    def offered(value: object) -> str:
        service = text()(value)
        if service not in services:
            given = {"slug": service, "remedy": remedy(service, sorted(services))}
            raise InvalidValue(_('no service has the slug "%(slug)s"; %(remedy)s', **given))
        return service

    return tuple(dict.fromkeys(section.each("offers", offered)))


def _week(section: Section) -> Week:
    """Ranges by weekday from keys such as `mon` or `tue-fri`."""
    week: dict[int, tuple[TimeRange, ...]] = {}
    for key in section:
        try:
            named = weekdays(key)
        except InvalidValue as error:
            section.wrong(str(error), key)
            named = ()
        ranges = _ranges(section, key)
        if twice := [WEEKDAYS[n] for n in named if n in week]:
            section.wrong(
                f"{key}: {twice[0]} is already above; write each day in one line only", key
            )
        week.update((weekday, ranges) for weekday in named)
    return {weekday: ranges for weekday, ranges in sorted(week.items()) if ranges}


def _ranges(section: Section, key: str) -> tuple[TimeRange, ...]:
    if section.raw(key) == "closed":
        section.take(key, str, "")
        return ()
    ranges = section.each(key, time_range)
    try:
        return in_order(ranges)
    except InvalidValue as error:
        section.wrong(f"{key}: {error}", key)
        return ()


def _overrides(section: Section, today: date) -> dict[date, tuple[TimeRange, ...]]:
    by_day: dict[date, tuple[TimeRange, ...]] = {}
    for one in section.tables("overrides"):
        if "day" not in one:
            one.wrong(f"day is missing; write day = {today}")
        day = noted(one, "day", today, whole_day, Moment(today)).day
        if "hours" not in one:
            one.wrong('hours is missing; write hours = "closed" or hours = ["10:00-14:00"]')
        ranges = _ranges(one, "hours")
        if "day" in one and day in by_day:
            one.wrong(f"day: {day} has an override above; write all its hours there", "day")
        by_day[day] = ranges
        one.finish()
    return by_day


def _time_off(section: Section, zone: ZoneInfo, today: date) -> TimeOffPlan:
    first, last = span(section, today, moment)
    try:
        starts_at, ends_at = starting(first, zone), ending(last, zone)
    except InvalidValue as error:
        section.wrong(str(error))
        starts_at, ends_at = starting(Moment(today), zone), ending(Moment(today), zone)
    if ends_at <= starts_at:
        section.wrong("to: this is not after from; write a later one", "to")
    reason = section.take("reason", text(), "")
    section.finish()
    return TimeOffPlan(starts_at, ends_at, reason)


def closure(section: Section, today: date) -> ClosurePlan:
    """Read one [[closures]] table."""
    first, last = span(section, today, whole_day)
    if last.day < first.day:
        section.wrong("to: this is before from; write a later day", "to")
    reason = section.take("reason", text(), "")
    section.finish()
    return ClosurePlan(first.day, last.day, reason)


def whole_day(value: object, today: date) -> Moment:
    """Read a date that is meant from midnight to midnight."""
    return Moment(day(value, today))


def span(
    section: Section, today: date, convert: Callable[[object, date], Moment]
) -> tuple[Moment, Moment]:
    """Read `from` and `to`, or the whole of `day`; today, as long as anything in it is wrong."""
    meanwhile = Moment(today)
    only = noted(section, "day", today, whole_day, meanwhile)
    first = noted(section, "from", today, convert, meanwhile)
    last = noted(section, "to", today, convert, meanwhile)
    _check_keys(section, {"day": only.day, "from": first.day, "to": last.day})
    if "day" in section:
        return only, only
    # Never one of them beside a stand-in for the other: that would be told as a second mistake.
    complete = first is not meanwhile and last is not meanwhile
    return (first, last) if complete else (meanwhile, meanwhile)


def _check_keys(section: Section, meant: Mapping[str, date]) -> None:
    written = [key for key in meant if key in section]
    if not written:
        section.wrong(f"no day is named; write day = {meant['day']}, or from = and to =")
    elif "day" in written and len(written) > 1:
        section.wrong("day is one whole day; write either day, or from and to", "day")
    elif written == ["from"]:
        _lonely(section, "from", meant["from"], "to", meant["from"] + timedelta(days=1))
    elif written == ["to"]:
        _lonely(section, "to", meant["to"], "from", meant["to"] - timedelta(days=1))


def _lonely(section: Section, key: str, one_day: date, other: str, other_day: date) -> None:
    section.wrong(
        f"{key} stands alone; write day = {one_day} for one day, or add {other} = {other_day}", key
    )


def noted(
    section: Section,
    key: str,
    today: date,
    convert: Callable[[object, date], Moment],
    default: Moment,
) -> Moment:
    """Read the moment a key names. Where it is counted from today, the owner is told its date."""
    moment = section.take(key, lambda value: convert(value, today), default)
    if is_counted(section.raw(key)) and moment is not default:
        section.note(f'"{section.raw(key)}" is {format_date(moment.day)}', key)
    return moment
