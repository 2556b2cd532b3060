"""A tab's unfinished answers. The only code that knows the keys inside `tab.data`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from booking.contact.forms import field_name

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
        return self.contact | {field_name(key): value for key, value in self.answers.items()}

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
