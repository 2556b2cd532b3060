"""The screens as fragments: each says what was answered before, and asks one thing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import url_for

from booking.contact import forms
from booking.i18n import formats, load_languages, ngettext
from booking.i18n import gettext as _
from booking.owner.rendering import render_fragment
from booking.scheduling.anyway import MAY_BE_PASSED_OVER
from booking.scheduling.slots import Reason
from booking.state import current_sidebook
from booking.storage.models import Hold, Service
from booking.storage.reads import FreeSlot, hold_of
from booking.tab_sessions import TabSession

from . import addresses, repeating, wording
from .draft import ANY, ISO, Call
from .offer import Offer

SERVICE, TIME, CUSTOMER, DATES = "service", "time", "customer", "dates"


def offer_of(tab: TabSession[Any], call: Call) -> Offer:
    """Return the shop as it is for this tab."""
    return Offer(tab.session, call, now=tab.now, own=hold_of(tab.session, tab.key))


def show(tab: TabSession[Any], wanted: str = "", call: Call | None = None, **more: Any) -> str:
    """Return the screen that is wanted, or the one that is open; `call`: as it is not stored yet.

    `more` is what the screen is to say: `alerts`, `errors`, `against`.
    """
    call = call or Call.of(tab.data)
    offer = offer_of(tab, call)
    screen = _reached(offer, wanted)
    context = SCREENS[screen](offer, **more)
    errors = more.get("errors") or {}
    shared = {
        "alerts": list(more.get("alerts", ())),
        "errors": errors,
        "call": call,
        "screen": screen,
        "urls": _urls(),
        "last": _last(call),
        "is_begun": bool(call.service or call.typed),
    }
    return render_fragment(f"_new_{screen}", **shared | context)


def _reached(offer: Offer, wanted: str) -> str:
    """The screen that is wanted, unless something before it is open."""
    if offer.service is None or not offer.people or wanted == SERVICE:
        return SERVICE
    if offer.call.instant is None or offer.member is None or wanted == TIME:
        return TIME
    return DATES if offer.call.dates and wanted != CUSTOMER else CUSTOMER


def _urls() -> dict[str, str]:
    names = ("page", "screen", "service", "day", "time", "customer", "dates", "known", "over")
    return {name: getattr(addresses, name)() for name in names}


def _last(call: Call) -> dict[str, str] | None:
    if not call.done:
        return None
    return {"reference": call.done, "url": url_for(".booking", reference=call.done)}


def _service(offer: Offer, **_more: Any) -> dict[str, Any]:
    chosen = offer.call.service
    everyone = [(ANY, _("Anyone")), *((each.slug, each.name) for each in offer.everybody)]
    choices = everyone if len(everyone) > 2 else everyone[1:]
    return {
        "heading": _("New appointment"),
        "services": [
            {
                "slug": each.slug,
                "name": each.name,
                "more": _told(each),
                "chosen": each.slug == chosen,
            }
            for each in offer.services
        ],
        "people": [
            {"slug": slug, "name": name, "chosen": slug == offer.call.staff}
            for slug, name in choices
        ],
    }


def _told(service: Service) -> str:
    length = formats.format_duration(service.duration)
    return (
        _("%(length)s, %(price)s", length=length, price=service.price) if service.price else length
    )


def _time(offer: Offer, *, against: Sequence[Reason] = (), **_more: Any) -> dict[str, Any]:
    service, call = offer.service, offer.call
    if service is None:
        raise LookupError("no service is chosen")
    diary, day, zone = offer.diary(service), offer.day, offer.zone
    slots = diary.days(day, day, zone)[day].slots
    wanted = call.instant or offer.at_clock(call.time)
    next_free = None if slots else diary.next_free_day(day, zone)
    whom = ANY if call.staff in ("", ANY) else call.staff
    offering = offer.offering(service)
    people = [(each.slug, each.name) for each in offering]
    people = [*people, (ANY, _("Anyone"))] if len(offering) > 1 else people
    return {
        "heading": _("%(service)s: when?", service=service.name),
        "why_url": url_for(".availability", day=day, service=service.slug),
        "day": {"iso": day.isoformat(), "words": formats.format_day(day)},
        "earlier": (day - timedelta(days=1)).isoformat(),
        "later": (day + timedelta(days=1)).isoformat(),
        "next_free": next_free
        and {"iso": next_free.isoformat(), "words": formats.format_day(next_free)},
        "people": [{"slug": slug, "name": name, "chosen": slug == whom} for slug, name in people],
        "slots": [_slot(each, offer, wanted) for each in slots],
        "clock": call.time,
        "is_offered": wanted in {each.start for each in slots},
        "reasons": [_(wording.REASONS[each]) for each in against],
        "against": [each.value for each in against],
        "may_anyway": bool(against)
        and MAY_BE_PASSED_OVER.issuperset(against)
        and len(offer.people) == 1,
        "needs_person": bool(against)
        and MAY_BE_PASSED_OVER.issuperset(against)
        and len(offer.people) > 1,
    }


def _slot(slot: FreeSlot, offer: Offer, wanted: object) -> dict[str, Any]:
    return {
        "value": slot.start.strftime(ISO),
        "time": formats.format_time(slot.start, offer.zone),
        "chosen": slot.start == wanted,
    }


def _customer(offer: Offer, **_more: Any) -> dict[str, Any]:
    call, service, start = offer.call, offer.service, offer.call.instant
    if service is None or start is None or offer.member is None:
        raise LookupError("no time is chosen")
    errors: Mapping[str, str] = _more.get("errors") or {}
    typed = [
        each._replace(value=call.typed.get(each.name, ""), error=errors.get(each.name))
        for each in fields_of(service)
    ]
    sidebook, until = current_sidebook(), _held_until(offer.own, offer)
    return {
        "heading": _("Who comes?"),
        "what": _("%(service)s with %(staff)s", service=service.name, staff=offer.member.name),
        "span": formats.format_span(start, start + timedelta(minutes=service.duration), offer.zone),
        "until": until,
        "passed_over": [_(wording.REASONS[each]) for each in sorted(call.passes_over)],
        "fields": typed,
        "repeats": _repeats(call),
        "times": call.typed.get("times", ""),
        "languages": _languages(call),
        "mail": sidebook.outbox.mail,
        "silent": call.typed.get("without_letter", ""),
    }


def fields_of(service: Service) -> list[forms.FieldSpec]:
    """Return all that the wizard asks; but at the desk only a name has to be there."""
    name, *others = forms.field_specs(service.questions)
    named = name._replace(missing=_("Enter a name."))
    return [each._replace(required=each is named, autocomplete="off") for each in (named, *others)]


def _held_until(own: Hold | None, offer: Offer) -> str:
    if own is None or own.is_over(offer.now):
        return ""
    return formats.format_time(own.expires, offer.zone)


def _languages(call: Call) -> list[dict[str, Any]]:
    known = load_languages()
    if len(known) < 2:
        return []
    return [
        {"tag": tag, "name": each.name, "chosen": tag == call.language}
        for tag, each in sorted(known.items())
    ]


def _repeats(call: Call) -> list[dict[str, Any]]:
    every = [("", _("Does not repeat"))]
    for weeks in repeating.WEEKS:
        words = ngettext("Every week", "Every %(number)s weeks", weeks)
        every.append((str(weeks), words))
    chosen = call.typed.get("weeks", "")
    return [{"value": each, "words": words, "chosen": each == chosen} for each, words in every]


SCREENS: Mapping[str, Callable[..., dict[str, Any]]] = {
    SERVICE: _service,
    TIME: _time,
    CUSTOMER: _customer,
    DATES: repeating.screen,
}
