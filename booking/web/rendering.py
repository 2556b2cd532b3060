"""Templates, with what every one of them is given."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import render_template

from booking.contact.phones import LinePart, dialled
from booking.storage.models import Shop

from . import urls
from .shop import phone_region


def render(template: str, shop: Shop, **context: Any) -> str:
    """A template of templates/booking/ for this shop."""

    @cache
    def phone() -> tuple[LinePart, ...]:
        return dialled(shop.phone, phone_region(shop))

    given = {"shop": shop, "phone": phone, "wizard_root": urls.root()}
    return render_template(f"booking/{template}", **given, **context)
