"""A tab's draft, and with its answers looked up: what holds, against the shop as it is now.

The only code that knows the keys inside `tab.data`. Nothing is written here. An answer that is
taken changes the draft; to know what holds then, ask `load_state` again.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from booking.contact import forms
from booking.scheduling.clock import to_minute
from booking.storage import reads
from booking.storage.catalogue import Catalogue, read_catalogue
from booking.storage.models import Booking, Hold, Service, Shop, StaffMember
from booking.storage.reads import Diary
from booking.tab_sessions import TabSession
from booking.web.rendering import customer_zone, phone_region, placeholder_shop, shop_zone

from .form_fields import judged

SCHEMA = 1
ANY = "any"
SLOT_FORMAT = "%Y-%m-%dT%H:%MZ"
_SLOT_LENGTH = len("2026-11-24T09:00Z")
VERSION_LENGTH = 16  # characters of the version of an answer that a form carries
SENSIBLE_YEARS = range(2000, 3000)


def slot_value(start: datetime) -> str:
    """Return the start of a slot as it travels in a form: '2026-11-24T09:00Z'."""
    return start.astimezone(UTC).strftime(SLOT_FORMAT)


def slot_start(value: str) -> datetime | None:
    """Return the instant behind a form's slot value; None when it is not one."""
    return _slot_start(value) if len(value) == _SLOT_LENGTH else None


@lru_cache(maxsize=1024)  # asked for a dozen times in a request
def _slot_start(value: str) -> datetime | None:
    try:
        start = datetime.fromisoformat(value)
    except ValueError:
        return None
    if start.year not in SENSIBLE_YEARS or start.tzinfo is None:
        return None
    return start if slot_value(start) == value else None


def iso_day(value: str) -> date | None:
    """Return the day that '2026-11-24' names; None for anything else."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


@dataclass
class BookingDraft:
    """What a customer has answered so far; an empty value is a question not answered yet.

    `staff` is the choice ('any' or a slug), `staff_member` the one it came down to.
    `contact` and `answers` were accepted by the details form; `unsaved_input` was not, and only
    prefills it; `unsaved_base_version` is the version of the answer that its form was rendered
    from, and `details_revision` counts how often the details were sent. `seed` is what the draft
    number is made from. `by_step` has the answers to further steps, by the name of the step.
    """

    seed: str = ""
    service: str = ""
    staff: str = ""
    slot: str = ""
    staff_member: str = ""
    zone: str = ""
    contact: dict[str, str] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    unsaved_input: dict[str, str] = field(default_factory=dict)
    unsaved_base_version: str = ""
    details_revision: int = 0
    by_step: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> BookingDraft:
        """Return the draft inside a tab's data; an empty one for data of another schema."""
        if data.get("schema") != SCHEMA:
            return cls()
        known = {_FIELDS[key]: _thawed(value) for key, value in data.items() if key in _FIELDS}
        return cls(**known)

    def store(self, data: MutableMapping[str, Any]) -> None:
        """Write the draft into a tab's data, in place of what was there."""
        self.seed = self.seed or secrets.token_urlsafe(16)
        # A form may bring anything in place of a version.
        self.unsaved_base_version = self.unsaved_base_version[:VERSION_LENGTH]
        given = {_KEYS[name]: _thawed(value) for name, value in vars(self).items() if value}
        data.clear()
        data.update({"schema": SCHEMA} | given)

    @property
    def is_empty(self) -> bool:
        """True while no question of the wizard has been answered."""
        return not (self.service or self.staff or self.slot or self.contact or self.by_step)

    @property
    def has_details(self) -> bool:
        """Whether the customer has begun to say who they are."""
        return bool(self.contact or self.unsaved_input)

    @property
    def start(self) -> datetime | None:
        """The chosen start as an instant (UTC)."""
        return slot_start(self.slot)

    def forget_unsaved_input(self) -> None:
        """Let go of what was typed: it was accepted, or another answer was preferred to it."""
        self.unsaved_input, self.unsaved_base_version = {}, ""

    def accepted_values(self) -> dict[str, str]:
        """Return the accepted details by field name, as they fill the form."""
        return self.contact | {forms.field_name(key): value for key, value in self.answers.items()}

    def forget_slot(self) -> None:
        """Take back the answer to 'when'."""
        self.slot = self.staff_member = ""

    def idempotency_key(self, tab_key: int | None) -> str:
        """Return the key of this draft, by which confirming is idempotent.

        A duplicated tab copies the answers and the seed with them, so the key also depends
        on the tab: two tabs confirm two bookings, one tab confirms one.
        """
        return hashlib.sha256(f"{self.seed}:{tab_key}".encode()).hexdigest()[:32]


# Drafts are stored sealed and outlive a release, so that their keys keep the names of before.
_KEYS = {each.name: each.name for each in fields(BookingDraft)} | {
    "unsaved_input": "typed",
    "unsaved_base_version": "typed_over",
    "details_revision": "round",
    "by_step": "steps",
}
_FIELDS = {key: name for name, key in _KEYS.items()}


def _thawed(value: Any) -> Any:
    """Return a copy that may be changed: what comes from a reading request is frozen."""
    if not isinstance(value, Mapping):
        return value
    return {key: dict(one) if isinstance(one, Mapping) else one for key, one in value.items()}


Named = TypeVar("Named", Service, StaffMember)
Answer = TypeVar("Answer")


class SlotState(StrEnum):
    """What became of the slot in a draft."""

    NONE = "none"
    HELD = "held"
    OVER = "over"  # the hold ran out, but nobody took the time
    LOST = "lost"


@dataclass
class WizardState:
    """A draft with its answers looked up.

    A question with one possible answer counts as answered so. `candidates` are the staff whom
    the customer's choice allows, none while it is open.
    """

    tab: TabSession
    draft: BookingDraft
    catalogue: Catalogue
    service: Service | None
    staff: Sequence[StaffMember]
    candidates: Sequence[StaffMember]
    booked: Booking | None = None
    """What has just been made of the draft."""
    looked: Diary | None = None
    """What these candidates have free, where it was read in this request already."""

    @property
    def services(self) -> Sequence[Service]:
        """What can be booked."""
        return self.catalogue.services

    @cached_property
    def shop(self) -> Shop:
        """The business, or what stands in for one."""
        return self.catalogue.shop or placeholder_shop()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which this customer is shown times."""
        return customer_zone(self.draft.zone, self.shop)

    @cached_property
    def shop_zone(self) -> ZoneInfo:
        """The shop's own zone."""
        return shop_zone(self.shop)

    @property
    def staff_member(self) -> StaffMember | None:
        """Whom the slot is with."""
        return find_by_slug(self.candidates, self.draft.staff_member)

    @property
    def end(self) -> datetime | None:
        """When the appointment in the draft ends."""
        start = self.draft.start
        return start + timedelta(minutes=self.service.duration) if start and self.service else None

    @cached_property
    def tab_hold(self) -> Hold | None:
        """What the tab holds, over or not. Whoever changes it sets this to what it is then.

        Looked up once. Without a slot in the draft there is none: both go together.
        """
        return reads.hold_of(self.tab.session, self.tab.key) if self.draft.slot else None

    @cached_property
    def hold(self) -> Hold | None:
        """The tab's hold on the slot in the draft; it may be over."""
        return self.tab_hold if self.tab_hold and self._is_on_slot(self.tab_hold) else None

    @cached_property
    def slot_state(self) -> SlotState:
        """Whether the slot in the draft can still be confirmed."""
        start = self.draft.start
        if not self.service or not self.candidates or start is None:
            return SlotState.NONE
        if self.hold and not self.hold.is_over(self.tab.now):
            return SlotState.HELD
        return SlotState.OVER if self._is_free(start) else SlotState.LOST

    @property
    def lost_time_to_original(self) -> bool:
        """Whether this tab is a copy whose time stayed with the tab that was copied."""
        is_lost = self.slot_state is SlotState.LOST and self.staff_member is not None
        return self.tab.is_copy and is_lost

    @cached_property
    def field_specs(self) -> list[forms.FieldSpec]:
        """What the details step asks."""
        return forms.field_specs(self.service.questions if self.service else ())

    def details_form(self, values: Mapping[str, str]) -> Any:
        """The details form, filled but not yet checked."""
        return forms.details_form(self.field_specs, values, phone_region(self.shop), judged())

    @cached_property
    def details_are_valid(self) -> bool:
        """Whether everything the service asks has a valid answer."""
        if not self.draft.contact:
            return False
        values = self.draft.accepted_values()
        return forms.are_valid(self.field_specs, values, phone_region(self.shop), judged())

    @cached_property
    def idempotency_key(self) -> str:
        """The key of this draft, by which confirming is idempotent."""
        return self.draft.idempotency_key(self.tab.key)

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever anything that the review shows does, in the draft or in the shop."""
        service, member = required(self.service), required(self.staff_member)
        start, end = required(self.draft.start), required(self.end)
        appointment = [service.slug, service.name, service.price, member.slug, member.name]
        when = [start.isoformat(), end.isoformat(), self.zone.key]
        answers = [[each.label, self.draft.answers.get(each.key)] for each in service.questions]
        shown = [self.idempotency_key, appointment, when, self.draft.contact, answers]
        if self.draft.by_step:
            shown.append(self.draft.by_step)
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()

    def _is_on_slot(self, hold: Hold) -> bool:
        if self.service is None or self.staff_member is None:
            return False
        held = (hold.service_id, hold.staff_member_id, hold.starts_at, hold.ends_at)
        return held == (self.service.id, self.staff_member.id, self.draft.start, self.end)

    def _is_free(self, start: datetime) -> bool:
        if self.service is None or self.staff_member is None:
            return False
        day = start.astimezone(self.shop_zone).date()
        days = self.diary([self.staff_member]).days(day, day, self.shop_zone)
        return to_minute(start) in days[day].starts

    def diary(self, staff: Sequence[StaffMember] | None = None) -> Diary:
        """What these staff, or all whom the choice allows, have free for this tab."""
        if staff is None and self.looked:
            return self.looked
        return Diary(
            self.tab.session,
            self.catalogue,
            required(self.service),
            self.candidates if staff is None else staff,
            self.tab.now,
            self.tab_hold,
        )


def load_state(
    tab: TabSession, draft: BookingDraft | None = None, committed: WizardState | None = None
) -> WizardState:
    """Look up the answers of this tab's draft, or of that one.

    A draft that is given is used as it is, so that what changes in it is seen here. `committed` is
    the state that was committed a moment ago: what it has read or written is not read again.
    """
    draft = draft or BookingDraft.of(tab.data)
    catalogue = committed.catalogue if committed else read_catalogue(tab.session)
    state = state_in(catalogue, tab, draft)
    if committed and draft.slot and "tab_hold" in vars(committed):
        state.tab_hold = committed.tab_hold
    state.looked = committed.looked if committed else None
    return state


def state_in(catalogue: Catalogue, tab: TabSession, draft: BookingDraft) -> WizardState:
    """Look up the answers of that draft in that catalogue; nothing is read."""
    service = selected(catalogue.services, draft.service)
    staff = active_staff(service)
    return WizardState(tab, draft, catalogue, service, staff, eligible_staff(staff, draft.staff))


def active_staff(service: Service | None) -> list[StaffMember]:
    """Who offers a service now."""
    return [member for member in service.staff if not member.retired] if service else []


def eligible_staff(staff: Sequence[StaffMember], choice: str) -> list[StaffMember]:
    """The staff that a choice ('any', a slug, or nothing yet) leaves."""
    if choice == ANY:
        return list(staff)
    chosen = selected(staff, choice)
    return [chosen] if chosen else []


def selected(several: Sequence[Named], slug: str) -> Named | None:
    """The one that was chosen; before anything was, the only one there is."""
    if not slug and len(several) == 1:
        return several[0]
    return find_by_slug(several, slug)


def required(answer: Answer | None) -> Answer:
    """The answer itself, on a step that is reached only when there is one."""
    if answer is None:
        raise LookupError("This step was shown before its earlier questions were answered.")
    return answer


def find_by_slug(several: Iterable[Named], slug: str) -> Named | None:
    """The one with that slug."""
    return next((each for each in several if each.slug == slug), None)
