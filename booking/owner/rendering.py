"""The desk's pages: a whole one, or its fragment where htmx asks for that.

A page `customers` is the fragment `desk/_customers.html`, which has one root element and a
`heading`; `desk/customers.html` stands around it where it needs something of its own (more
scripts), else `desk/whole.html`.
"""

from functools import cache
from typing import Any, NamedTuple

from flask import url_for

from booking.files import TEMPLATES
from booking.i18n import gettext as _
from booking.state import current_request, current_sidebook
from booking.storage import reads
from booking.storage.models import Shop
from booking.tab_sessions import read_transaction
from booking.web.headers import is_answered_by_us
from booking.web.rendering import is_by_htmx, placeholder_shop, render
from booking.web.urls import own_name

from . import cookies
from .access import OWNER, Person, person_or_none
from .navigation import entries


class Entry(NamedTuple):
    """One entry of the navigation; `is_current`: the page that is shown lies below it."""

    label: str
    url: str
    is_current: bool


def render_page(name: str, *, heading: str, **context: Any) -> str:
    """Return that page of the desk; to htmx the fragment that lies in it."""
    if is_by_htmx():
        return render_fragment(f"_{name}", heading=heading, **context)
    template = f"{name}.html" if _has_own(name) else "whole.html"
    fragment = f"booking/desk/_{name}.html"
    return _rendered(template, heading=heading, fragment=fragment, **context)


def render_fragment(name: str, **context: Any) -> str:
    """Return that fragment of templates/booking/desk/."""
    return _rendered(f"{name}.html", **context)


@cache
def _has_own(name: str) -> bool:
    return (TEMPLATES / "booking" / "desk" / f"{name}.html").is_file()


def _rendered(template: str, **context: Any) -> str:
    is_answered_by_us()
    person = person_or_none()
    given: dict[str, Any] = {"person": person, "navigation": _navigation(person)}
    given["desk_root"] = cookies.root()
    given["commands"] = current_sidebook().name
    given["has_own_log_in"] = not current_sidebook().who_is_there
    shop, is_set_up = _shop()
    is_there = own_name(current_request().endpoint) in ("first_hour", "answer_first_hour")
    is_owner = person is not None and person.role == OWNER
    given["is_not_set_up"] = is_owner and not is_set_up and not is_there
    return render(f"desk/{template}", shop, **given | context)


def _shop() -> tuple[Shop, bool]:
    """Return the shop, and whether there is one; where nobody knows, there is."""
    try:
        with read_transaction(current_sidebook().db.session) as session:
            shop = reads.shop(session)
            if shop and shop in session:
                session.expunge(shop)
            return shop or placeholder_shop(), shop is not None
    except Exception:  # noqa: BLE001 - a page about a failure must not fail for the same reason
        return placeholder_shop(), True


def _navigation(person: Person | None) -> list[Entry]:
    if person is None:
        return []
    asked = own_name(current_request().endpoint)
    return [
        Entry(_(each.label), url_for(f".{each.endpoint}"), each.covers(asked))
        for each in entries()
        if person.role in each.roles
    ]
