"""Templates, with what every one of them is given; and the shop as its customers meet it.

That is its settings, its name and zone, and whose clock is shown. What everybody is shown alike is
kept as it was rendered, only where nothing of a host is in it: a template of its own in the place
of one of ours, or a name, a token, a nonce that it gives every template.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.contact.phones import LinePart, dialled, shop_region
from booking.files import TEMPLATES
from booking.i18n import current_language
from booking.i18n import gettext as _
from booking.scheduling import clock
from booking.state import current_flask, current_request, current_sidebook
from booking.storage import reads
from booking.storage.models import Shop
from booking.tab_sessions import read_transaction

from . import urls
from .headers import KEPT, is_answered_by_us
from .templating import environment, is_our_file, render_template

UTC = ZoneInfo("UTC")


def get_shop(session: Session) -> Shop:
    """Return the shop; a placeholder in UTC as long as no business file was loaded."""
    return reads.shop(session) or placeholder_shop()


def placeholder_shop() -> Shop:
    """Return what stands in for a shop that cannot be read."""
    return Shop(name=_("Appointments"), phone="", email="", address="", zone="UTC", about="")


def shop_zone(shop: Shop) -> ZoneInfo:
    """Return the zone in which the shop's own days are counted."""
    return named_zone(shop.zone) or UTC


def customer_zone(chosen: str, shop: Shop) -> ZoneInfo:
    """Return the zone a customer chose, else the one the browser names, else the shop's."""
    named = current_request().headers.get("Tab-Time-Zone", "")
    return named_zone(chosen) or named_zone(named) or shop_zone(shop)


def named_zone(name: str) -> ZoneInfo | None:
    """Return the zone of that name; None for any text that names none."""
    try:
        return clock.zone(name)
    except clock.UnknownZone:
        return None


def phone_region(shop: Shop) -> str | None:
    """Return the country (ISO code) whose numbers need no '+': as set, else the shop's; or None."""
    return current_sidebook().settings.phone_region or shop_region(shop.phone, shop.zone)


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
        with read_transaction(current_sidebook().db.session) as session:
            shop = reads.shop_of_any_version(session) or placeholder_shop()
            return render(template, shop, **context)
    except Exception:  # noqa: BLE001 - a page about a failure must not fail for the same reason
        return render(template, placeholder_shop(), **context)


def is_by_htmx() -> bool:
    """Return whether a fragment is wanted: htmx asks, and not to restore a whole page."""
    sent = current_request().headers
    return "HX-Request" in sent and "HX-History-Restore-Request" not in sent


MOST = 32
"""Pages and fragments that are kept: of a few languages and roots, for a state or two at once."""
LAYOUT = {"booking/page.html", "booking/parts/head.html"}
"""Templates that stand around a fragment: a host's own, where they are, leave it as it is."""
_PAGES, _OWN = "booking.kept", "booking.own_templates"
_GIVEN = {
    *("range", "dict", "lipsum", "cycler", "joiner", "namespace"),
    *("url_for", "get_flashed_messages", "config", "request", "session", "g"),
}
"""The names that Jinja and Flask give every template."""


def keep_fragment(name: str, state: str, render: Callable[[], str]) -> str:
    """Return the fragment of that name, rendered once for each state of the business.

    It is rendered anew where a template of the host may be in it, or `state` is empty.
    """
    is_ours = state and _own_templates() <= LAYOUT
    return _kept(name, state, render) if is_ours else render()


def keep_page(name: str, state: str, render: Callable[[], str]) -> str:
    """Return the page of that name, rendered once for each state of the business.

    It is rendered anew where anything of the host may be in it, or `state` is empty.
    """
    if not state or _own_templates() or _gives_something():
        return render()
    current_request().environ[KEPT] = True
    return _kept(name, state, render)


def _kept(name: str, state: str, render: Callable[[], str]) -> str:
    kept: dict[object, str] = current_flask().extensions.setdefault(_PAGES, {})
    key = name, state, current_language(), urls.root()
    if (text := kept.get(key)) is None:
        text = kept[key] = render()
        for oldest in [*kept][:-MOST]:
            kept.pop(oldest, None)
    return text


def _gives_something() -> bool:
    """Return whether the host gives our page, or the addresses on it, something of its own."""
    app, places = current_flask(), (None, current_sidebook().name)
    processors = {each for place in places for each in app.template_context_processors[place]}
    return (
        len(processors) > 1  # Flask's own is always there
        or bool(app.url_default_functions[None])
        or not _GIVEN.issuperset(app.jinja_env.globals)
        or app.jinja_env.globals["url_for"] != app.url_for
    )


def _own_templates() -> set[str]:
    """Return which of our templates a host has a file of its own for; all where they may change."""
    ours = environment()
    if ours.auto_reload:
        return {*_names()}
    extensions = current_flask().extensions
    if _OWN not in extensions:
        known = {*_names(), *LAYOUT}
        extensions[_OWN] = {each for each in known if not is_our_file(ours, each)}
    return cast("set[str]", extensions[_OWN])


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return tuple(str(each.relative_to(TEMPLATES)) for each in TEMPLATES.rglob("*.html"))
