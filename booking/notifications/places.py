"""Where an appointment is, as page, desk and letter say it, so that they cannot differ."""

from booking.i18n import gettext as _
from booking.storage.models import Service, Shop

from .quoting import one_line

_MOST = 300


def place_in_words(place: str, shop: Shop, *, is_online: bool) -> str:
    """Return where it is: what the service says of it, else where the shop is."""
    return own_place_in_words(place, is_online=is_online) or joined(shop.address or shop.name)


def own_place_in_words(place: str, *, is_online: bool) -> str:
    """Return what the service says of where it is; empty: at the shop."""
    return joined(place) or (_("Online") if is_online else "")


def place_of(service: Service, shop: Shop) -> str:
    """Return where appointments of this service are."""
    return place_in_words(service.place, shop, is_online=bool(service.is_online))


def own_place_of(service: Service) -> str:
    """Return where they are for whoever works at the shop; empty: there."""
    return own_place_in_words(service.place, is_online=bool(service.is_online))


def joined(lines: str) -> str:
    """Return an address of several lines on one."""
    return one_line(", ".join(filter(None, map(str.strip, lines.splitlines()))), _MOST)
