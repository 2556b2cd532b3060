"""Move an appointment to another time: the time step's calendar, and one step behind it.

Nothing is held: the new time is claimed as the old one is given up, or the old one stands. Where
the shop has to agree the new time is asked for, and both are kept until it has decided.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.customer.wizard.state import iso_day, slot_start
from booking.customer.wizard.steps.calendar import Calendar, Search
from booking.customer.wizard.texts import slot_unavailable, visitor_limit
from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations.bookings import reschedule
from booking.operations.pending_moves import ask_to_move, take_move_back
from booking.operations.requests import AppointmentCancelled, SlotUnavailable, VisitorLimit
from booking.scheduling.slots import Reason
from booking.state import current_sidebook
from booking.storage.catalogue import read_catalogue
from booking.storage.models import Booking, StaffMember
from booking.storage.reads import Diary
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.rendering import get_shop, shop_zone
from booking.web.visitor import visitor

from . import pages, presenter
from .offers import ANY, Offers

T = TypeVar("T")
MOST = 2 * 1024  # bytes: a time and what goes with it
ONCE_MORE = gettext_noop(
    "Nothing is moved yet. Please press the button once more if that is what you want."
)
STANDS = gettext_noop("Your appointment stands as it was.")


@dataclass(frozen=True)
class Look:
    """What somebody who moves an appointment looks at; `month` is its first.

    With `anyone` the times of all who offer it. `lost` is a start just refused, `chosen` one that
    is to be pressed once more.
    """

    anyone: bool = False
    day: date | None = None
    month: date | None = None
    lost: datetime | None = None
    chosen: datetime | None = None

    @classmethod
    def of(cls, sent: Mapping[str, str], **more: Any) -> "Look":
        """Return what a link or a form names."""
        day, month = iso_day(sent.get("day", "")), iso_day(sent.get("month", "") + "-01")
        return cls(sent.get("staff") == ANY, day, month, **more)


def times(token: str) -> str | Response:
    """Show the times to which it may be moved; lead to the appointment where there are none."""
    with read_transaction(current_sidebook().session) as session:
        booking = pages.booking_of(session, token)
        if not pages.offers_of(session, booking).may_move:
            return pages.lead_to(token)
        return _page(session, token, booking, Look.of(request.args))


def move(token: str) -> Response | tuple[str, int]:
    """Move it to the time that was chosen, or ask for that; what cannot be had changes nothing."""
    meant, start = pages.take_form(token, "move", MOST), slot_start(request.form.get("slot", ""))
    if start is None:
        return _shown_again(token, 422, error=_("Choose a time."))

    def work(session: Session) -> str:
        return _move(session, token, start, meant=meant)

    try:
        done = run_in_transaction(current_sidebook().session, work, idempotent=True)
    except pages.NotMeant:
        return _shown_again(token, 422, chosen=start, asked=2, alert=_(ONCE_MORE))
    except SlotUnavailable as taken:
        return _shown_again(token, 409, lost=start, reason=taken.reason)
    except VisitorLimit as reached:
        return _shown_again(token, 429, chosen=start, alert=visitor_limit(reached.limit))
    except pages.NOT_CHANGED as error:
        return pages.refused(token, error)
    return pages.lead_to(token, done)


def _move(session: Session, token: str, start: datetime, *, meant: bool) -> str:
    """What was done, by its word in DONE; empty where it is there already."""
    booking = pages.booking_to_change(session, token)
    offers = pages.offers_of(session, booking)
    if offers.may_move and not meant:
        raise pages.NotMeant
    if booking.state != "confirmed":
        raise AppointmentCancelled
    ways = offers.ways(anyone=request.form.get("staff") == ANY)
    is_there, sidebook = start == booking.starts_at, current_sidebook()
    to: dict[str, Any] = {"start": start, "now": pages.now(), "outbox": sidebook.outbox}
    if offers.is_asked_for:
        to["until"] = pages.now() + timedelta(hours=sidebook.settings.approval_hours)
        done = _first_free(ways, partial(ask_to_move, session, booking, visitor=visitor(), **to))
        return "asked" if done else ""
    _first_free(ways, partial(reschedule, session, booking, **to))
    pages.keep_uid(booking, token)
    return "" if is_there else "moved"


def _first_free(ways: Sequence[Sequence[StaffMember]], take: Callable[..., T]) -> T:
    """Take it with another person only where the one it is with is not free."""
    *preferred, last = ways or [[]]
    for staff in preferred:
        with suppress(SlotUnavailable):
            return take(staff=staff)
    return take(staff=last)


def take_back(token: str) -> Response | tuple[str, int]:
    """Let go of another time that was asked for: the appointment stays where it is."""
    meant = pages.take_form(token, "take-back", MOST)

    def work(session: Session) -> None:
        booking = pages.booking_to_change(session, token)
        if pages.offers_of(session, booking).waiting and not meant:
            raise pages.NotMeant
        take_move_back(session, booking, now=pages.now(), outbox=current_sidebook().outbox)

    try:
        run_in_transaction(current_sidebook().session, work, idempotent=True)
    except pages.NotMeant:
        return pages.shown_again(token, asked=2, alerts=[_(pages.ONCE_MORE)]), 422
    except pages.NOT_CHANGED as error:
        return pages.refused(token, error)
    return pages.lead_to(token, "taken-back")


def _shown_again(
    token: str,
    status: int,
    *,
    alert: str = "",
    error: str = "",
    asked: int = 1,
    reason: Reason | None = None,
    **wanted: datetime,
) -> tuple[str, int]:
    """The times once more; the appointment's own page where it can be moved no more."""
    with read_transaction(current_sidebook().session) as session:
        booking = pages.booking_of(session, token)
        alerts = [_why_not(reason, booking), _(STANDS)] if reason else [alert] if alert else []
        if not pages.offers_of(session, booking).may_move:
            alerts = alerts or [_(STANDS)]
            return pages.appointment_page(session, token, booking, alerts=alerts), 409
        look = Look.of(request.form, **wanted)
        page = _page(session, token, booking, look, error=error, alerts=alerts, asked=asked)
        return page, status


def _why_not(reason: Reason, booking: Booking) -> str:
    if reason is Reason.TAKEN:
        return _("Somebody was faster: that time is taken.")
    return slot_unavailable(reason, booking.service)


def _page(
    session: Session,
    token: str,
    booking: Booking,
    look: Look,
    *,
    error: str = "",
    asked: int = 1,
    alerts: Sequence[str] = (),
) -> str:
    shop, offers = get_shop(session), pages.offers_of(session, booking)
    search = _search(session, booking, offers, look)
    lost, chosen = look.lost, look.chosen
    day = chosen.astimezone(search.zone).date() if chosen else look.day
    shown = Calendar.of(search, None if lost else day, look.month, lost)
    return pages.show(
        "move",
        shop,
        scripted=True,
        heading=_("Ask for another time") if offers.is_asked_for else _("Move your appointment"),
        is_asked_for=offers.is_asked_for,
        booking=presenter.appointment(booking, shop),
        anyone=look.anyone,
        other_staff_url=_with_others(look) if offers.may_choose_person else "",
        appointment_url=url_for(".appointment", token=token),
        move_url=url_for(".appointment_time", token=token),
        sure=presenter.form_mark(token, "move", asked),
        alerts=alerts,
        errors={"slot": error} if error else {},
        nearest=search.nearest(lost) if lost else [],
        **shown.context(chosen),
        **search.zone_labels(shown.slots[0].start if shown.slots else pages.now()),
    )


def _with_others(look: Look) -> str:
    """The link to the same day with anyone's times, or with those of the one it is with."""
    staff = {} if look.anyone else {"staff": ANY}
    return f"?{urlencode(staff | ({'day': look.day.isoformat()} if look.day else {}))}"


def _search(session: Session, booking: Booking, offers: Offers, look: Look) -> Search:
    # Relative: what is kept of a month as it was rendered has no link's token in it.
    here = f"?staff={ANY}&" if look.anyone else "?"
    catalogue, shop = read_catalogue(session), get_shop(session)
    service = catalogue.every_service[booking.service_id]
    staff = [*chain.from_iterable(offers.ways(anyone=look.anyone))]
    diary = Diary(session, catalogue, service, staff, pages.now(), moving=booking)
    zone = presenter.booking_zone(booking, shop)
    return Search(diary, zone, shop_zone(shop), booking.starts_at, (here, here))
