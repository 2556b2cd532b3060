"""The shop itself: its name and address, and its business as a file."""

from functools import partial

from flask import redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.business_file.load import the_shop
from booking.business_file.parts import read_part
from booking.business_file.write import business_file
from booking.i18n import ENGLISH, gettext_noop, load_languages
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.operations.current_plan import current_plan
from booking.operations.plan import BusinessPlan, ShopPlan
from booking.operations.plan_edits import in_zone, with_member, with_shop
from booking.operations.plan_versions import versions_of
from booking.scheduling.clock import local_day, to_minute, zone, zone_names
from booking.storage.catalogue import read_catalogue

from .access import OWNER
from .desk_route import desk_route
from .forms import posted
from .rendering import render_page
from .shop_fields import WAS, Field, Values, filled_in, marks_of, merge, posted_values
from .shop_saving import Asked, by_name, panel_of, read, save
from .shop_words import asked_word, conflict, page_from

Answer = str | Response | tuple[str, int]
NAMES = ("name", "address", "phone", "email", "about", "zone", "language", "accent")
FOR_WHOM = gettext_noop("Of letters to you, and of whoever asks for no other.")


def fields_of() -> list[Field]:
    """Return the fields of the shop."""
    zones = [(name, name) for name in sorted(zone_names())]
    return [
        Field("name", _("Name"), required=True, autocomplete="organization"),
        Field("address", _("Address"), "textarea", autocomplete="street-address"),
        Field("phone", _("Phone"), "tel", required=True, autocomplete="tel"),
        Field("email", _("E-mail"), "email", required=True, autocomplete="email"),
        Field("about", _("About the shop"), "textarea"),
        Field("zone", _("Time zone"), "select", choices=zones),
        Field("language", _("Language"), "select", help=_(FOR_WHOM), choices=languages()),
        Field("accent", _("Colour"), help=_("Such as #0b5d57. Empty: ours.")),
    ]


def languages() -> list[tuple[str, str]]:
    """Return the languages that are installed, as the file writes them and as each is called."""
    known = load_languages().values()
    return [("" if one is ENGLISH else one.tag, one.name) for one in known]


def values_of(shop: ShopPlan) -> Values:
    """Return what stands in the form."""
    return {name: getattr(shop, name) for name in NAMES}


def settings() -> str:
    """Show what the shop is, to be changed."""
    plan = read(current_plan)
    return _form(Asked(values_of(plan.shop), values_of(plan.shop)), plan)


def change_settings() -> Answer:
    """Change what the shop is, or show what is in the way."""
    asked = save(partial(_changed, posted_values(NAMES), posted(WAS)))
    if asked.is_saved:
        read(read_catalogue)  # its language may be another one: the next page speaks it
        return redirect(url_for(".settings", saved="yes"), 303)
    return _form(asked, asked.before or read(current_plan)), asked.status


def _changed(values: Values, was: str, _: Session, plan: BusinessPlan) -> Asked:
    stored = values_of(plan.shop)
    merged = merge(values, was, stored)
    if merged.changed or merged.taken_over:
        return Asked(merged.values, stored, {}, merged.changed, merged.taken_over)
    shop, problems = read_part(values, lambda section: the_shop(section, plan.shop.mail))
    after = None if problems else moved(with_shop(plan, shop), plan.shop.zone)
    return Asked(values, stored, by_name(problems), after=after)


def moved(plan: BusinessPlan, before: str) -> BusinessPlan:
    """Take along those who worked in the shop's own zone: their clock is the shop's."""
    for member in plan.staff:
        if member.zone == before != plan.shop.zone:
            plan = with_member(plan, in_zone(member, plan.shop.zone))
    return plan


def _form(asked: Asked, plan: BusinessPlan) -> str:
    shown = fields_of()
    return render_page(
        "settings",
        heading=_("Settings"),
        fields=filled_in(shown, asked.values, asked.errors, asked.changed),
        errors=asked.errors,
        alerts=conflict(asked, {one.name: one.label for one in shown}),
        panel=panel_of(asked, page_from()),
        was=marks_of(asked.stored),
        is_set_up=bool(plan.shop.name),
        notices=[_("It is saved.")] if asked_word("saved") else [],
    )


def download() -> Response:
    """Send the business as a file, as it is now."""
    plan = read(current_plan)
    day = local_day(to_minute(utc_now()), zone(plan.shop.zone))
    answer = Response(business_file(plan, versions_of(plan), day=day), mimetype="application/toml")
    answer.headers["Content-Disposition"] = f'attachment; filename="shop-{day}.toml"'
    return answer


ROUTES = (
    desk_route("/settings", settings, roles=(OWNER,), label=gettext_noop("Settings")),
    desk_route("/settings", change_settings, roles=(OWNER,), methods=("POST",)),
    desk_route("/settings/file", download, roles=(OWNER,)),
)
