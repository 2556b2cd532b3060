"""What each letter says, in our words or in those the shop put in their place.

A letter has a name: a customer's is what happened, anybody else's says first who it is for
("staff_booked"). Its words are a subject, a heading and a text. A shop may write its own subject
and text, in which {service} and the like are filled in; nothing a customer typed ever is.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from booking.i18n import current_language, ngettext
from booking.i18n import gettext as _
from booking.storage.models import Shop
from booking.storage.outbox import ADDRESS_CHANGED, LOST_LINK

PLACEHOLDERS = ("service", "staff", "when", "place", "price", "shop", "link", "reference")
"""What a shop's own text may hold, each in curly brackets; the link only a customer's letter."""
_NAMED = re.compile(r"{([^{}]*)}")
_BRACKETED = re.compile(r"{[^{}]*}|{\w*|}")
PENDING, MOVED = "pending", "moved"
MOST_SUBJECT = 250
"""Characters of a subject, filled in; what is longer is cut."""


class Words(NamedTuple):
    """A letter's subject, its heading, and paragraphs in plain text."""

    subject: str
    heading: str
    paragraphs: tuple[str, ...] = ()


def check_text(name: str, text: str) -> None:
    """Refuse a shop's own text that holds what nobody fills in; `name` is the letter's.

    The subject of "booked" is named "booked.subject".

    Raises: ValueError, which names the placeholder and says what may be written.
    """
    letter, _dot, part = name.partition(".")
    allowed = _filled_in(letter, is_subject=bool(part))
    written = ", ".join(f"{{{each}}}" for each in allowed)
    for found in _BRACKETED.findall(text):
        if found[1:-1] in allowed:
            continue
        given = {"found": found, "known": written}
        if found.startswith("{") and found.endswith("}"):
            raise ValueError(_("%(found)s is not filled in here; write one of %(known)s", **given))
        raise ValueError(
            _(
                "%(found)s is half of a pair of brackets; write one of %(known)s, and round "
                "brackets where nothing is filled in",
                **given,
            )
        )


def _filled_in(letter: str, *, is_subject: bool) -> tuple[str, ...]:
    if letter == "staff_tomorrow":
        return ("when", "shop")
    if letter == LOST_LINK:  # it is about several
        return ("shop",)
    # Whoever has the address of before is not to have the key any more.
    is_linked = not letter.startswith(("staff_", "shop_")) and letter != ADDRESS_CHANGED
    is_linked &= not is_subject
    return tuple(each for each in PLACEHOLDERS if is_linked or each != "link")


def own_words(shop: Shop, name: str, words: Words, values: Mapping[str, str]) -> Words:
    """Return the words with those that the shop wrote for this letter in their place."""
    texts: Mapping[str, Any] = (shop.mail or {}).get("texts", {})
    written = texts.get(current_language().tag, {}).get(name, {})
    if subject := written.get("subject"):
        words = words._replace(subject=_filled(subject, {**values, "link": ""}))
    if text := written.get("text"):
        parts = re.split(r"\n\s*\n", text.strip())
        filled = (_filled(part, values) for part in parts)
        words = words._replace(paragraphs=tuple(part for part in filled if part.strip()))
    return words


def _filled(text: str, values: Mapping[str, str]) -> str:
    # A text that was not checked may hold anything, and stays as it is.
    return _NAMED.sub(lambda found: values.get(found[1], found[0]), text)


def tomorrow(day: str, count: int) -> Words:
    """Return what the list of somebody's next day says."""
    subject = ngettext(
        "Tomorrow, %(day)s: %(number)s appointment",
        "Tomorrow, %(day)s: %(number)s appointments",
        count,
        day=day,
    )
    return Words(subject, _("Your appointments tomorrow"))


def lost_links(shop: str) -> Words:
    """Return what the letter says that has the links of somebody's appointments again."""
    subject = _("Your appointments at %(shop)s", shop=shop)
    text = _("Each link shows an appointment. There you can also move or cancel it.")
    return Words(subject, _("Your coming appointments"), (text,))


def customers(kind: str, given: Mapping[str, str], *, by_owner: bool, is_other_time: bool) -> Words:
    """Return what a customer is told; `given` has service, when, shop and staff."""
    match kind:
        case "booked":
            subject = _("Booked: %(service)s, %(when)s", **given)
            heading, text = _("Your appointment is booked"), _("We look forward to seeing you.")
        case "moved" if is_other_time:
            subject = _("Moved: %(service)s, now %(when)s", **given)
            heading = _("Your appointment was moved")
            text = _("You gave it another time.")
            if by_owner:
                text = _(
                    "%(shop)s gave it another time. Please tell us if you cannot come.", **given
                )
        case "moved":
            subject = _("Changed: %(service)s, %(when)s", **given)
            heading = _("Your appointment is with %(staff)s now", **given)
            text = _("The time is the same.")
        case "cancelled":
            subject = _("Cancelled: %(service)s, %(when)s", **given)
            heading = _("Your appointment is cancelled")
            text = _("It was cancelled with your own link.")
            if by_owner:
                text = _("%(shop)s cancelled it.", **given)
        case "address_changed":
            subject = _("Another address: %(service)s, %(when)s", **given)
            heading = _("Your e-mail address was changed")
            text = _(
                "Another e-mail address was given for this appointment. Letters go there from now "
                "on, and the links in earlier letters do not work any more. If that was not you, "
                "please get in touch with us."
            )
        case "reminder":
            subject = _("Reminder: %(service)s, %(when)s", **given)
            heading = _("Your appointment is coming up")
            text = _("If you cannot come, please tell us in time: others may be glad of it.")
        case _:
            return _of_what_waits(kind, given)
    return Words(subject, heading, (text,))


def _of_what_waits(kind: str, given: Mapping[str, str]) -> Words:
    """What a customer is told of what is not confirmed; `given` has until when it waits, too."""
    match kind:
        case "please_confirm":
            subject = _("Please confirm: %(service)s, %(when)s", **given)
            heading = _("Not booked yet")
            text = _(
                "Confirm the appointment until %(until)s. After that the time is free for others.",
                **given,
            )
        case "confirm_address":
            subject = _("Please confirm this address: %(service)s, %(when)s", **given)
            heading = _("Is this your e-mail address?")
            text = _(
                "This address was given for an appointment at %(shop)s. Confirm it until "
                "%(until)s, and letters about the appointment come here from then on. The "
                "appointment stands either way.",
                **given,
            )
        case "awaiting_approval":
            subject = _("Not booked yet: %(service)s, %(when)s", **given)
            heading = _("Not booked yet")
            text = _(
                "%(shop)s decides about it until %(until)s, and writes to you. The time is kept "
                "for you until then.",
                **given,
            )
        case "not_confirmed":
            subject = _("Not booked: %(service)s, %(when)s", **given)
            heading = _("Your appointment was not confirmed in time")
            text = _("The time is free again. You are welcome to choose another one.")
        case "declined":
            subject = _("Not possible: %(service)s, %(when)s", **given)
            heading = _("Your appointment was declined")
            text = _("%(shop)s cannot take it. You are welcome to choose another time.", **given)
        case _:
            raise LookupError(f"there are no words for {kind}")
    return Words(subject, heading, (text,))


def staff_or_shop(
    kind: str, given: Mapping[str, str], *, to_staff: bool, by_owner: bool, way: str = ""
) -> Words:
    """Return what staff and the shop are told; `given` has service, when and staff.

    `way` says of what is booked how it came to be: it was PENDING, or MOVED from a colleague.
    """
    match kind:
        case "booked":
            subject = _("New: %(service)s, %(when)s", **given)
            mine, ours = _("A new appointment with you"), _("A new appointment")
            text = _how_booked(way, by_owner=by_owner)
        case "moved":
            subject = _("Moved: %(service)s, now %(when)s", **given)
            mine, ours = _("An appointment with you was moved"), _("An appointment was moved")
            text = _("Moved by the shop.") if by_owner else _("Moved by the customer.")
        case "to_decide":
            subject = _("Please decide: %(service)s, %(when)s", **given)
            mine = _("Not booked yet: somebody asks for an appointment with you")
            ours = _("Not booked yet: somebody asks for an appointment")
            text = _("Decide until %(until)s. After that the time is free again.", **given)
        case "not_confirmed":
            subject = _("Not confirmed: %(service)s, %(when)s", **given)
            mine = ours = _("An appointment was not confirmed in time")
            text = _("The time is free again.")
        case _:
            subject = _("Cancelled: %(service)s, %(when)s", **given)
            mine = _("An appointment with you is cancelled")
            ours = _("An appointment is cancelled")
            text = _("Cancelled by the shop.") if by_owner else _("Cancelled by the customer.")
    return Words(subject, mine if to_staff else ours, (text,))


def _how_booked(way: str, *, by_owner: bool) -> str:
    if way == MOVED:
        return _("Moved by the shop.") if by_owner else _("Moved by the customer.")
    if not by_owner:
        return _("Booked by the customer.")
    if way == PENDING:
        return _("Booked by the customer, and confirmed by the shop.")
    return _("Booked at the shop.")
