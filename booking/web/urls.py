"""Addresses: those we write, below the wizard's root or in full, and the hosts we answer to."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import BadRequest
from werkzeug.sansio.utils import host_is_trusted

from booking.addresses import is_host
from booking.i18n import gettext as _
from booking.state import current_request, current_sidebook


class _AtHost(BlueprintSetupState):
    def add_url_rule(self, rule: str, *more: Any, **options: Any) -> None:
        if host := self.options.get("host"):
            options.setdefault("host", host)
        super().add_url_rule(rule, *more, **options)


class HostBlueprint(Blueprint):
    """A blueprint that is registered with a `host`, as Flask's own are with a `subdomain`."""

    def make_setup_state(self, *given: Any, **more: Any) -> BlueprintSetupState:
        return _AtHost(self, *given, **more)


WEB = ("http", "https")
_ROOT = "booking.root"


class Link(NamedTuple):
    """A link to a step: its page, and the fragment that htmx loads instead.

    `field` is where changing an answer begins; empty for no place of its own.
    """

    url: str
    fragment_url: str
    label: str = ""
    field: str = ""


def to(step: str, **query: Any) -> Link:
    """Return a link to a step."""
    page, asked = address(step), f"?{urlencode(query)}" if query else ""
    return Link(f"{page}{asked}", f"{page}/form{asked}")


def address(path: str, query: Mapping[str, Any] | None = None) -> str:
    """Return an address below the wizard's root: a month has sixty, and `url_for` takes a while."""
    return f"{root()}{path}?{urlencode(query)}" if query else root() + path


def root() -> str:
    """Return where the wizard begins: '/book/'."""
    request = current_request()
    environ = request.environ  # a page has dozens of addresses
    if _ROOT not in environ:
        environ[_ROOT] = f"{request.script_root}{current_sidebook().url_prefix}".rstrip("/") + "/"
    return str(environ[_ROOT])


def own_name(endpoint: str | None) -> str:
    """Return an endpoint of ours without the name of the blueprint, which the host may choose."""
    return (endpoint or "").rpartition(".")[2]


def refuse_unknown_host() -> None:
    """Raise BadRequest for a Host that is none or that BOOKING_TRUSTED_HOSTS does not name.

    The scheme may come from a proxy, which may hand on what a client wrote: a redirect would lead
    there, so only that of the web is taken.
    """
    request = current_request()
    host, trusted = request.environ.get("HTTP_HOST"), current_sidebook().settings.trusted_hosts
    is_none = request.scheme not in WEB or (host is not None and not is_host(host))
    if is_none or (trusted and not host_is_trusted(host, trusted)):
        raise BadRequest(_("This address does not lead to a booking page here."))


def public_url(endpoint: str, **values: Any) -> str:
    """Return the full address of an endpoint of ours, as it may be kept and used elsewhere.

    It begins with BOOKING_PUBLIC_URL; without one, with what this request was sent to.
    """
    base = current_sidebook().settings.public_url
    if not base:
        return url_for(endpoint, **values, _external=True)
    return base + url_for(endpoint, **values).removeprefix(current_request().script_root)
