"""Move an appointment: the free times of a day, as its customer would see them, and a form.

Whoever comes from the agenda, where it was dropped on a time, finds that time chosen.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.operations import owners
from booking.operations.bookings import reschedule
from booking.operations.requests import SlotUnavailable
from booking.operations.series import SeriesClashes, move_following
from booking.owner.access import EVERYBODY, current_person
from booking.owner.agenda.entries import staff_seen
from booking.owner.desk_route import desk_route
from booking.owner.forms import is_posted
from booking.owner.rendering import render_page
from booking.scheduling.clock import local_day, to_minute
from booking.state import current_sidebook
from booking.storage.catalogue import Catalogue, read_catalogue
from booking.storage.models import Booking, StaffMember
from booking.storage.reads import Diary, FreeSlot
from booking.tab_sessions import read_transaction

from . import kept, series_words
from .page import summary, urls_of

ANY = "any"
ISO = "%Y-%m-%dT%H:%M:%SZ"
YEARS = range(2000, 2200)
"""In which a day that is asked for may lie."""


@dataclass(frozen=True)
class Look:
    """What is looked at: a day, whose times (a slug, or ANY), and which start is chosen."""

    staff: str
    day: date | None
    start: datetime | None

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> "Look":
        """Return what a link or a form names."""
        start = _instant(sent.get("slot") or sent.get("start") or "")
        return cls(sent.get("staff", ""), _day(sent.get("day", "")), start)


class _ForAnother(Diary):
    """Times of a colleague, who may take it over where it is."""

    @property
    def _stays(self) -> set[int]:
        return set()


def booking_time(reference: str) -> str | Response:
    """Show the times to which it can be moved; lead back to one that cannot be moved."""
    with read_transaction(current_sidebook().session) as session:
        booking = kept.booking_for(session, reference)
        if not _may_move(booking):
            return kept.lead_to(booking.reference)
        return _page(session, booking, Look.of(request.args))


def move_booking(reference: str) -> Response | tuple[str, int]:
    """Move it to the time that was chosen, or say why not; then it stands as it was."""
    look = Look.of(request.form)
    if look.start is None:
        return _again(reference, look, 422, errors={"slot": _("Choose a time.")})
    try:
        return kept.change(reference, partial(_move, look=look, start=look.start))
    except kept.NOT_DONE as error:
        lost = isinstance(error, SlotUnavailable)
        alerts = [_(kept.why_not(error)), *_clashes(error)]
        return _again(reference, look, 409, alerts=alerts, lost=lost)


def _clashes(error: Exception) -> list[str]:
    """Which dates of a series are in the way, and what is free near each."""
    if not isinstance(error, SeriesClashes):
        return []
    with read_transaction(current_sidebook().session) as session:
        zone = kept.zone(session)
    return [series_words.clash(each, zone) for each in error.clashes]


def _move(session: Session, booking: Booking, *, look: Look, start: datetime) -> None:
    now, actor = kept.now(), kept.actor()
    people = _people(read_catalogue(session), booking, look)

    def take(staff: Sequence[StaffMember]) -> Booking:
        given: dict[str, Any] = {"by": "owner", "actor": actor, "outbox": kept.outbox()}
        return reschedule(session, booking, staff=staff, start=start, now=now, **given)

    if is_posted("following") and booking.series:
        whom = people[0] if len(people) == 1 and look.staff != booking.staff_member.slug else None
        given: dict[str, Any] = {"actor": actor, "now": now, "outbox": kept.outbox()}
        only = kept.only_with()
        move_following(session, booking, start=start, member=whom, only_with=only, **given)
        return
    if not is_posted("over_holds"):
        take(people)
        return
    _made, gone = owners.over_holds(session, booking.service, people, start, take, now=now)
    owners.record_taken(session, booking, gone, actor=actor, now=now)


def _again(
    reference: str,
    look: Look,
    status: int,
    *,
    alerts: Sequence[str] = (),
    errors: Mapping[str, str] | None = None,
    lost: bool = False,
) -> tuple[str, int]:
    with read_transaction(current_sidebook().session) as session:
        booking = kept.booking_for(session, reference)
        page = _page(session, booking, look, alerts=alerts, errors=errors, lost=lost)
        return page, status


def _page(
    session: Session,
    booking: Booking,
    look: Look,
    *,
    alerts: Sequence[str] = (),
    errors: Mapping[str, str] | None = None,
    lost: bool = False,
) -> str:
    catalogue, now = read_catalogue(session), kept.now()
    asked, look = look, _looked_at(catalogue, booking, look)
    zone, people = catalogue.zone, _people(catalogue, booking, look)
    diary = _diary(session, catalogue, booking, people, now)
    today = local_day(to_minute(now), zone)
    day = look.day or local_day(to_minute(look.start or booking.starts_at), zone)
    slots = diary.days(day, day, zone)[day].slots
    is_held = bool(lost and look.start) and owners.holds_in_the_way(
        session, booking.service, people, look.start or now, now=now
    )
    free = {each.start for each in slots}
    return render_page(
        "booking_time",
        heading=_("Move %(service)s for %(name)s", **_named(booking)),
        booking=summary(booking, zone, now),
        urls=urls_of(booking.reference),
        people=_choices(catalogue, booking, look, people),
        staff=look.staff,
        missing="" if people else _nobody(catalogue, booking),
        day={"iso": day.isoformat(), "words": formats.format_day(day)},
        earlier=_link(look, day - timedelta(days=1)) if day > today else "",
        later=_link(look, day + timedelta(days=1)),
        next_free=_next_free(diary, look, day, zone) if not slots else None,
        why_url=url_for(".availability", day=day, service=booking.service.slug),
        slots=[_slot(each, zone, look) for each in slots],
        wanted=_wanted(booking, look, zone),
        is_gone=look.start is not None and look.start not in free and not is_held,
        held=_slot(_at(look.start, booking), zone, look) if is_held and look.start else None,
        nearest=_nearest(diary, look, zone) if look.start and look.start not in free else (),
        mail=current_sidebook().outbox.mail,
        alerts=[*alerts, *(_not_offering(catalogue, booking, asked, look) if people else ())],
        errors=dict(errors or {}),
    )


def _may_move(booking: Booking) -> bool:
    return booking.state == "confirmed" and booking.starts_at > kept.now()


def _named(booking: Booking) -> dict[str, str]:
    return {"service": booking.service.name, "name": booking.customer_name}


def _offering(catalogue: Catalogue, booking: Booking) -> list[StaffMember]:
    """Who may have it: whoever offers its service; of a staff member only what is their own."""
    offering = catalogue.offering(booking.service_id)
    if current_person().sees_only_own:
        return [each for each in offering if each.id == booking.staff_member_id]
    return offering


def _looked_at(catalogue: Catalogue, booking: Booking, look: Look) -> Look:
    """Whose times are shown: who was asked for, else with whom it is, else of whoever offers it."""
    offering = [each.slug for each in _offering(catalogue, booking)]
    wanted = look.staff, booking.staff_member.slug, *(offering if len(offering) == 1 else ())
    return replace(look, staff=next((one for one in wanted if one in {*offering, ANY}), ANY))


def _not_offering(catalogue: Catalogue, booking: Booking, asked: Look, shown: Look) -> list[str]:
    """Say of whom no times are shown, though they were asked for or it is with them."""
    wanted, service = asked.staff or booking.staff_member.slug, booking.service.name
    return [
        _("%(staff)s does not offer %(service)s.", staff=each.name, service=service)
        for each in staff_seen(catalogue, current_person())
        if each.slug == wanted != shown.staff
    ]


def _nobody(catalogue: Catalogue, booking: Booking) -> str:
    """Why there is no time to which it could be moved, on whatever day."""
    service = booking.service.name
    if catalogue.offering(booking.service_id):  # a colleague does, to whom it is not given
        staff = booking.staff_member.name
        return _("%(staff)s does not offer %(service)s.", staff=staff, service=service)
    return _(
        "Nobody offers %(service)s any more, so this appointment cannot be moved. It stands "
        "as it is.",
        service=service,
    )


def _people(catalogue: Catalogue, booking: Booking, look: Look) -> list[StaffMember]:
    """With whom it is to be: by default with whom it is."""
    offering = _offering(catalogue, booking)
    if look.staff == ANY:
        return sorted(offering, key=lambda one: one.id != booking.staff_member_id)
    wanted = look.staff or booking.staff_member.slug
    return [each for each in offering if each.slug == wanted]


def _choices(
    catalogue: Catalogue, booking: Booking, look: Look, people: Sequence[StaffMember]
) -> list[dict[str, Any]]:
    offering = _offering(catalogue, booking)
    chosen = ANY if look.staff == ANY else next((one.slug for one in people), "")
    several = [(ANY, _("Anyone"))] if len(offering) > 1 else []
    every = [*((one.slug, one.name) for one in offering), *several]
    return [{"slug": slug, "name": name, "chosen": slug == chosen} for slug, name in every]


def _diary(
    session: Session,
    catalogue: Catalogue,
    booking: Booking,
    people: Sequence[StaffMember],
    now: datetime,
) -> Diary:
    service = catalogue.every_service[booking.service_id]
    stays = [each.id for each in people] == [booking.staff_member_id]
    kind = Diary if stays else _ForAnother
    return kind(session, catalogue, service, people, now, moving=booking)


def _wanted(booking: Booking, look: Look, zone: ZoneInfo) -> str:
    """The time that was chosen elsewhere, in words; empty where none was."""
    if look.start is None:
        return ""
    slot = _at(look.start, booking)
    return formats.format_span(slot.start, slot.end, zone)


def _at(start: datetime | None, booking: Booking) -> FreeSlot:
    begins = start or booking.starts_at
    return FreeSlot(begins, begins + timedelta(minutes=booking.service.duration))


def _slot(slot: FreeSlot, zone: ZoneInfo, look: Look) -> dict[str, Any]:
    return {
        "value": slot.start.strftime(ISO),
        "time": formats.format_time(slot.start, zone),
        "words": formats.format_moment(slot.start, zone),
        "chosen": slot.start == look.start,
    }


def _nearest(diary: Diary, look: Look, zone: ZoneInfo) -> list[dict[str, Any]]:
    near = diary.nearest_free(look.start) if look.start else []
    return [_slot(each, zone, look) for each in near]


def _next_free(diary: Diary, look: Look, day: date, zone: ZoneInfo) -> dict[str, str] | None:
    found = diary.next_free_day(day, zone)
    return {"url": _link(look, found), "words": formats.format_day(found)} if found else None


def _link(look: Look, day: date) -> str:
    staff = f"&staff={look.staff}" if look.staff.replace("-", "").isalnum() else ""
    return f"?day={day.isoformat()}{staff}"


def _day(written: str) -> date | None:
    with suppress(ValueError):
        day = date.fromisoformat(written)
        return day if day.year in YEARS else None
    return None


def _instant(written: str) -> datetime | None:
    with suppress(ValueError):
        instant = datetime.strptime(written, ISO).replace(tzinfo=UTC)
        return instant if instant.year in YEARS else None
    return None


ROUTES = (
    desk_route("/bookings/<reference>/time", booking_time, roles=EVERYBODY),
    desk_route("/bookings/<reference>/time", move_booking, roles=EVERYBODY, methods=("POST",)),
)
