"""What browsers are told about every answer of ours."""

from __future__ import annotations

from flask import Blueprint, Response, request

from . import assets, links, zones
from .compression import compress
from .shop import state

POLICY = (
    "default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
PUBLIC = {*assets.ENDPOINTS, zones.ENDPOINT}


def protect(blueprint: Blueprint) -> None:
    """Send the headers with everything below the blueprint's prefix, and with nothing else."""
    # Of the app, because what no route answers (a redirect to the slash) belongs to no blueprint.
    blueprint.after_app_request(_add)


def add_strict(response: Response) -> Response:
    """Send the headers with an answer that is not below the prefix, in an app that is all ours."""
    if not is_ours():
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def is_ours() -> bool:
    """Whether this request is for something below the wizard's prefix."""
    if request.routing_exception is None:
        return request.blueprint == str(state().name)
    prefix: str = state().url_prefix
    # Beside the wizard at the root of an app everything that no route answers is the app's own.
    return prefix != "/" and f"{request.path}/".startswith(f"{prefix}/")


def _add(response: Response) -> Response:
    if not is_ours():
        return response
    response.headers.update(HEADERS)
    public = links.own_name(request.endpoint) in PUBLIC and response.status_code < 400
    if not public:
        response.headers["Cache-Control"] = "no-store"
    if response.status_code == 429:  # what a visitor holds comes free by then, at the latest
        response.headers.setdefault("Retry-After", str(state().settings.hold_minutes * 60))
    if state().settings.compress:
        return compress(request, response, for_good=public)
    return response
