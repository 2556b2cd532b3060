"""What may be booked at the desk, and with whom, by whoever is there."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.owner.access import current_person
from booking.scheduling.clock import from_minute, instants
from booking.storage.catalogue import Catalogue, read_catalogue
from booking.storage.models import Hold, Service, StaffMember
from booking.storage.reads import Diary

from . import draft
from .draft import ANY, Call


class Offer:
    """The shop as it is now, for this person and this call."""

    def __init__(self, session: Session, call: Call, *, now: datetime, own: Hold | None) -> None:
        self.session, self.call, self.now, self.own = session, call, now, own
        self.catalogue: Catalogue = read_catalogue(session)
        self.zone = self.catalogue.zone

    @property
    def services(self) -> list[Service]:
        """Those that anybody offers whom this person may book for."""
        return [each for each in self.catalogue.services if self.offering(each)]

    @property
    def service(self) -> Service | None:
        """The service that was chosen, as long as it is offered."""
        return next((each for each in self.services if each.slug == self.call.service), None)

    def offering(self, service: Service) -> list[StaffMember]:
        """Return who offers it; to a staff member only themselves."""
        person, everybody = current_person(), self.catalogue.offering(service.id)
        if person.sees_only_own:
            return [each for each in everybody if each.slug == person.staff_slug]
        return everybody

    @property
    def everybody(self) -> list[StaffMember]:
        """All who offer anything, in the shop's order."""
        found = {each.id: each for service in self.services for each in self.offering(service)}
        return sorted(found.values(), key=lambda each: (each.position, each.id))

    @property
    def people(self) -> list[StaffMember]:
        """With whom it may be: who was chosen, or whoever offers it."""
        if self.service is None:
            return []
        offering = self.offering(self.service)
        if self.call.staff in ("", ANY):
            return offering
        return [each for each in offering if each.slug == self.call.staff]

    @property
    def member(self) -> StaffMember | None:
        """With whom the chosen time is."""
        offering = self.offering(self.service) if self.service else []
        return next((each for each in offering if each.slug == self.call.member), None)

    def diary(self, service: Service) -> Diary:
        """Return what is free, as customers see it; what this tab holds is free to it."""
        people: Sequence[StaffMember] = self.people
        return Diary(self.session, self.catalogue, service, people, self.now, own=self.own)

    @property
    def day(self) -> date:
        """The day that is looked at: which was asked for, that of the chosen time, or today."""
        chosen = self.call.instant or self.now
        return draft.day(self.call.day) or chosen.astimezone(self.zone).date()

    def at_clock(self, clock: str) -> datetime | None:
        """Return when it is that time ('14:30') of the day that is looked at; None: it is not."""
        minute = draft.minute_of_day(clock)
        shown = () if minute is None else instants(self.day, minute, self.zone)
        return from_minute(shown[0]) if shown else None
