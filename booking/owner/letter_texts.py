"""The shop's own words in its letters, with the letter as it would look."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from flask import abort, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.business_file.mail import letter as read_letter
from booking.business_file.parts import read_part
from booking.i18n import gettext as _
from booking.i18n import gettext_noop, load_languages, nearest, speaking
from booking.i18n.formats import join_list
from booking.notifications.sample import Offer, sample, telling, wrong_texts
from booking.now import utc_now
from booking.operations.current_plan import current_plan
from booking.operations.plan import LETTERS, BusinessPlan, ShopPlan
from booking.operations.plan_edits import with_shop
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Shop, StaffMember

from .access import OWNER
from .desk_route import desk_route
from .forms import posted
from .letters.lines import name_of
from .rendering import render_page
from .shop_fields import WAS, Field, Values, filled_in, marks_of, merge, posted_values
from .shop_saving import Asked, by_name, read, save
from .shop_words import asked_word, conflict

Answer = str | Response | tuple[str, int]
NAMES = ("subject", "text")
FILLED_IN = ("service", "staff", "when", "place", "price", "shop", "reference", "link")
WHO = {"staff": gettext_noop("To staff"), "shop": gettext_noop("To the shop")}
TO_CUSTOMERS = gettext_noop("To customers")


class Preview(NamedTuple):
    """A letter as it would look."""

    subject: str
    text: str


def all_words() -> str:
    """List the letters, and which of them have words of the shop's own."""
    shop = read(current_plan).shop
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for name in LETTERS:
        role, kind = _role_and_kind(name)
        group = _(WHO[role]) if role in WHO else _(TO_CUSTOMERS)
        groups.setdefault(group, []).append((name, name_of(kind), _whose_words(shop, name)))
    return render_page("texts", heading=_("Words of letters"), groups=groups)


def _role_and_kind(name: str) -> tuple[str, str]:
    role, _sep, kind = name.partition("_")
    return (role, kind) if role in WHO else ("", name)


def _whose_words(shop: ShopPlan, name: str) -> str:
    """Say in which languages the shop's own words stand in that letter, and in which ours do.

    A customer's letter may be in each of them, another one is in the shop's.
    """
    texts, known = shop.mail.get("texts", {}), load_languages()
    own = [each for tag, each in known.items() if name in texts.get(tag, {})]
    if not own:
        return ""
    read = [nearest(shop.language)] if _role_and_kind(name)[0] else known.values()
    named = {"own": join_list([each.name for each in own])}
    ours = join_list([each.name for each in read if each not in own])
    if ours:
        return _("your own words in: %(own)s; ours in: %(ours)s", **named, ours=ours)
    return _("your own words in: %(own)s", **named)


def letter_words(name: str) -> str:
    """Show the words of one letter, to be changed, and the letter."""
    plan, language = read(current_plan), _language(name)
    values = _values(plan.shop, language, name)
    return _form(Asked(values, values), plan.shop, language, name)


def change_letter_words(name: str) -> Answer:
    """Change the words of one letter, or show how it would look with them."""
    language = _language(name)
    asked = save(partial(_changed, language, name, posted_values(NAMES), posted(WAS)))
    if asked.is_saved:
        return redirect(url_for(".letter_words", name=name, language=language, saved="yes"), 303)
    shop = _with(asked.before.shop, language, name, asked.values) if asked.before else None
    status = 200 if _is_preview() and not asked.errors else asked.status
    return _form(asked, shop or read(current_plan).shop, language, name), status


def _is_preview() -> bool:
    return posted("do") == "preview"


def _changed(
    language: str, name: str, values: Values, was: str, session: Session, plan: BusinessPlan
) -> Asked:
    stored = _values(plan.shop, language, name)
    merged = merge(values, was, stored)
    if merged.changed or merged.taken_over:
        return Asked(merged.values, stored, {}, merged.changed, merged.taken_over)
    filled = {part: text for part, text in values.items() if text.strip()}
    _words, problems = read_part(filled, read_letter)
    errors = by_name(problems)
    shop = _with(plan.shop, language, name, values)
    errors |= {} if errors else _wrong(session, shop, language, name)
    after = None if errors or _is_preview() else with_shop(plan, shop)
    return Asked(values, stored, errors, after=after)


def _wrong(session: Session, shop: ShopPlan, language: str, name: str) -> dict[str, str]:
    """What is wrong with these words, tried in the letter as before a file is loaded."""
    only = {language: {name: shop.mail.get("texts", {}).get(language, {}).get(name, {})}}
    tried = replace(shop, mail={**shop.mail, "texts": only})
    found = wrong_texts(_row(tried), _offers(session), now=utc_now())
    return {part: f"{said[:1].upper()}{said[1:]}." for (*_where, part), said in found}


def _with(shop: ShopPlan, language: str, name: str, values: Mapping[str, str]) -> ShopPlan:
    texts: dict[str, Any] = {**shop.mail.get("texts", {})}
    filled = {part: values[part].strip() for part in NAMES if values[part].strip()}
    letters = {**texts.get(language, {}), name: filled}
    texts[language] = {each: words for each, words in letters.items() if words}
    texts = {each: words for each, words in texts.items() if words}
    mail = {key: value for key, value in shop.mail.items() if key != "texts"}
    return replace(shop, mail=mail | ({"texts": texts} if texts else {}))


def _values(shop: ShopPlan, language: str, name: str) -> Values:
    words = shop.mail.get("texts", {}).get(language, {}).get(name, {})
    return {part: words.get(part, "") for part in NAMES}


def _form(asked: Asked, shop: ShopPlan, language: str, name: str) -> str:
    shown = [
        Field("subject", _("Subject"), help=_("Empty: ours.")),
        Field("text", _("Text"), "textarea", help=_("Empty: ours.")),
    ]
    return render_page(
        "letter_text",
        heading=_("Words of the letter “%(name)s”", name=name_of(_role_and_kind(name)[1])),
        whose_words=_whose_words(shop, name),
        letter_name=name,
        filled_in=" ".join(f"{{{each}}}" for each in FILLED_IN),
        asked_language=language,
        languages=load_languages().values(),
        fields=filled_in(shown, asked.values, asked.errors, asked.changed),
        errors=asked.errors,
        alerts=conflict(asked, {one.name: one.label for one in shown}),
        was=marks_of(asked.stored),
        preview=None if asked.errors else read(partial(_preview, shop, language, name)),
        notices=[_("It is saved.")] if asked_word("saved") else [],
    )


def _preview(shop: ShopPlan, language: str, name: str, session: Session) -> Preview:
    offer = _offers(session)[0]
    with speaking(nearest(language)):
        made = sample(_row(shop), offer, name, now=utc_now(), language=language)
        message = made.message()
    body = message.get_body(("plain",))
    return Preview(str(message["Subject"]), str(body.get_content()) if body else "")


def _offers(session: Session) -> list[Offer]:
    catalogue = read_catalogue(session)
    somebody = StaffMember(name="Ana")
    return [
        Offer(each, (catalogue.offering(each.id) or [somebody])[0] if each.id else somebody)
        for each in telling(catalogue.services)
    ]


def _row(shop: ShopPlan) -> Shop:
    return Shop(**{**vars(shop), "name": shop.name or _("Your shop")})


def _language(name: str) -> str:
    if name not in LETTERS:
        abort(404)
    asked = asked_word("language")
    return asked if asked in load_languages() else nearest(read(current_plan).shop.language).tag


ROUTES = (
    desk_route("/settings/texts", all_words, roles=(OWNER,)),
    desk_route("/settings/texts/<name>", letter_words, roles=(OWNER,)),
    desk_route("/settings/texts/<name>", change_letter_words, roles=(OWNER,), methods=("POST",)),
)
