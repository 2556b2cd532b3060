"""Who asks, as far as limits count one: an address that is never written down as such."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address, ip_network

from flask import current_app, request

# Without an app's SECRET_KEY each process counts for itself, which is laxer, never stricter.
_PROCESS_KEY = secrets.token_bytes(32)


def visitor() -> bytes:
    """32 bytes that stay the same for one address and one day (UTC), and tell neither."""
    secret = current_app.secret_key or _PROCESS_KEY
    key = secret.encode() if isinstance(secret, str) else secret
    today = datetime.now(UTC).date().isoformat()
    return hmac.digest(key, f"visitor {today} {network(request.remote_addr)}".encode(), "sha256")


def network(address: str | None) -> str:
    """What counts as one visitor: an IPv4 address, or the /64 that an IPv6 household is given."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped or ip_network((parsed, 64), strict=False))
    return str(parsed)
