"""Templates, with what every one of them is given."""

from __future__ import annotations

from typing import Any

from flask import render_template

from booking.storage.models import Shop

from . import links


def render(template: str, shop: Shop, **context: Any) -> str:
    """A template of templates/booking/ for this shop."""
    return render_template(f"booking/{template}", shop=shop, wizard_root=links.root(), **context)
