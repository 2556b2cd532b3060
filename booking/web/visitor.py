"""Who asks, as far as limits count one: the visitor, and the networks around.

An address is written down in more ways than one, by proxies above all. An IPv4 address inside an
IPv6 one counts as itself: whoever has it can make as many of the others as they like.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import cast

from sqlalchemy.orm import Session

from booking.now import utc_now
from booking.operations.requests import Visitor, VisitorLimit
from booking.operations.visitors import count_drafts, seconds_left_of_day
from booking.state import current_flask, current_request, current_sidebook
from booking.tab_sessions import TooManyTabs

Address = IPv4Address | IPv6Address

UNREADABLE = ("unreadable",)
"""All whose address cannot be read count as this one visitor."""
TOGETHER = "until then the limits on one visitor meet all of them together"
PROXY_NOT_TRUSTED = (
    "A request carried X-Forwarded-For, so a proxy seems to stand before this app, but nothing "
    "here believes it. Set BOOKING_TRUSTED_PROXIES to the number of proxies, or in an app of your "
    f"own put Werkzeug's ProxyFix around it: {TOGETHER}."
)
TOO_FEW_PROXIES = (
    "A request came with fewer addresses in X-Forwarded-For than proxies are trusted. Set "
    "BOOKING_TRUSTED_PROXIES (or your own ProxyFix) to the number of proxies that write one, or "
    f"let no request come past them: {TOGETHER}, and a client's own words may count as its address."
)
NO_ADDRESS = (
    "A request came with %s where its address should be. Let the proxy write the client's address "
    "into X-Forwarded-For, and set BOOKING_TRUSTED_PROXIES to the number of proxies that do: "
    f"{TOGETHER}."
)
_WIDTHS = {4: (32, 24), 6: (64, 56, 48)}
# What NAT64 and its like make of an IPv4 address: the last 32 bits are it.
_TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96")))
_VISITOR = "booking.visitor"
_ORIGINAL = "werkzeug.proxy_fix.orig"  # what ProxyFix found, whoever put it there: us, or a host


def visitor() -> Visitor:
    """Return who sent this request. All whose address cannot be read count as one."""
    environ = current_request().environ  # asked for several times in a request
    if _VISITOR not in environ:
        environ[_VISITOR] = _read_visitor()
    return cast("Visitor", environ[_VISITOR])


def count_stored_drafts(session: Session, flow: str, rows: int, size: int) -> None:
    """Count what this visitor's tabs store, as tab_sessions' `on_store`; `size` in bytes.

    A host's own flows are its own affair.

    Raises: TooManyTabs for who begins booking after booking.
    """
    if flow != current_sidebook().name:
        return
    now = utc_now()
    try:
        count_drafts(session, visitor(), drafts=rows, size=size, now=now)
    except VisitorLimit as reached:
        raise TooManyTabs(seconds_left_of_day(now)) from reached


def _read_visitor() -> Visitor:
    settings, written = current_sidebook().settings, current_request().remote_addr
    address = read_address(written)
    if warning := _warning(address, written or ""):
        _warn_once(*warning)
    own, *networks = network_names(address)
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


def warn_of_missing_proxies() -> None:
    """Warn once where fewer proxies than are trusted added themselves to a request.

    Without any it did not come through them: a health check.
    """
    if "X-Forwarded-For" in current_request().headers and _came_past_a_proxy():
        _warn_once(TOO_FEW_PROXIES)


def _warning(address: Address | None, written: str) -> tuple[str, ...] | None:
    """What makes visitors look alike, and the remedy; None where nothing does."""
    environ = current_request().environ
    if _ORIGINAL not in environ and "HTTP_X_FORWARDED_FOR" in environ:
        return (PROXY_NOT_TRUSTED,)
    if address is None:
        return NO_ADDRESS, _kind(written)
    return (TOO_FEW_PROXIES,) if _came_past_a_proxy() else None


def _came_past_a_proxy() -> bool:
    """Whether ProxyFix found too few addresses, and so left the one that the connection has."""
    request = current_request()
    original = request.environ.get(_ORIGINAL) or {}
    return bool(original) and request.remote_addr == original.get("REMOTE_ADDR")


def _kind(written: str) -> str:
    """What was seen, without repeating it: it may say who it was."""
    if not written:
        return "nothing"
    if "," in written:
        return "several addresses"
    return "the name of a socket" if "/" in written or "unix" in written else "a word"


def _warn_once(message: str, *details: str) -> None:
    warned: set[tuple[str, ...]] = current_flask().extensions.setdefault("booking_warned", set())
    if (message, *details) not in warned:
        warned.add((message, *details))
        current_flask().logger.warning(message, *details)


def read_address(written: str | None) -> Address | None:
    """Return the address without blanks, quotes, port, brackets and zone; None for none."""
    bare = (written or "").strip(" \t\"'")
    for candidate in (bare, bare.rpartition(":")[0]):
        try:
            address = ip_address(candidate.removeprefix("[").removesuffix("]").split("%")[0])
        except ValueError:
            continue
        return _embedded(address) or address
    return None


def network_names(address: Address | None) -> tuple[str, ...]:
    """Return the visitor and the networks around it, narrow to wide; of None one name for all.

    A visitor is an IPv4 address, or the /64 that an IPv6 household is given.
    """
    if address is None:
        return UNREADABLE
    return tuple(_network(address, bits) for bits in _WIDTHS[address.version])


def _network(address: Address, bits: int) -> str:
    spare = address.max_prefixlen - bits
    first = type(address)(int(address) >> spare << spare)
    return f"{first}/{bits}" if bits != 32 else str(first)


def _embedded(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if inner := address.ipv4_mapped or address.sixtofour:
        return inner
    if address.teredo:
        return address.teredo[1]  # the client's own; the first one is a server's
    last = int(address) & 0xFFFF_FFFF
    if last and any(address in network for network in _TRANSLATED):
        return IPv4Address(last)
    return None
