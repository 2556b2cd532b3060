"""Who is at the desk, and what of it they may see."""

from dataclasses import dataclass, field
from typing import cast

from booking.characters import is_whole
from booking.state import current_request
from booking.storage.accounts import ACCOUNT_ROLES, OWNER, RECEPTION, STAFF
from booking.storage.models import Booking

__all__ = ["ANYBODY", "EVERYBODY", "OWNER", "RECEPTION", "STAFF"]
EVERYBODY = ACCOUNT_ROLES
"""The roles of all who may come to the desk."""
ANYBODY = ("anybody",)
"""What a route says that needs nobody: the ways in."""
PERSON = "booking.person_at_the_desk"


@dataclass(frozen=True)
class Person:
    """Somebody at the desk: `role` is 'owner', 'reception' or 'staff'.

    `staff_slug` says whose appointments are theirs: of a staff member always, of an owner or a
    reception who also works there. `account_id` is None for whom the host's own log-in knows.
    `may_change_own_hours` and `sees_all_customers` matter to a staff member alone.

    Raises: ValueError for what cannot be; its message says what to write.
    """

    name: str
    role: str
    staff_slug: str | None = None
    account_id: int | None = None
    may_change_own_hours: bool = False
    sees_all_customers: bool = False
    email: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        called, slug = cast("object", self.name), cast("object", self.staff_slug)
        for what, text in (("name", called), ("staff_slug", slug), ("email", self.email)):
            if isinstance(text, str) and not is_whole(text):
                raise ValueError(
                    f"{what} is {text!r}, which has half a character in it: no page and no "
                    "database takes that. Clean it before, for instance by "
                    "text.encode('utf-8', 'replace').decode()."
                )
        if not isinstance(called, str) or not called.strip():
            raise ValueError(f"name is {called!r}. Write how the person is called.")
        if self.role not in ACCOUNT_ROLES:
            raise ValueError(f"role is {self.role!r}. Write one of {', '.join(ACCOUNT_ROLES)}.")
        if slug is not None and (not isinstance(slug, str) or not slug):
            raise ValueError(f"staff_slug is {slug!r}. Write the slug of a staff member, or None.")
        if self.role == STAFF and slug is None:
            raise ValueError("A person of role 'staff' needs the staff_slug that they work under.")

    @property
    def sees_only_own(self) -> bool:
        """Whether they see and change their own appointments alone."""
        return self.role == STAFF


def current_person() -> Person:
    """Return who sent this request, in a view of the desk that not everybody may see.

    Raises: LookupError elsewhere.
    """
    person = person_or_none()
    if person is None:
        raise LookupError("Nobody is known here: this is no route of the desk, or an open one.")
    return person


def person_or_none() -> Person | None:
    """Return who sent this request; None where the door has not let anybody in."""
    return cast("Person | None", current_request().environ.get(PERSON))


def may_see(person: Person, booking: Booking) -> bool:
    """Return whether that appointment is any of this person's business."""
    return not person.sees_only_own or booking.staff_member.slug == person.staff_slug
