"""A call for a series: every so many weeks, with another time where one cannot be had."""

from typing import Any

from booking.i18n import formats, ngettext
from booking.i18n import gettext as _
from booking.operations.series import Clash, clashes_of
from booking.owner.forms import is_posted, number_in, posted
from booking.scheduling.anyway import MAY_BE_PASSED_OVER
from booking.scheduling.clock import from_minute, local_day, to_minute
from booking.scheduling.repeats import MOST_TIMES, Occurrence, Repeat, occurrences
from booking.scheduling.slots import Reason

from . import wording
from .draft import ISO, instant
from .offer import Offer

WEEKS = (1, 2, 3, 4, 6, 8)
LEFT_OUT = "none"


class NotARepeat(ValueError):
    """Raised where it cannot repeat so; it says what to write, in words."""


def asked() -> Repeat | None:
    """Return how it is to repeat, as the form says; None: not at all.

    Raises: NotARepeat.
    """
    weeks, times = posted("weeks"), posted("times").strip()
    if weeks not in map(str, WEEKS):
        return None
    number = number_in(times)
    if number is None or not 2 <= number <= MOST_TIMES:
        raise NotARepeat(_("Enter a number from 2 to %(most)s.", most=MOST_TIMES))
    return Repeat(int(weeks), number)


def first_dates(offer: Offer, repeat: Repeat) -> list[Occurrence]:
    """Return the dates of a series that begins with the chosen time, by the shop's clock."""
    start = offer.call.instant
    return occurrences(to_minute(start), repeat, offer.zone) if start else []


def chosen_dates(offer: Offer) -> list[Occurrence]:
    """Return the dates that the form names: each at its time, at another one, or left out.

    What can be had because something is passed over openly stays at its time.
    """
    starts, keeps = [], is_posted("all_anyway")
    lost = {each.day for each in clashes(offer, offer.call.wanted)} if keeps else set()
    for place, each in enumerate(offer.call.wanted):
        if keeps and each.day not in lost:
            starts.append(each)
            continue
        written = posted(f"at_{place}")
        found = instant(written)
        if written == LEFT_OUT:
            continue
        starts.append(each if found is None else _on(found, offer))
    return starts


def _on(found: Any, offer: Offer) -> Occurrence:
    minute = to_minute(found)
    return Occurrence(local_day(minute, offer.zone), minute)


def clashes(offer: Offer, wanted: list[Occurrence]) -> list[Clash]:
    """Return which of these dates cannot be had, and what is free near them."""
    if offer.service is None or offer.member is None:
        return []
    return clashes_of(
        offer.session,
        offer.service,
        offer.member,
        wanted,
        now=offer.now,
        anyway=offer.call.passes_over,
        own=offer.own,
    )


def _left(clash: Clash, offer: Offer) -> list[Reason]:
    """What speaks against it and was not passed over."""
    return [each for each in clash.against if each not in offer.call.passes_over]


def screen(offer: Offer, **_more: Any) -> dict[str, Any]:
    """Return what the screen of the dates says: all of them, and what else is free near a clash."""
    wanted = offer.call.wanted
    lost = {(each.day, each.start): each for each in clashes(offer, wanted)}
    lines = []
    for place, each in enumerate(wanted):
        start = None if each.start is None else from_minute(each.start)
        clash = lost.get((each.day, start))
        lines.append(
            {
                "field": f"at_{place}",
                "value": start.strftime(ISO) if start else "",
                "words": formats.format_moment(start, offer.zone)
                if start
                else formats.format_day(each.day),
                "why": " ".join(wording.why(_left(clash, offer))) if clash else "",
                "is_lost": clash is not None,
                "nearest": [
                    {"value": near.strftime(ISO), "words": formats.format_moment(near, offer.zone)}
                    for near in (clash.nearest if clash else ())
                ],
            }
        )
    free = len(wanted) - len(lost)
    # Of what is taken another time is chosen; only the shop's own rules can be passed over.
    rules = {why for each in lost.values() for why in _left(each, offer)}
    passable = MAY_BE_PASSED_OVER & rules
    return {
        "heading": _("Which dates?"),
        "lines": lines,
        "summary": ngettext(
            "%(number)s date can be had as it is.", "%(number)s dates can be had as they are.", free
        ),
        "left_out": LEFT_OUT,
        "against": sorted(each.value for each in passable),
        "reasons": [_(wording.REASONS[each]) for each in sorted(passable)],
    }
