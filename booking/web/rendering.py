"""Templates, with what every one of them is given."""

from functools import cache
from typing import Any

from flask import request

from booking.contact.phones import LinePart, dialled
from booking.state import current_sidebook
from booking.storage.models import Shop
from booking.tab_sessions import read_transaction

from . import urls
from .headers import is_answered_by_us
from .shop import get_shop, phone_region, placeholder_shop
from .templating import render_template


def render(template: str, shop: Shop, **context: Any) -> str:
    """Return a template of templates/booking/, rendered for this shop."""

    @cache
    def phone() -> tuple[LinePart, ...]:
        return dialled(shop.phone, phone_region(shop))

    given = {"shop": shop, "phone": phone, "wizard_root": urls.root()}
    return render_template(template, **given, **context)


def render_in_any_case(template: str, **context: Any) -> str:
    """Return the rendered template even when the shop itself cannot be read."""
    is_answered_by_us()
    try:
        # Even from older tables the shop's name and phone can be read, mostly.
        with read_transaction(current_sidebook().db.session) as session:
            return render(template, get_shop(session), **context)
    except Exception:  # noqa: BLE001 - a page about a failure must not fail for the same reason
        return render(template, placeholder_shop(), **context)


def is_by_htmx() -> bool:
    """Return whether a fragment is wanted: htmx asks, and not to restore a whole page."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
