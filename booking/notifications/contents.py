"""What stands in a letter about one booking, as data that the templates only lay out.

The appointment is told as it was when the letter was written down, from its facts: it may be
another one by now. What a customer typed is quoted, and goes to the shop and its staff; into a
letter to the customer's address, which anybody may have typed, goes nothing but the name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from booking.i18n import formats, gettext_noop, ngettext
from booking.i18n import gettext as _
from booking.storage.models import Booking, Shop
from booking.storage.outbox import (
    ABOUT_A_MOVE,
    ADDRESS_CHANGED,
    CONFIRM_ADDRESS,
    LOST_LINK,
    MOVE_AWAITING_APPROVAL,
    MOVE_TO_DECIDE,
    Letter,
)

from . import move_words, words
from .changing import Changing
from .places import joined, own_place_in_words, place_in_words, place_of
from .quoting import ANSWER, NAME, NOTE, one_line, quotable
from .when import Clocks, When, clocks, instant, moment, shop_clock, when
from .words import Words

ENDED = ("cancelled", "declined", "not_confirmed")
LINKS = {
    **dict.fromkeys(ENDED, gettext_noop("See it, or book again")),
    "please_confirm": gettext_noop("Confirm the appointment"),
    CONFIRM_ADDRESS: gettext_noop("Confirm this address"),
    "awaiting_approval": gettext_noop("See or cancel it"),
    "to_decide": gettext_noop("Confirm or decline it"),
    MOVE_AWAITING_APPROVAL: gettext_noop("See it, or take it back"),
    MOVE_TO_DECIDE: gettext_noop("Move it, or leave it where it is"),
}
"""What stands on the button that leads to the letter's link, where it is not the usual."""
MOST_ANSWERS, MOST_ENTRIES = 30, 30
"""Mail programs cut what is longer than about 100 kB."""


class Row(NamedTuple):
    """One line about an appointment; `url` is where it leads, empty for nowhere."""

    label: str
    value: str
    url: str = ""


class Entry(NamedTuple):
    """One appointment in a list of several."""

    time: str
    what: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Content:
    """All that a letter says; `name` is the one by which a shop knows it, and its templates."""

    name: str
    words: Words
    shop: Shop
    when: When | None = None
    is_over: bool = False
    rows: tuple[Row, ...] = ()
    entries: tuple[Entry, ...] = ()
    link: str = ""
    link_label: str = ""
    notes: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    address: str = ""
    closing: str = ""


def of_booking(
    letter: Letter,
    booking: Booking,
    shop: Shop,
    link: str,
    now: datetime,
    *,
    is_invited: bool = False,
    is_movable: bool = True,
) -> Content:
    """Return what this letter says of this booking; `link` is its manage link, or empty.

    `is_invited`: an invitation comes with it, which a calendar can decline. `is_movable`: its
    customer may move it by the link, as long as it is not too late.
    """
    to_customer = letter.role == "customer"
    facts = _as_told(letter)
    of = _clocks(shop, booking if to_customer else None, is_online=facts["is_online"])
    shown = when(instant(facts["start"]), instant(facts["end"]), of)
    content = Content(
        name=letter.kind if to_customer else f"{letter.role}_{letter.kind}",
        words=Words("", ""),
        shop=shop,
        when=shown,
        is_over=letter.kind in ENDED,
    )
    # Whoever has the earlier address is not to have the key any more.
    is_told_link = to_customer and letter.kind != ADDRESS_CHANGED
    is_told_link |= letter.kind in ("to_decide", MOVE_TO_DECIDE)
    given = values_of(facts, shown, shop, booking.reference, link if is_told_link else "")
    if until := facts.get("until"):
        given["until"] = moment(instant(until), of)
    if asked := facts.get("asked"):
        given["asked"] = moment(instant(asked["start"]), of)
    if to_customer:
        changing = Changing.of(letter, booking, shop, now, is_movable=is_movable)
        content = _to_customer(content, letter, booking, facts, given, changing)
        if is_invited and content.link:
            declining = _("Declining in your calendar does not cancel: use this link.")
            content = replace(content, notes=(*content.notes, declining))
    else:
        content = _to_staff_or_shop(content, letter, booking, facts, given)
    return replace(content, words=words.own_words(shop, content.name, content.words, given))


def _as_told(letter: Letter) -> dict[str, Any]:
    """The facts as this recipient sees them: who lost it to a colleague, lost it as it was."""
    facts = dict(letter.facts)
    if letter.kind == "cancelled" and (before := facts.get("before")):
        facts |= before
    return facts


def _clocks(shop: Shop, booking: Booking | None, *, is_online: bool) -> Clocks:
    if booking is None:
        return Clocks(shop_clock(shop))
    return clocks(shop, booking.customer_zone, is_online=is_online)


def values_of(
    facts: Mapping[str, Any], shown: When, shop: Shop, reference: str, link: str
) -> dict[str, str]:
    """Return what a shop's own text may name, and our own does."""
    return {
        "service": one_line(facts["service"], 80),
        "staff": one_line(facts["staff"], 80),
        "when": shown.start,
        "place": place_in_words(facts["place"], shop, is_online=facts["is_online"]),
        "price": one_line(facts["price"]),
        "shop": one_line(shop.name, 80),
        "link": link,
        "reference": reference,
    }


# -- to the customer -------------------------------------------------------------------------------


def _to_customer(
    content: Content,
    letter: Letter,
    booking: Booking,
    facts: Mapping[str, Any],
    given: Mapping[str, str],
    changing: Changing,
) -> Content:
    by_owner = facts["by"] == "owner"
    before = facts.get("before") or {}
    if letter.kind in ABOUT_A_MOVE:
        told = move_words.of_a_move(letter.kind, given, role="customer")
    else:
        is_other_time = before.get("start") != facts["start"]
        told = words.customers(letter.kind, given, by_owner=by_owner, is_other_time=is_other_time)
    if facts.get("was_asked_for"):
        told = move_words.of_a_given_move(told, given, role="customer")
    of = _clocks(content.shop, booking, is_online=facts["is_online"])
    reason = why(facts) if by_owner else []
    rows = [
        *reason,
        *appointment_rows(facts, given, of, is_over=content.is_over),
        _reference(given),
    ]
    is_reader = letter.kind != ADDRESS_CHANGED  # else by now somebody else may come
    if is_reader and (name := quotable(booking.customer_name, NAME)):
        rows.append(_quoted(_("Name"), name))
    link = given["link"]
    can_change = link and letter.kind not in LINKS
    notes = (changing.until_when(of),) if can_change else ()
    return replace(
        content,
        words=told,
        rows=tuple(rows),
        link=link,
        link_label=_(LINKS.get(letter.kind) or changing.label),
        notes=notes,
        contact=contact_lines(content.shop),
        address=one_line(content.shop.email),
        closing=_(
            "This address was given for an appointment at %(shop)s. If it was not you, there is "
            "nothing you need to do.",
            **given,
        )
        if is_reader
        else "",
    )


def contact_lines(shop: Shop) -> tuple[str, ...]:
    """Return where the shop is, and its phone."""
    return tuple(filter(None, [joined(shop.address), one_line(shop.phone)]))


def appointment_rows(
    facts: Mapping[str, Any], given: Mapping[str, str], of: Clocks, *, is_over: bool
) -> Iterator[Row]:
    """Yield what, with whom, where, and for how much; of what is over only the first two."""
    if not is_over and (before := facts.get("before")):
        yield Row(_("Before"), _where_else(before, of, given["staff"]))
    if asked := facts.get("asked"):
        yield Row(_("Asked for"), _where_else(asked, of, given["staff"]))
    yield Row(_("What"), given["service"])
    yield Row(_("With"), given["staff"])
    if is_over:
        return
    if place := given["place"]:
        yield Row(_("Where"), place, place if place.startswith(("https://", "http://")) else "")
    if given["price"]:
        yield Row(_("Price"), given["price"])


def _where_else(other: Mapping[str, str], of: Clocks, staff: str) -> str:
    """A time beside the letter's own, and with whom, where that is another than `staff`."""
    then = when(instant(other["start"]), instant(other["end"]), of).line
    if other["staff"] == staff:
        return then
    return _("%(when)s, with %(staff)s", when=then, staff=one_line(other["staff"], 80))


def _reference(given: Mapping[str, str]) -> Row:
    return Row(_("Reference"), given["reference"])


def _quoted(label: str, said: str) -> Row:
    return Row(label, _("“%(words)s”", words=said))


# -- lost links ------------------------------------------------------------------------------------


def of_lost_links(links: Sequence[tuple[Booking, str]], shop: Shop, *, is_all: bool) -> Content:
    """Return what the letter says that has links again: of these bookings, each with its link.

    Nothing that was typed is in it, for it goes to whoever has the address. `is_all`: there are no
    more bookings than these.
    """
    given = {"shop": one_line(shop.name, 80)}
    told = words.own_words(shop, LOST_LINK, words.lost_links(**given), given)
    more = _("There are more. Please get in touch with us about those.")
    return Content(
        name=LOST_LINK,
        words=told,
        shop=shop,
        entries=tuple(_with_link(booking, link, shop) for booking, link in links),
        notes=() if is_all else (more,),
        contact=contact_lines(shop),
        address=one_line(shop.email),
        closing=_("Somebody asked for these links. Nobody but you was sent them."),
    )


def _with_link(booking: Booking, link: str, shop: Shop) -> Entry:
    service = booking.service
    place = place_of(service, shop)
    of = _clocks(shop, booking, is_online=service.is_online)
    waits = [Row(_("State"), _("Not booked yet"))] if booking.state == "pending" else []
    return Entry(
        time=when(booking.starts_at, booking.ends_at, of).line,
        what=one_line(service.name, 80),
        rows=(
            *waits,
            Row(_("With"), one_line(booking.staff_member.name, 80)),
            Row(_("Where"), place, place if place.startswith(("https://", "http://")) else ""),
            Row(_("Link"), link, link),
        ),
    )


# -- tomorrow's list -------------------------------------------------------------------------------


def of_tomorrow(letter: Letter, bookings: Sequence[Booking], shop: Shop) -> Content:
    """Return what the list of somebody's next day says, of these bookings in their order."""
    own = Clocks(shop_clock(shop))
    day = formats.format_day(date.fromisoformat(letter.facts["day"]))
    told = words.tomorrow(day, len(bookings))
    more = len(bookings) - MOST_ENTRIES
    rest = ngettext("And %(number)s more.", "And %(number)s more.", more) if more > 0 else ""
    content = Content(
        name="staff_tomorrow",
        words=told,
        shop=shop,
        entries=tuple(_entry(each, own) for each in bookings[:MOST_ENTRIES]),
        notes=(rest,) if rest else (),
    )
    given = {"when": day, "shop": one_line(shop.name, 80)}
    return replace(content, words=words.own_words(shop, content.name, told, given))


def _entry(booking: Booking, own: Clocks) -> Entry:
    rows = [*customer_rows(booking, in_full=False), Row(_("Reference"), booking.reference)]
    return Entry(
        time=when(booking.starts_at, booking.ends_at, own).time,
        what=one_line(booking.service.name, 80),
        rows=tuple(rows),
    )


# -- to staff and the shop -------------------------------------------------------------------------


def _to_staff_or_shop(
    content: Content,
    letter: Letter,
    booking: Booking,
    facts: Mapping[str, Any],
    given: Mapping[str, str],
) -> Content:
    to_staff, by_owner = letter.role == "staff", facts["by"] == "owner"
    if letter.kind in ABOUT_A_MOVE:
        told = move_words.of_a_move(letter.kind, given, role=letter.role)
    else:
        told = words.staff_or_shop(
            letter.kind, given, to_staff=to_staff, by_owner=by_owner, way=_way(facts)
        )
    if facts.get("was_asked_for"):
        told = move_words.of_a_given_move(told, given, role=letter.role)
    of = _clocks(content.shop, None, is_online=False)
    # They know where the shop is.
    place = own_place_in_words(facts["place"], is_online=facts["is_online"])
    given = {**given, "place": place}
    rows = (
        *_now_with(letter),
        *why(facts),
        *appointment_rows(facts, given, of, is_over=content.is_over),
        *customer_rows(booking),
        _reference(given),
    )
    label = _(LINKS[letter.kind]) if given["link"] else ""
    return replace(content, words=told, rows=rows, link=given["link"], link_label=label)


def _way(facts: Mapping[str, Any]) -> str:
    """How somebody came by what is booked with them, where it is not new."""
    if facts.get("before"):
        return words.MOVED
    return words.PENDING if facts.get("was_pending") else ""


def _now_with(letter: Letter) -> list[Row]:
    """Who has it, for whoever lost it to a colleague."""
    is_lost = letter.kind == "cancelled" and letter.facts.get("before")
    return [Row(_("Now with"), one_line(letter.facts["staff"], 80))] if is_lost else []


def why(facts: Mapping[str, Any]) -> list[Row]:
    """Return why it was done: in the shop's words, or as the customer typed it."""
    said = facts["words"]
    quoted = one_line(said, NOTE) if facts["by"] == "owner" else quotable(said, NOTE)
    return [_quoted(_("Why"), quoted)] if quoted else []


def customer_rows(booking: Booking, *, in_full: bool = True) -> Iterator[Row]:
    """Yield who comes and what they wrote, quoted; in short where they are one of many."""
    answers = booking.answers[:MOST_ANSWERS] if in_full else ()
    typed = [
        (_("Customer"), booking.customer_name, NAME),
        (_("Phone"), booking.customer_phone, NAME),
        *([(_("E-mail"), booking.customer_email, ANSWER)] if in_full else ()),
        *((one_line(each["label"]), str(each["value"]), ANSWER) for each in answers),
        (_("Note"), booking.customer_note, NOTE if in_full else ANSWER),
    ]
    for label, said, most in typed:
        if shown := quotable(said, most):
            yield _quoted(label, shown)
