"""The shop as its customers meet it: its settings, its name and zone, and whose clock is shown."""

from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy.orm import Session

from booking.contact.phones import shop_region
from booking.i18n import gettext as _
from booking.scheduling import clock
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.models import Shop

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
