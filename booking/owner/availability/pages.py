"""Why is nothing free? A day, a service, and for each person every reason."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from booking.i18n import formats
from booking.i18n import gettext as _
from booking.now import utc_now
from booking.owner import cookies
from booking.owner.access import EVERYBODY, current_person
from booking.owner.agenda.asked import day_named
from booking.owner.agenda.entries import staff_seen
from booking.owner.desk_route import desk_route
from booking.owner.rendering import render_page
from booking.scheduling.clock import DAY, day_interval
from booking.scheduling.day_reasons import Busy, Why
from booking.state import current_request, current_sidebook
from booking.storage.agenda import Agenda, Appointment, HeldTime, read_agenda
from booking.storage.catalogue import Catalogue, read_catalogue
from booking.storage.models import Service, StaffMember
from booking.storage.snapshot import load_snapshot
from booking.tab_sessions import read_transaction

from .told import Day, Told
from .words import DRAWN


class Asked(NamedTuple):
    """What is asked for; `service` is None where there is none, `staff` a slug, empty for all."""

    day: date
    service: Service | None
    staff: str
    wrong_day: str

    def address(self, day: date) -> str:
        """Return the address of the same question about another day."""
        query = {"day": day.isoformat(), "service": self.service.slug if self.service else ""}
        query |= {"staff": self.staff} if self.staff else {}
        return f"{cookies.root()}availability?{urlencode(query)}"


def availability() -> str:
    """Show why a day has the free times that it has."""
    now = utc_now()
    with read_transaction(current_sidebook().session) as session:
        catalogue = read_catalogue(session)
        asked = _asked(catalogue, now.astimezone(catalogue.zone).date())
        people = _people(catalogue, asked)
        told = _told(session, catalogue, asked, people) if asked.service and people else []
    return _render(catalogue, asked, told)


def _asked(catalogue: Catalogue, today: date) -> Asked:
    query = current_request().args
    day = day_named(written := query.get("day", ""), today)
    # One that nobody offers any more is answered about as well, and not by another one.
    every = catalogue.every_service.values() if catalogue.services else ()
    services, first = {each.slug: each for each in every}, next(iter(catalogue.services), None)
    return Asked(
        day or today,
        services.get(query.get("service", ""), first),
        query.get("staff", ""),
        written[:40] if written and day is None else "",
    )


def _people(catalogue: Catalogue, asked: Asked) -> list[StaffMember]:
    """Whose days are shown: of those that offer it who the person may see, and asked for."""
    if asked.service is None:
        return []
    seen = {each.id for each in staff_seen(catalogue, current_person())}
    return [
        each
        for each in catalogue.offering(asked.service.id)
        if each.id in seen and asked.staff in ("", each.slug)
    ]


def _told(
    session: Session, catalogue: Catalogue, asked: Asked, people: Sequence[StaffMember]
) -> list[Told]:
    now, zone, service = utc_now(), catalogue.zone, asked.service
    assert service is not None  # noqa: S101 - its caller has asked
    span = day_interval(asked.day, zone)
    snapshot = load_snapshot(session, catalogue, service, people, span, now=now, own=None)
    agenda = read_agenda(session, (span[0] - DAY, span[1] + DAY), now=now)
    day = Day(asked.day, zone, service, snapshot)
    return [day.told_of(each, _busy(agenda, each)) for each in people]


def _busy(agenda: Agenda, member: StaffMember) -> list[Busy]:
    """What takes that person's time, and of which kind; nobody is named."""
    standing = (each for each in agenda.appointments if each.state != "cancelled")
    found = [
        *(_of(Why.BOOKED, each) for each in (*standing, *agenda.wished) if _is_of(each, member)),
        *(_of(Why.HELD, each) for each in agenda.held if _is_of(each, member)),
    ]
    return sorted(found, key=lambda each: each.span)


def _of(kind: Why, each: Appointment | HeldTime) -> Busy:
    return Busy(kind, each.span, each.buffered)


def _is_of(each: Appointment | HeldTime, member: StaffMember) -> bool:
    return each.staff_member_id == member.id


def _render(catalogue: Catalogue, asked: Asked, told: Sequence[Told]) -> str:
    service = asked.service
    people = staff_seen(catalogue, current_person())
    services = [
        each
        for each in catalogue.every_service.values()
        if each is service or each in catalogue.services
    ]
    context: dict[str, Any] = {
        "services": [(each.slug, each.name, each is service) for each in services],
        "people": [(each.slug, each.name, each.slug == asked.staff)
                   for each in people if not each.retired],
        "before": asked.address(asked.day - timedelta(days=1)),
        "after": asked.address(asked.day + timedelta(days=1)),
        "agenda_url": f"{cookies.root()}agenda?{urlencode({'day': asked.day.isoformat()})}",
    }  # fmt: skip
    return render_page(
        "availability",
        heading=_("Why is nothing free?"),
        day=asked.day.isoformat(),
        shown_day=formats.format_day(asked.day),
        service=service.name if service else "",
        told=told,
        missing=_missing(catalogue, asked) if not told else "",
        drawn={kind: _(name) for kind, name in DRAWN.items()},
        alerts=_alerts(asked),
        errors={},
        **context,
    )


def _alerts(asked: Asked) -> list[str]:
    if not asked.wrong_day:
        return []
    return [_("“%(day)s” is not a date here, so this is today.", day=asked.wrong_day)]


def _missing(catalogue: Catalogue, asked: Asked) -> str:
    """Why there is no day to be shown at all."""
    if asked.service is None:
        return _("There is no service that can be booked.")
    name = asked.service.name
    if not catalogue.offering(asked.service.id):
        return _("Nobody offers %(service)s, so it cannot be booked on any day.", service=name)
    seen = {each.slug: each.name for each in staff_seen(catalogue, current_person())}
    wanted = seen.get(asked.staff) if asked.staff else next(iter(seen.values()), None)
    if wanted is None:
        return _("There is nobody of that name whose days you see.")
    return _("%(staff)s does not offer %(service)s.", staff=wanted, service=name)


ROUTES = (desk_route("/availability", availability, roles=EVERYBODY),)
