"""What a customer wants, and the walk through the wizard that gets it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from flask import Flask
from sqlalchemy import select

from booking.storage.models import Booking
from booking.tab_sessions import read_transaction
from booking.testing import TabClient

STEPS = ("service", "staff", "time", "details", "review")


@dataclass(frozen=True)
class Visit:
    """One appointment somebody is after. `start` is UTC, as in the form: 2026-03-02T10:00Z."""

    service: str
    service_name: str
    staff: str
    staff_name: str
    start: str
    name: str
    email: str
    note: str
    answers: dict[str, str] = field(default_factory=dict)

    def answer(self, step: str) -> dict[str, str]:
        details = {"name": self.name, "email": self.email, "note": self.note}
        details |= {f"question_{key}": value for key, value in self.answers.items()}
        return {
            "service": {"service": self.service},
            "staff": {"staff": self.staff},
            "time": {"slot": self.start},
            "details": details | {"phone": "+351 912 345 678"},
            "review": {},
        }[step]


ADA = Visit(
    service="short",
    service_name="Short visit",
    staff="ana",
    staff_name="Ana",
    start="2026-03-02T09:30Z",
    name="Ada Lovelace",
    email="ada@example.org",
    note="I bring my own chair",
)
BEN = Visit(
    service="long",
    service_name="Long visit",
    staff="ben",
    staff_name="Ben",
    start="2026-03-02T19:00Z",
    name="Ben Okri",
    email="ben@example.org",
    note="Please ring twice",
    answers={"first_visit": "Yes", "wishes": "A window seat"},
)


def take(tab: TabClient, visit: Visit, step: str) -> None:
    """Answer one step as the visit wants it; the tab must stand there and be let on."""
    assert tab.step == step, f"{tab} should ask for the {step} of {visit.name}"
    tab.submit(**visit.answer(step))
    assert tab.status == 200, (tab, tab.page.select("[role=alert]"))


def steps_of(visit: Visit) -> list[Callable[[TabClient], None]]:
    """The whole way, a function of the tab for each step."""
    return [partial(take, visit=visit, step=step) for step in STEPS]


def walk(tab: TabClient, visit: Visit, until: str = "done") -> TabClient:
    """From the step the tab shows up to (not including) that one."""
    for step in STEPS[STEPS.index(tab.step) :]:
        if step == until:
            break
        take(tab, visit, step)
    assert tab.step == until
    return tab


def reference_in(tab: TabClient) -> str:
    assert tab.step == "done"
    return tab.page.select_one("[data-booking-reference]")["data-booking-reference"]


def bookings_in(app: Flask) -> dict[str, Visit]:
    """Everything that was booked, by its reference."""
    with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
        found = session.scalars(select(Booking)).all()
        return {booking.reference: as_visit(booking) for booking in found}


def as_visit(booking: Booking) -> Visit:
    """What was written down, in the words of a visit."""
    return Visit(
        service=booking.service.slug,
        service_name=booking.service.name,
        staff=booking.staff_member.slug,
        staff_name=booking.staff_member.name,
        start=f"{booking.starts_at:%Y-%m-%dT%H:%MZ}",
        name=booking.customer_name,
        email=booking.customer_email,
        note=booking.customer_note,
        answers={answer["key"]: answer["value"] for answer in booking.answers},
    )
