"""Which hosts we answer to, and the public address that links which leave the page begin with."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.sansio.utils import host_is_trusted

from booking.addresses import is_host
from booking.state import current_sidebook

UNKNOWN = "This address does not lead to a booking page here."
WEB = ("http", "https")


def refuse_unknown() -> None:
    """Raise BadRequest for a Host that is none or that BOOKING_TRUSTED_HOSTS does not name.

    The scheme may come from a proxy, which may hand on what a client wrote: a redirect would lead
    there, so only that of the web is taken.
    """
    host, trusted = request.environ.get("HTTP_HOST"), current_sidebook().settings.trusted_hosts
    if request.scheme not in WEB or (host is not None and not is_host(host)):
        raise BadRequest(UNKNOWN)
    if trusted and not host_is_trusted(host, trusted):
        raise BadRequest(UNKNOWN)


def public(endpoint: str, **values: Any) -> str:
    """The full address of an endpoint of ours, as it may be kept and used elsewhere.

    It begins with BOOKING_PUBLIC_URL; without one, with what this request was sent to.
    """
    base = current_sidebook().settings.public_url
    if not base:
        return url_for(endpoint, **values, _external=True)
    return base + url_for(endpoint, **values).removeprefix(request.script_root)
