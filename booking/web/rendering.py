"""Templates, with what every one of them is given; and the shop as its customers meet it.

That is its settings, its name and zone, and whose clock is shown.
"""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy.orm import Session

from booking.contact.phones import LinePart, dialled, shop_region
from booking.i18n import gettext as _
from booking.scheduling import clock
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.models import Shop
from booking.tab_sessions import read_transaction

from . import urls
from .headers import is_answered_by_us
from .templating import render_template

UTC = ZoneInfo("UTC")


def get_shop(session: Session) -> Shop:
    """Return the shop; a placeholder in UTC as long as no business file was loaded."""
    return reads.shop(session) or placeholder_shop()


def placeholder_shop() -> Shop:
    """Return what stands in for a shop that cannot be read."""
    return Shop(name=_("Appointments"), phone="", email="", address="", zone="UTC", about="")


def shop_zone(shop: Shop) -> ZoneInfo:
    """Return the zone in which the shop's own days are counted."""
    return named_zone(shop.zone) or UTC


def customer_zone(chosen: str, shop: Shop) -> ZoneInfo:
    """Return the zone a customer chose, else the one the browser names, else the shop's."""
    named = request.headers.get("Tab-Time-Zone", "")
    return named_zone(chosen) or named_zone(named) or shop_zone(shop)


def named_zone(name: str) -> ZoneInfo | None:
    """Return the zone of that name; None for any text that names none."""
    try:
        return clock.zone(name)
    except clock.UnknownZone:
        return None


def phone_region(shop: Shop) -> str | None:
    """Return the country (ISO code) whose numbers need no '+': as set, else the shop's; or None."""
    return current_sidebook().settings.phone_region or shop_region(shop.phone, shop.zone)


def render(template: str, shop: Shop, **context: Any) -> str:
    """Return a template of templates/booking/, rendered for this shop."""

    @cache
    def phone() -> tuple[LinePart, ...]:
        return dialled(shop.phone, phone_region(shop))

    given = {"shop": shop, "phone": phone, "wizard_root": urls.root()}
    return render_template(template, **given, **context)


def render_in_any_case(template: str, **context: Any) -> str:
    """Return the rendered template even when the shop itself cannot be read."""
    is_answered_by_us()
    try:
        # Even from older tables the shop's name and phone can be read, mostly.
        with read_transaction(current_sidebook().db.session) as session:
            return render(template, get_shop(session), **context)
    except Exception:  # noqa: BLE001 - a page about a failure must not fail for the same reason
        return render(template, placeholder_shop(), **context)


def is_by_htmx() -> bool:
    """Return whether a fragment is wanted: htmx asks, and not to restore a whole page."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
