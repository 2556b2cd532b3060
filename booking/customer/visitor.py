"""Who asks, as far as limits count one."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from logging import Logger

from flask import current_app, request

from booking.operations.visitors import Visitor

from .shop import state

ALL_ALIKE = (
    "All visitors look alike: a proxy seems to stand before this app, and BOOKING_TRUSTED_PROXIES "
    "is 0. Set it to the number of proxies, or the limits on one visitor meet them all."
)


def visitor() -> Visitor | None:
    """Whoever sent this request; None where nothing tells them from anybody else."""
    settings, address = state().settings, network(request.remote_addr)
    if address is None or _came_through_a_strange_proxy():
        _warn_once(current_app.logger)
    if address is None:
        return None
    return Visitor(
        address, settings.holds_per_visitor, settings.bookings_per_visitor, settings.visitor_share
    )


def network(address: str | None) -> str | None:
    """What counts as one visitor: an IPv4 address, or the /64 that an IPv6 household is given."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)


def _came_through_a_strange_proxy() -> bool:
    # Werkzeug's ProxyFix leaves what it found behind, whoever put it there: us, or a host.
    was_fixed = "werkzeug.proxy_fix.orig" in request.environ
    return "X-Forwarded-For" in request.headers and not was_fixed


@cache
def _warn_once(logger: Logger) -> None:
    logger.warning(ALL_ALIKE)
