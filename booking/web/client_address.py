"""What an address says of who asks: the visitor, and the networks around.

An address is written down in more ways than one, by proxies above all. An IPv4 address inside an
IPv6 one counts as itself: whoever has it can make as many of the others as they like.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

UNREADABLE = ("unreadable",)
"""All whose address cannot be read count as this one visitor."""
_WIDTHS = {4: (32, 24), 6: (64, 56, 48)}
# What NAT64 and its like make of an IPv4 address: the last 32 bits are it.
_TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96")))


def read(written: str | None) -> Address | None:
    """The address, without blanks, quotes, port, brackets and zone; None where there is none."""
    bare = (written or "").strip(" \t\"'")
    for candidate in (bare, bare.rpartition(":")[0]):
        try:
            found = ip_address(candidate.removeprefix("[").removesuffix("]").split("%")[0])
        except ValueError:
            continue
        return _embedded(found) or found
    return None


def names_of(address: Address | None) -> tuple[str, ...]:
    """The visitor and the networks around it, narrow to wide; of what is unreadable one name.

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
    if found := address.ipv4_mapped or address.sixtofour:
        return found
    if address.teredo:
        return address.teredo[1]  # the client's own; the first one is a server's
    last = int(address) & 0xFFFF_FFFF
    if last and any(address in network for network in _TRANSLATED):
        return IPv4Address(last)
    return None
