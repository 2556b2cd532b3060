"""Take the answers of a call. Each tab has its own: two callers on two lines never mix."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Response, make_response, request, url_for

from booking.contact import forms
from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations import holds
from booking.operations.bookings import Customer, book
from booking.operations.requests import SlotUnavailable
from booking.operations.series import SeriesClashes, book_series
from booking.owner.access import EVERYBODY, current_person
from booking.owner.desk_route import desk_route
from booking.owner.forms import is_posted, posted, posted_each
from booking.owner.rendering import render_page
from booking.scheduling.clock import from_minute
from booking.scheduling.slots import Reason
from booking.state import current_sidebook
from booking.storage.models import Booking, Hold, Service, StaffMember
from booking.storage.reads import shop_zone
from booking.tab_sessions import DeferredResponse, TabSession
from booking.web.rendering import get_shop, phone_region

from . import addresses, draft, known, repeating
from .draft import ANY, Call
from .offer import Offer
from .screens import CUSTOMER, DATES, SERVICE, TIME, fields_of, offer_of, show
from .wording import REASONS

Tab = TabSession[Any]
ASKED = ("day", "time", "staff", "service")
"""What the agenda says of the place where somebody pressed, and a link of the one that comes."""
SOME_LOST = gettext_noop("Not all of them can be had, so none is booked. Choose for each.")
LOST = gettext_noop("The time is no longer free. Choose another one; what you typed is kept.")


def new_booking() -> str:
    """Show the page; the tab's own screen comes by the script, with what the link says."""
    asked = {name: request.args[name][:40] for name in ASKED if name in request.args}
    query = f"?{urlencode(asked)}" if asked else ""
    return render_page(
        "new_booking",
        heading=_("New appointment"),
        prefix=addresses.page(),
        screen_url=f"{addresses.screen()}{query}",
    )


def screen(tab: Tab) -> str:
    """Show the screen that is open, or an earlier one; a link's day, time and person are filled in.

    A time that this tab holds for its call stays as it is.
    """
    call, wanted = Call.of(tab.data), request.args.get("screen", "")
    if not call.start:
        call.day, call.time = request.args.get("day", call.day), request.args.get("time", call.time)
        call.staff = request.args.get("staff", call.staff)
    return show(tab, wanted, call)


def choose_service(tab: Tab) -> DeferredResponse:
    """Take service and person, and what a link said of the time; let go of what else was held."""
    call = Call.of(tab.data)
    before = call.service, call.staff
    call.service, call.staff = posted("service"), posted("staff") or ANY
    call.day, call.time = posted("day") or call.day, posted("time") or call.time
    offer = offer_of(tab, call)
    if offer.service is None:
        return _again(tab, SERVICE, call, 422, errors={"service": _("Choose a service.")})
    if not offer.people:
        errors = {"staff": _("This person does not offer it. Choose another one, or Anyone.")}
        return _again(tab, SERVICE, call, 422, errors=errors)
    if before != (call.service, call.staff):
        holds.release(tab.session, _key(tab))
        call.forget_time()
    call.store(tab.data)
    return tab.render_after_commit(show, TIME)


def choose_day(tab: Tab) -> DeferredResponse:
    """Look at another day, or at the times of another person."""
    call = Call.of(tab.data)
    day = posted("turn") or posted("day")
    if draft.day(day) is None:
        return _again(tab, TIME, call, 422, errors={"day": _("Enter a day.")})
    call.day, call.staff = day, posted("staff") or call.staff
    call.store(tab.data)
    return tab.render_after_commit(show, TIME)


def choose_time(tab: Tab) -> DeferredResponse:
    """Hold the time while the caller talks; one that is not offered only if it is said openly."""
    call = Call.of(tab.data)
    call.time = posted("clock")
    offer = offer_of(tab, call)
    start = offer.at_clock(call.time) if call.time else draft.instant(posted("slot"))
    if offer.service is None:
        return tab.render_after_commit(show, SERVICE, status=409)
    if start is None:
        field = "clock" if call.time else "slot"
        return _again(tab, TIME, call, 422, errors={field: _("Choose a time.")})
    anyway = draft.reasons(posted_each("anyway")) if is_posted("hold_anyway") else frozenset()
    try:
        held = _hold(tab, offer.service, offer.people, start, anyway)
    except SlotUnavailable as lost:
        alerts = [_(REASONS[lost.reason])]
        return _again(tab, TIME, call, 409, alerts=alerts, against=lost.against)
    call.dates = []
    call.start, call.anyway = start.strftime(draft.ISO), sorted(each.value for each in anyway)
    call.member = next(each.slug for each in offer.people if each.id == held.staff_member_id)
    call.store(tab.data)
    return tab.render_after_commit(show, CUSTOMER)


def _hold(
    tab: Tab,
    service: Service,
    people: Sequence[StaffMember],
    start: datetime,
    anyway: Collection[Reason],
) -> Hold:
    settings = current_sidebook().settings
    return holds.hold(
        tab.session,
        tab_key=_key(tab),
        service=service,
        staff=people,
        start=start,
        now=tab.now,
        minutes=settings.hold_minutes,
        extensions=settings.hold_extensions,
        by="owner",
        anyway=anyway,
    )


def say_customer(tab: Tab) -> DeferredResponse:
    """Book it for whoever was typed, or fill in a customer who was found.

    On the way back to the time what was typed is kept as it is: nothing of it is judged yet.
    """
    call = Call.of(tab.data)
    if posted("call") != str(call.number) and call.done:
        return tab.render_after_commit(_lead_to, call.done)  # the answer was lost, not the booking
    call.typed, call.language = _typed(), posted("language")[:35]
    if posted("to") == TIME:
        call.store(tab.data)
        return tab.render_after_commit(show, TIME)
    wanted = _wanted(offer_of(tab, call))
    if wanted is None:
        return _again(tab, "", call, 409, alerts=[_(LOST)])
    if chosen := posted("known"):
        return _fill_in(tab, call, chosen)
    return _judged(tab, call, wanted)


def _judged(tab: Tab, call: Call, wanted: "Wanted") -> DeferredResponse:
    """Book it, or all of a series, where what was typed needs no mending."""
    call.dates = []
    form, errors, repeat = _form(tab, call, wanted), {}, None
    if not form.validate():
        errors = forms.first_messages(form)
    try:
        repeat = repeating.asked()
    except repeating.NotARepeat as wrong:
        errors["times"] = str(wrong)
    if errors:
        return _again(tab, CUSTOMER, call, 422, errors=errors)
    if repeat is None:
        return _book(tab, call, wanted, form.data)
    offer = offer_of(tab, call)
    call.want(repeating.first_dates(offer, repeat))
    if repeating.clashes(offer, call.wanted):
        return _again(tab, DATES, call, 200)
    return _book_all(tab, call, wanted, form.data)


def choose_dates(tab: Tab) -> DeferredResponse:
    """Book all of the dates that were chosen, or none and say which are taken by now."""
    call = Call.of(tab.data)
    if posted("call") != str(call.number) and call.done:
        return tab.render_after_commit(_lead_to, call.done)
    offer = offer_of(tab, call)
    wanted = _wanted(offer)
    if wanted is None or not call.dates:
        return tab.render_after_commit(show, status=409, alerts=[_(LOST)])
    if is_posted("all_anyway"):
        more = draft.reasons(posted_each("anyway"))
        call.anyway = sorted({*call.anyway, *(each.value for each in more)})
    chosen = repeating.chosen_dates(offer)
    if not any(each.start for each in chosen):
        return _again(tab, DATES, call, 422, alerts=[_("Choose at least one date.")])
    call.want(chosen)
    form = _form(tab, call, wanted)
    if not form.validate():
        return _again(tab, CUSTOMER, call, 422, errors=forms.first_messages(form))
    return _book_all(tab, call, wanted, form.data)


def _form(tab: Tab, call: Call, wanted: "Wanted") -> Any:
    region = phone_region(get_shop(tab.session))
    return forms.details_form(fields_of(wanted.service), call.typed, region, {})


class Wanted(NamedTuple):
    """What the call came to."""

    service: Service
    member: StaffMember
    start: datetime


def _wanted(offer: Offer) -> Wanted | None:
    """What is to be booked, as the shop is now; None where something of it is open (again)."""
    service, member, start = offer.service, offer.member, offer.call.instant
    if service is None or member is None or start is None:
        return None
    return Wanted(service, member, start)


def _book(tab: Tab, call: Call, wanted: Wanted, said: Mapping[str, str]) -> DeferredResponse:
    try:
        made = _made(tab, call, wanted, said)
    except SlotUnavailable as lost:
        call.look_at(wanted.start, shop_zone(tab.session))
        alerts = [_(REASONS[lost.reason]), _(LOST)]
        return _again(tab, TIME, call, 409, alerts=alerts, against=lost.against)
    call.over(made.reference).store(tab.data)
    return tab.render_after_commit(_lead_to, made.reference)


def _book_all(tab: Tab, call: Call, wanted: Wanted, said: Mapping[str, str]) -> DeferredResponse:
    if any(each.start is None for each in call.wanted):
        return _again(tab, DATES, call, 409, alerts=[_(SOME_LOST)])
    sidebook, tab_key = current_sidebook(), _key(tab)
    silent = bool(call.typed.get("without_letter"))
    try:
        first, *_others = book_series(
            tab.session,
            tab_key=tab_key,
            idempotency_key=call.key(tab_key),
            starts=[from_minute(each.start) for each in call.wanted if each.start is not None],
            service=wanted.service,
            member=wanted.member,
            customer=_who(call, said),
            answers=_answers(wanted.service, said),
            new_link=sidebook.links.new,
            now=tab.now,
            actor=current_person().name,
            anyway=call.passes_over,
            outbox=sidebook.desk_outbox.silenced(silent=silent),
        )
    except SeriesClashes:
        return _again(tab, DATES, call, 409, alerts=[_(SOME_LOST)])
    call.over(first.reference).store(tab.data)
    return tab.render_after_commit(_lead_to, first.reference)


def _who(call: Call, said: Mapping[str, str]) -> Customer:
    return Customer(**{name: said[name] for name in forms.CONTACT}, language=call.language)


def _made(tab: Tab, call: Call, wanted: Wanted, said: Mapping[str, str]) -> Booking:
    sidebook, tab_key = current_sidebook(), _key(tab)
    link = sidebook.links.new()
    return book(
        tab.session,
        tab_key=tab_key,
        idempotency_key=call.key(tab_key),
        fingerprint="",
        service=wanted.service,
        staff=[wanted.member],
        start=wanted.start,
        customer=_who(call, said),
        answers=_answers(wanted.service, said),
        manage_token_hash=link.token_hash,
        link_number=link.number,
        now=tab.now,
        by="owner",
        actor=current_person().name,
        anyway=call.passes_over,
        outbox=sidebook.desk_outbox.silenced(silent=is_posted("without_letter")),
    )


def _answers(service: Service, said: Mapping[str, str]) -> list[dict[str, Any]]:
    asked = [(each, said[forms.field_name(each.key)]) for each in service.questions]
    return [
        {"key": each.key, "label": each.label, "value": forms.shown_answer(each, value)}
        for each, value in asked
        if value
    ]


def _fill_in(tab: Tab, call: Call, reference: str) -> DeferredResponse:
    """Fill in who they are; what was typed of this appointment stays."""
    booking = known.booking_of(tab.session, reference)
    if booking is not None:
        whose = {"name", "email", "phone"}
        call.typed |= {name: getattr(booking, f"customer_{name}") for name in whose}
        call.language = booking.language
    call.store(tab.data)
    return tab.render_after_commit(show, CUSTOMER)


def end_call(tab: Tab) -> DeferredResponse:
    """End the call without a booking: the time is free again, and nothing of it is kept."""
    call = Call.of(tab.data)
    holds.release(tab.session, _key(tab))
    Call(number=call.number + 1, seed=call.seed).store(tab.data)
    return tab.render_after_commit(show, SERVICE)


def _typed() -> dict[str, str]:
    names = {"without_letter", "weeks", "times"}
    return {
        name: value
        for name, value in request.form.items()
        if forms.is_details_field(name) or name in names
    }


def _again(
    tab: Tab,
    wanted: str,
    call: Call,
    status: int,
    *,
    alerts: Sequence[str] = (),
    errors: Mapping[str, str] | None = None,
    against: Sequence[Reason] = (),
) -> DeferredResponse:
    """Show the screen again with what is to be mended. What was typed is kept, also in the tab."""
    call.store(tab.data)
    said: dict[str, Any] = {"alerts": alerts, "errors": errors, "against": against}
    return tab.render_after_commit(show, wanted, status=status, commit=True, **said)


def _lead_to(_tab: Tab, reference: str) -> Response:
    return make_response("", {"HX-Redirect": url_for(".booking", reference=reference)})


def _key(tab: Tab) -> int:
    if tab.key is None:
        raise LookupError("a tab that writes has a row")
    return tab.key


_TAB: Mapping[str, Any] = {"idempotent": True}
ROUTES = (
    desk_route(
        "/bookings/new", new_booking, roles=EVERYBODY, label=gettext_noop("New appointment")
    ),
    desk_route("/bookings/new/screen", screen, roles=EVERYBODY, tab={"allow_missing_tab": True}),
    *(
        desk_route(f"/bookings/new/{name}", view, roles=EVERYBODY, methods=("POST",), tab=_TAB)
        for name, view in (
            ("service", choose_service),
            ("day", choose_day),
            ("time", choose_time),
            ("customer", say_customer),
            ("dates", choose_dates),
            ("end", end_call),
        )
    ),
    desk_route("/bookings/new/known", known.known_customers, roles=EVERYBODY, methods=("POST",)),
)
