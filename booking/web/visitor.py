"""Who asks, as far as limits count one."""

from __future__ import annotations

from functools import cache
from logging import Logger
from typing import cast

from flask import current_app, request

from booking.operations.slot_request import Visitor
from booking.state import current_sidebook

from .client_address import Address, names_of, read

TOGETHER = "until then the limits on one visitor meet all of them together."
NOT_BELIEVED = (
    "A request carried X-Forwarded-For, so a proxy seems to stand before this app, but nothing "
    "here believes it. Set BOOKING_TRUSTED_PROXIES to the number of proxies, or in an app of your "
    f"own put Werkzeug's ProxyFix around it: {TOGETHER}"
)
TOO_FEW = (
    "A request came with fewer addresses in X-Forwarded-For than proxies are trusted. Set "
    "BOOKING_TRUSTED_PROXIES (or your own ProxyFix) to the number of proxies that write one, or "
    f"let no request come past them: {TOGETHER}"
)
UNREADABLE = (
    "A request came with %s where its address should be. Let the proxy write the client's address "
    "into X-Forwarded-For, and set BOOKING_TRUSTED_PROXIES to the number of proxies that do: "
    f"{TOGETHER}"
)
_VISITOR = "booking.visitor"
_ORIGINAL = "werkzeug.proxy_fix.orig"  # what ProxyFix found, whoever put it there: us, or a host


def visitor() -> Visitor:
    """Whoever sent this request. All whose address cannot be read count as one."""
    environ = request.environ  # asked for several times in a request
    if _VISITOR not in environ:
        environ[_VISITOR] = _read_visitor()
    return cast("Visitor", environ[_VISITOR])


def _read_visitor() -> Visitor:
    settings, written = current_sidebook().settings, request.remote_addr
    address = read(written)
    if warning := _warning(address, written or ""):
        _warn_once(current_app.logger, *warning)
    own, *networks = names_of(address)
    return Visitor(
        own,
        holds=settings.holds_per_visitor,
        bookings=settings.bookings_per_visitor,
        share=settings.visitor_share,
        drafts=max(
            settings.drafts_per_visitor, settings.holds_per_visitor, settings.bookings_per_visitor
        ),
        networks=tuple(networks),
        held_share=settings.held_share,
        pressure_share=settings.pressure_share,
        shared=any(address in each for each in settings.shared_addresses or () if address),
    )


def _warning(address: Address | None, written: str) -> tuple[str, ...] | None:
    """What makes visitors look alike, and the remedy; None where nothing does."""
    original = request.environ.get(_ORIGINAL)
    if original is None and "X-Forwarded-For" in request.headers:
        return (NOT_BELIEVED,)
    if address is None:
        return UNREADABLE, _kind(written)
    if original and written == original.get("REMOTE_ADDR"):
        return (TOO_FEW,)
    return None


def _kind(written: str) -> str:
    """What was seen, without repeating it: it may say who it was."""
    if not written:
        return "nothing"
    if "," in written:
        return "several addresses"
    return "the name of a socket" if "/" in written or "unix" in written else "a word"


@cache
def _warn_once(logger: Logger, *warning: str) -> None:
    logger.warning(*warning)
