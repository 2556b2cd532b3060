"""A business in one file: from what an owner has written to a plan that can be carried out.

Nothing is taken over unless everything is right. All mistakes are told at once, each with its
line and what to write instead. docs/business-file.md is the owner's description of the format.
"""

import re
import tomllib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.operations.plan import BusinessPlan, ServicePlan, ShopPlan, StaffPlan
from booking.scheduling.clock import local_day, to_minute

from . import values
from .section import BusinessFileError, EnoughProblems, Report, Section
from .services import reject_duplicates, service
from .staff import closure, staff_member
from .toml_positions import NESTED, Path, TooMuch, lines_of, refuse_deep
from .values import filled, paragraphs, text

MOST_BYTES = 1_000_000

_DIGITS = "integer string conversion"  # Python's own limit of 4300
_PLACE = re.compile(r" \((?:at line (\d+), column \d+|at end of document)\)")


def read_business(raw: bytes, *, name: str, now: datetime) -> BusinessPlan:
    """Read the plan in a business file; `name` is what to call the file in messages.

    Dates counted from today are counted from `now` (aware) in the shop's zone. Raises
    BusinessFileError with every problem.
    """
    table, lines = _parsed(_decoded(raw, name), name)
    report = Report(name, lines)
    try:
        plan = _plan(Section(table, (), report), now)
    except EnoughProblems as enough:
        raise BusinessFileError(
            [*report.with_places(report.problems), f"{name}: {enough}"]
        ) from None
    if report.problems:
        raise BusinessFileError(report.with_places(report.problems))
    notes = report.with_places(report.notes)
    return BusinessPlan(plan.shop, plan.services, plan.staff, plan.closures, tuple(notes))


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


def _plan(top: Section, now: datetime) -> BusinessPlan:
    shop = _shop(top)
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
    _note_unoffered(service_tables, services, staff)
    top.finish()
    return BusinessPlan(shop, services, staff, closures, ())


def _shop(top: Section) -> ShopPlan:
    for key, header in {"shop": "[shop]", "services": "[[services]]", "staff": "[[staff]]"}.items():
        if not top.raw(key):
            top.wrong(f"there is no {header}; write one, with its keys below")
    section = top.table("shop")
    if "shop" not in top:
        return ShopPlan("", "UTC", "", "", "", "")
    plan = ShopPlan(
        name=section.need("name", filled(text()), '"Corner Barber"', ""),
        zone=section.need("zone", values.zone, '"Europe/Lisbon"', "UTC"),
        phone=section.need("phone", values.phone, '"+351 21 000 00 00"', ""),
        email=section.need("email", values.email, '"hello@example.com"', ""),
        address=section.take("address", paragraphs(300), ""),
        about=section.take("about", paragraphs(), ""),
    )
    section.finish()
    return plan


def _note_unoffered(
    tables: list[Section], services: Iterable[ServicePlan], staff: Iterable[StaffPlan]
) -> None:
    offered = {slug for member in staff for slug in member.offers}
    for table, one in zip(tables, services, strict=True):
        if one.slug not in offered:
            table.note(f'nobody offers "{one.slug}", so customers do not see it', "slug")
