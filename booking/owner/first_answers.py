"""What is typed in the first hour, read and checked: each answer becomes an edit of the plan."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from booking.business_file.load import ANY
from booking.business_file.services import names_no_currency
from booking.characters import has_towers, is_unprintable
from booking.contact.phones import dialled, shop_region
from booking.contact.validators import many_lines, one_line
from booking.i18n import gettext as _
from booking.operations.plan import BusinessPlan, ServicePlan, StaffPlan
from booking.operations.plan_edits import Edit, in_zone, with_member, with_service
from booking.scheduling import clock
from booking.scheduling.slots import TimeRange

from .names import short_name

DAYS = tuple(map(str, range(7)))
FIELDS: Mapping[str, tuple[str, ...]] = {
    "shop": ("name", "address", "phone", "zone"),
    "service": ("name", "duration", "price"),
    "person": ("name",),
    "hours": tuple(f"{what}_{day}" for day in DAYS for what in ("open", "from", "to")),
}
LENGTHS = (15, 20, 30, 40, 45, 60, 75, 90, 120, 180, 240)
"""Minutes that are offered for a first service; any other can be written later."""
_LONGEST_NAME, _LONGEST_ADDRESS = 120, 500
_TIME = re.compile(r"([01]?[0-9]|2[0-4])[:.]([0-5][0-9])")
_WITHOUT_A_PLACE = ("Etc/", "SystemV/", "US/", "posix/", "right/")


class Wrong(Exception):
    """Raised where something typed has to be mended; it says what, by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = errors
        super().__init__(*errors)


def _refuse(errors: Mapping[str, str]) -> None:
    if found := {name: message for name, message in errors.items() if message}:
        raise Wrong(found)


def shop(typed: Mapping[str, str], _plan: BusinessPlan) -> Edit:
    """Return what writes down who the business is.

    Raises: Wrong.
    """
    name, address = one_line(typed["name"]), many_lines(typed["address"]).strip()
    phone = one_line(typed["phone"])
    _refuse(
        {
            "name": _problem_of_name(name, _("Enter the name of your business.")),
            "address": _problem_of_text(address, _LONGEST_ADDRESS),
            "phone": _problem_of_phone(phone, typed["zone"]),
            "zone": "" if typed["zone"] in zones() else _("Choose the time zone of your business."),
        }
    )
    values: dict[str, Any] = {"name": name, "address": address, "phone": phone}
    values["zone"] = typed["zone"]

    def edit(plan: BusinessPlan) -> BusinessPlan:
        # Who was set down with the zone of before has it because nobody chose another.
        staff = (
            in_zone(one, values["zone"]) if one.zone == plan.shop.zone else one
            for one in plan.staff
        )
        return replace(plan, shop=replace(plan.shop, **values), staff=tuple(staff))

    return edit


def shop_shown(plan: BusinessPlan) -> dict[str, str]:
    """Return what is known of the business."""
    known = plan.shop
    zone = known.zone if known.name else ""
    return {"name": known.name, "address": known.address, "phone": known.phone, "zone": zone}


def lengths(plan: BusinessPlan) -> list[int]:
    """Return the minutes to choose from, among them those that the first service takes."""
    stored = [one.duration for one in plan.services[:1]]
    return sorted({*LENGTHS, *stored})


def service(typed: Mapping[str, str], plan: BusinessPlan) -> Edit:
    """Return what writes down the first service.

    Raises: Wrong.
    """
    name, price = one_line(typed["name"]), one_line(typed["price"])
    is_offered = typed["duration"] in map(str, lengths(plan))
    _refuse(
        {
            "name": _problem_of_name(name, _("Enter what customers book, such as Haircut.")),
            "duration": "" if is_offered else _("Choose how long it takes."),
            "price": _problem_of_price(price),
        }
    )
    values: dict[str, Any] = {"name": name, "price": price}
    values["duration"] = int(typed["duration"])

    def edit(plan: BusinessPlan) -> BusinessPlan:
        first = plan.services[0] if plan.services else _new_service(short_name(name, (), "service"))
        return with_service(plan, replace(first, **values))

    return edit


def service_shown(plan: BusinessPlan) -> dict[str, str]:
    """Return what is known of the first service."""
    if not plan.services:
        return {"name": "", "duration": "30", "price": ""}
    known = plan.services[0]
    return {"name": known.name, "duration": str(known.duration), "price": known.price}


def first_person(plan: BusinessPlan) -> StaffPlan | None:
    """Return whom the guide asks about: the first who offers anything, else the first of all."""
    offering = (one for one in plan.staff if one.offers)
    return next(offering, plan.staff[0] if plan.staff else None)


def person(typed: Mapping[str, str], _plan: BusinessPlan) -> Edit:
    """Return what writes down who does it: everything there is so far.

    Raises: Wrong.
    """
    name = one_line(typed["name"])
    _refuse({"name": _problem_of_name(name, _("Enter a name, as customers read it."))})

    def edit(plan: BusinessPlan) -> BusinessPlan:
        new = _new_person(short_name(name, {ANY}, "person"), plan.shop.zone)
        first = first_person(plan) or new
        offers = tuple(one.slug for one in plan.services)
        return with_member(plan, replace(first, name=name, offers=first.offers or offers))

    return edit


def person_shown(plan: BusinessPlan) -> dict[str, str]:
    """Return what is known of who does it."""
    known = first_person(plan)
    return {"name": known.name if known else ""}


def hours(typed: Mapping[str, str], _plan: BusinessPlan) -> Edit:
    """Return what writes down when the first person works; a day that ends at 00:00 is whole.

    Raises: Wrong.
    """
    errors, week = {}, {}
    for day in DAYS:
        if not typed[f"open_{day}"]:
            continue
        starts, ends = (_minutes(typed[f"{what}_{day}"]) for what in ("from", "to"))
        ends = ends if ends != 0 else clock.DAY
        if starts is None or ends is None:
            errors[f"from_{day}"] = _("Enter two times, such as 9:00 and 17:30.")
        elif starts % clock.TICK or ends % clock.TICK:
            errors[f"from_{day}"] = _("Enter times in steps of five minutes.")
        elif starts >= ends:
            errors[f"from_{day}"] = _("The end has to be later than the beginning.")
        else:
            week[int(day)] = (TimeRange(starts, ends),)
    if not errors and not week:
        errors["open_0"] = _("Choose at least one day.")
    _refuse(errors)

    def edit(plan: BusinessPlan) -> BusinessPlan:
        first = first_person(plan)
        return with_member(plan, replace(first, hours=week)) if first else plan

    return edit


def hours_shown(plan: BusinessPlan) -> dict[str, str]:
    """Return when the first person works; from Monday to Friday as long as nobody said."""
    first = first_person(plan)
    week = (first.hours if first else {}) or dict.fromkeys(range(5), (TimeRange(9 * 60, 17 * 60),))
    shown = {}
    for day in range(7):
        ranges = week.get(day, ())
        starts, ends = (ranges[0].starts, ranges[-1].ends) if ranges else (9 * 60, 17 * 60)
        shown[f"open_{day}"] = "yes" if ranges else ""
        shown[f"from_{day}"], shown[f"to_{day}"] = _written(starts), _written(ends)
    return shown


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Return the names of the zones that lie at a place, and UTC."""
    places = {
        name for name in clock.zone_names() if "/" in name and not name.startswith(_WITHOUT_A_PLACE)
    }
    return tuple(sorted(places | {"UTC"}))


def _minutes(text: str) -> int | None:
    match = _TIME.fullmatch(text.strip())
    minutes = int(match[1]) * 60 + int(match[2]) if match else None
    return minutes if minutes is not None and minutes <= clock.DAY else None


def _written(minutes: int) -> str:
    # As a field for a time takes it: the end of the day is 00:00 there, as on the page of hours.
    minutes %= clock.DAY
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _problem_of_name(name: str, empty: str) -> str:
    return _problem_of_text(name, _LONGEST_NAME) if name else empty


def _problem_of_text(text: str, most: int) -> str:
    if len(text) > most:
        return _("Use %(number)s characters or less.", number=most)
    if has_towers(text) or any(is_unprintable(each) for each in text if each not in "\n\t"):
        return _("There are characters in it that nobody can read.")
    return ""


def _problem_of_price(price: str) -> str:
    if names_no_currency(price):
        return _(
            "No currency is named. Write it as customers read it, such as “€%(price)s”.",
            price=price,
        )
    return _problem_of_text(price, 60)


def _problem_of_phone(phone: str, zone: str) -> str:
    if not phone or any(part.href for part in dialled(phone, shop_region(phone, zone))):
        return _problem_of_text(phone, 64)
    return _("Enter the number with its country, such as +351 21 000 00 00.")


def _new_service(slug: str) -> ServicePlan:
    return ServicePlan(
        slug=slug,
        name="",
        description="",
        price="",
        place="",
        duration=30,
        buffer_before=0,
        buffer_after=0,
        minimum_notice=0,
        slot_step=15,
        booking_window=60,
        daily_limit=None,
        is_online=False,
        confirm_by_mail=False,
        approval=False,
        cancel_until=0,
        move_until=0,
        questions=(),
    )


def _new_person(slug: str, zone: str) -> StaffPlan:
    return StaffPlan(
        slug=slug,
        name="",
        about="",
        zone=zone,
        email="",
        letters="at_once",
        offers=(),
        hours={},
        breaks={},
        overrides={},
        time_off=(),
    )
