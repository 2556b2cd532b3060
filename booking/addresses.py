"""Addresses that an operator writes down: the public one, the hosts answered to, shared networks.

Pure: text in, the form that is used out. Each raises ValueError that says what to write. And which
addresses of mail are one and the same.
"""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import SplitResult, urlsplit

import idna

# A name, an IPv4 address or an IPv6 one in brackets. Underscores are in the names of containers.
_NAME = r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?|\[[0-9A-Fa-f:.]+\]"
_HOST = re.compile(rf"(?:{_NAME})(?::(?P<port>\d{{1,5}}))?")
_SUFFIX = re.compile(rf"\.?(?:{_NAME})")
_MOUNT = re.compile(r"(/[A-Za-z0-9._~-]+)*")
MOST = 255  # characters, the longest name that DNS has
_WIDEST = {4: 8, 6: 16}  # bits of a network; what is wider is a part of the world

Network = IPv4Network | IPv6Network


def is_host(text: str) -> bool:
    """Return whether a browser can send this as Host: a name or an address, perhaps a port."""
    match = _HOST.fullmatch(text) if len(text) <= MOST + 6 else None
    return match is not None and int(match["port"] or 80) in range(1, 65536)


def public_url(text: str) -> str:
    """Return the scheme, host and mount path of the public address, without a last slash.

    Raises: ValueError.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    host = f"{_ascii(parts.hostname or '')}{f':{port}' if port else ''}"
    path = parts.path.rstrip("/")
    extra = parts.query or parts.fragment or "@" in parts.netloc or "?" in text or "#" in text
    if parts.scheme not in ("http", "https") or not is_host(host) or extra:
        raise ValueError("Write scheme, host and nothing else, such as https://shop.example.")
    if not _MOUNT.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise ValueError("Its path may have letters, digits, dots, dashes and slashes only.")
    return f"{parts.scheme}://{host}{path}"


def mount_path(url: str) -> str:
    """Return the path of a public address: '/shop', or '' at the root of its host."""
    return urlsplit(url).path


def host_of(url: str) -> str:
    """Return the host of a public address, with its port where it names one."""
    return urlsplit(url).netloc


def trusted_hosts(value: object) -> tuple[str, ...]:
    """Return the hosts of a list, or of a text with commas; '.shop.example' is all below it.

    Raises: ValueError.
    """
    written = several(value, "Write hosts with commas, such as shop.example, www.shop.example.")
    names = tuple(_ascii(each.lower()) for each in written)
    for text, name in zip(written, names, strict=True):
        if not _SUFFIX.fullmatch(name) or len(name) > MOST:
            raise ValueError(f"{text!r} is not a host. Write a name without scheme, port and path.")
    if not names:
        raise ValueError("It names no host. Write one, such as shop.example, or leave it out.")
    return names


def networks(value: object) -> tuple[Network, ...]:
    """Return the networks of a list, or of a text with commas or spaces; an address is one, too.

    Raises: ValueError.
    """
    remedy = "Write addresses or networks with commas, such as 203.0.113.0/24."
    return tuple(map(_network, several(value, remedy, between=r"[,\s]")))


def several(value: object, remedy: str, between: str = ",") -> list[str]:
    """Return the texts of a list, or the parts of a text; `between` is a pattern.

    Raises: ValueError with the remedy.
    """
    texts = re.split(between, value) if isinstance(value, str) else value
    if not isinstance(texts, list | tuple):
        raise ValueError(remedy)
    return list(filter(None, (str(each).strip() for each in texts)))


def domain_in_ascii(domain: str) -> str:
    """Return a domain as it travels: by IDNA 2008, as it is registered and as browsers have it.

    Python's own codec is of 2003, and makes straße.example the domain of somebody else.

    Raises: UnicodeError where it can be no domain.
    """
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")


def lowered(address: str) -> str:
    """Return an address of mail with ASCII's letters small, and no others changed.

    What else may pass for one letter, a mail server may take for two: straße@shop.example may be
    somebody else than strasse@shop.example, and straße.example is another domain.
    """
    return address.encode().lower().decode()


def is_same_address(one: str, other: str) -> bool:
    """Tell whether these are one address of mail; only ASCII's capitals are forgiven."""
    return lowered(one) == lowered(other)


def _network(written: str) -> Network:
    try:
        network = ip_network(written)
    except ValueError:
        network = None
    if network is None or network.prefixlen < _WIDEST[network.version]:
        raise ValueError(
            f"{written!r} is not an address or a network that can be shared. Write some such as "
            "203.0.113.7, 198.51.100.0/24, 2001:db8:1::/48."
        )
    return network


def _ascii(host: str) -> str:
    """The host as it travels: an international name in its ASCII form, IPv6 in brackets."""
    if ":" in host:
        return f"[{host.strip('[]')}]"
    try:
        return domain_in_ascii(host)
    except UnicodeError:
        return ""
