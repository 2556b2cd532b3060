"""What each template is given by the product itself: one scenario per state worth looking at.

Each is a way through the demo's business on an evening in December; what was rendered last is the
sample. A template, a builder and a sentence can therefore not drift apart.
"""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import time_machine
from flask import Flask, template_rendered
from sqlalchemy import select, update

from booking import create_app
from booking.operations.links import DECISION
from booking.state import current_sidebook
from booking.storage.models import Booking, PendingMove, Service
from booking.tab_sessions import read_transaction, write_transaction
from booking.testing import TabClient
from booking.testing.letters import letters_of

Context = dict[str, Any]
ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 12, 2, 18, tzinfo=UTC)  # a Wednesday; Lisbon's clock shows the same
SLOT, OTHER_SLOT = "2026-12-10T14:30Z", "2026-12-10T17:30Z"
QUESTIONS = """
[[services.questions]]
key = "distance"
label = "How far do you run in a week?"
kind = "choice"
choices = ["Nothing yet", "Up to 5 km", "5 to 10 km", "10 to 20 km", "20 to 50 km", "50 km or more"]

[[services.questions]]
key = "referral"
label = "I have a referral from a doctor and will bring it"
kind = "checkbox"

[[services]]
slug = "deep-recovery"
"""
MASSAGE = {"service": "sports-massage", "staff": "tomas"}
ZOE = {
    "name": "Zoë O'Neill-Nguyễn",
    "email": "zoe.oneill.nguyen@a-rather-long-domain-name.example",
    "phone": "+351 912 345 678",
    "question_focus": "Back and shoulders",
    "note": "Left shoulder, since\nthe autumn half marathon.",
}
CANCELLATION = "form[action*=cancellation]"
FLASKS = ("_", "ngettext", "request", "session", "g")


PAGES = (
    *("page", "problem-page", "not-found", "appointment", "appointment-cancelled", "move-anyone"),
    *("lost", "lost-errors", "appointment-asked", "move-asked"),
)
MAIL = {
    "BOOKING_MAIL_URL": "log:",
    "BOOKING_MAIL_FROM": "studio@studio.example",
    "BOOKING_PUBLIC_URL": "https://studio.example",
}
PARTS = ("hold", "hold-refused")  # of a fragment


class Sample(NamedTuple):
    template: str
    context: Context


class Studio(NamedTuple):
    """The business, and the clock on its wall."""

    app: Flask
    clock: time_machine.Traveller

    def later(self, **passed: int) -> None:
        """Let that much time go by."""
        self.clock.shift(timedelta(**passed))

    def tab(self, path: str = "", **options: Any) -> TabClient:
        """A new visitor's tab."""
        return TabClient(self.app, f"/book/{path}", **{"time_zone": "Europe/Lisbon"} | options)

    def at_time(self, day: str = "2026-12-10", **options: Any) -> TabClient:
        tab = self.tab(**options)
        for step in ("service", "staff"):
            tab.submit(**{step: MASSAGE[step]})
        return tab.open(f"time?day={day}")

    def at_details(self) -> TabClient:
        return self.at_time().submit(slot=SLOT)

    def at_review(self) -> TabClient:
        return self.at_details().submit(**ZOE)

    def at_done(self, **options: Any) -> TabClient:
        return self.at_time(**options).submit(slot=SLOT).submit(**ZOE).submit()

    def at_appointment(self) -> TabClient:
        link = self.at_done().page.select_one(".sb-keep-link")["href"]
        return self.tab(link.partition("/book/")[2])

    def at_move(self) -> TabClient:
        page = self.at_appointment().click("Move to another time")
        return page.click("#day-2026-12-10")

    def load(self, text: str) -> None:
        file = Path(self.app.instance_path, "shop.toml")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        answer = self.app.test_cli_runner().invoke(args=["booking", "load", str(file), "--yes"])
        assert answer.exit_code == 0, answer.output


def demo() -> str:
    text = (ROOT / "demo.toml").read_text(encoding="utf-8")
    text = text.replace(
        '"running-analysis", "video', '"running-analysis", "sports-massage", "video', 1
    )
    return text.replace('\n[[services]]\nslug = "deep-recovery"\n', QUESTIONS, 1)


@cache
def folder() -> Path:
    return Path(mkdtemp(prefix="samples-"))


@cache
def loaded() -> Path:
    """A database with the demo's business."""
    file = folder() / "loaded.db"
    with time_machine.travel(NOW, tick=False) as clock:
        app = app_at(file)
        app.test_cli_runner().invoke(args=["booking", "init"])
        Studio(app, clock).load(demo())
    return file


def app_at(file: Path, **settings: str) -> Flask:
    return create_app({"BOOKING_DATABASE_URL": f"sqlite:///{file}", "TESTING": True, **settings})


@contextmanager
def rendered_by(app: Flask) -> Iterator[list[Sample]]:
    seen: list[Sample] = []

    def note(_app: Flask, template: Any, context: Context, **_: Any) -> None:
        kept = {name: value for name, value in context.items() if name not in FLASKS}
        seen.append(Sample(template.name.removeprefix("booking/"), kept))

    with template_rendered.connected_to(note, app):
        yield seen


# A thread of its own knows no app that is just being asked, as the gallery's may be.
WALKER = ThreadPoolExecutor(1)


@cache
def sample(name: str) -> Sample:
    """Walk there and return what was rendered last."""
    return WALKER.submit(walk, name).result()


def walk(name: str) -> Sample:
    file = folder() / f"{name}.db"
    with closing(sqlite3.connect(loaded())) as here, closing(sqlite3.connect(file)) as there:
        here.backup(there)
    with time_machine.travel(NOW, tick=False) as clock:
        app = app_at(file, **(MAIL if name.startswith(("lost", "new-address")) else {}))
        with rendered_by(app) as seen:
            SCENARIOS[name](Studio(app, clock))
    return seen[-1]


def service_none(studio: Studio) -> None:
    with studio.app.app_context(), write_transaction(current_sidebook().session) as session:
        session.execute(update(Service).values(retired=True))
    studio.tab("service")


def time_elsewhere(studio: Studio) -> None:
    tab = studio.at_time("2026-12-11", time_zone="Pacific/Auckland")
    tab.submit(slot=SLOT).open("time")


def time_lost(studio: Studio) -> None:
    late = studio.at_time()
    studio.at_details()
    late.submit(slot=SLOT)


def time_full_month(studio: Studio) -> None:
    studio.load(demo() + '\n[[closures]]\nfrom = 2026-12-02\nto = 2026-12-31\nreason = "Snow"\n')
    studio.at_time().open("time?month=2026-12")


def time_differing(studio: Studio) -> None:
    tab = studio.at_details()
    twin = tab.open("time").twin()
    twin.open("time")
    tab.submit(slot=OTHER_SLOT)
    twin.submit(slot="2026-12-10T15:00Z")


def details(studio: Studio) -> None:
    tab = studio.at_details()
    typed = {name: ZOE[name] for name in ("name", "question_focus")}
    tab.post("details/typed", details_revision="0", **typed)
    tab.open("details")


def details_differing(studio: Studio) -> None:
    tab = studio.at_review().open("details")
    twin = tab.twin()
    twin.open("details")
    tab.submit(name="Zoë O'Neill", email="zoe@example.com", note="")
    twin.submit(name=ZOE["name"] + "-Smith", note="Left shoulder, since\nthe autumn.")


def details_hold_late(studio: Studio) -> None:
    tab = studio.at_details()
    studio.later(seconds=58)
    tab.open("details")


def details_hold_over(studio: Studio) -> None:
    tab = studio.at_details()
    studio.later(minutes=11)
    tab.open("details")


def done_cancelled(studio: Studio) -> None:
    tab = studio.at_done()
    link = tab.page.select_one(".sb-keep-link")["href"].partition("/book/")[2]
    studio.tab(link).submit(CANCELLATION)
    tab.refresh()


def done_pending(studio: Studio) -> None:
    with studio.app.app_context(), write_transaction(current_sidebook().session) as session:
        session.execute(update(Service).values(approval=True))
    studio.at_done()


def waiting(studio: Studio) -> None:
    done_pending(studio)
    with studio.app.app_context(), read_transaction(current_sidebook().session) as session:
        number = session.scalars(select(Booking.link_number)).one()
    look_to_decide(studio, number)


def look_to_decide(studio: Studio, number: bytes | None) -> None:
    with studio.app.app_context(), read_transaction(current_sidebook().session) as session:
        links = replace(current_sidebook().links, address="/book/appointment/")
        path = links.url_for(session.scalars(select(Booking)).one(), DECISION, number)
    studio.app.test_client().get(path, headers={"HX-Request": "true"})


def new_address(studio: Studio) -> None:
    page = studio.at_appointment()
    with studio.app.app_context(), write_transaction(current_sidebook().session) as session:
        session.execute(update(Service).values(confirm_by_mail=True))
    page.click("Change your details").submit(email="zoe@example.com")
    [asking] = letters_of(studio.app, kind="confirm_address")
    path = next(urlsplit(link).path for link in asking.links if "/confirmation/" in link)
    studio.app.test_client().get(path, headers={"HX-Request": "true"})


def move_asked_for(studio: Studio) -> TabClient:
    page = studio.at_move()
    with studio.app.app_context(), write_transaction(current_sidebook().session) as session:
        session.execute(update(Service).values(approval=True))
    return page.refresh()


def deciding(studio: Studio) -> None:
    move_asked_for(studio).submit(slot=OTHER_SLOT)
    with studio.app.app_context(), read_transaction(current_sidebook().session) as session:
        number = session.scalars(select(PendingMove.number)).one()
    look_to_decide(studio, number)


def appointment_late(studio: Studio) -> None:
    page = studio.at_move()
    studio.later(days=9)
    page.submit(slot=OTHER_SLOT)


def move_lost(studio: Studio) -> None:
    page = studio.at_move()
    studio.at_time().submit(slot=OTHER_SLOT)
    page.submit(slot=OTHER_SLOT)


def hold(studio: Studio) -> None:
    tab = studio.at_details()
    tab.post("details/typed", details_revision="0", name="Zoë")
    studio.later(minutes=1)
    tab.open("details").click("#more-time")


def hold_refused(studio: Studio) -> None:
    tab = studio.at_details()
    tab.post("details/typed", details_revision="0", name="Zoë")
    for _ in range(3):
        studio.later(minutes=2)
        tab.open("details").click("#more-time")
    tab.open("details").post("hold/extension")


def gone(studio: Studio) -> None:
    tab = studio.at_details()
    studio.later(hours=2)
    tab.submit(**ZOE)


def lost_errors(studio: Studio) -> None:
    studio.app.test_client().post("/book/appointment/lost", data={"email": "zoe@"})


SCENARIOS: dict[str, Callable[[Studio], object]] = {
    "page": lambda studio: studio.app.test_client().get("/book/"),
    "service": lambda studio: studio.tab("service"),
    "service-chosen": lambda studio: studio.tab().submit(service="posture-check").open("service"),
    "service-unanswered": lambda studio: studio.tab().submit(),
    "service-preselected": lambda studio: studio.tab().fetch(
        "form?service=sports-massage&staff=tomas"
    ),
    "service-none": service_none,
    "staff": lambda studio: studio.at_details().open("staff"),
    "time": lambda studio: studio.at_details().open("time"),
    "time-elsewhere": time_elsewhere,
    "time-lost": time_lost,
    "time-full-month": time_full_month,
    "time-copy": lambda studio: studio.at_details().duplicate().open("time"),
    "time-differing": time_differing,
    "details": details,
    "details-first-hold": lambda studio: studio.at_details(),
    "details-differing": details_differing,
    "details-errors": lambda studio: studio.at_details().submit(name=ZOE["name"]),
    "details-hold-late": details_hold_late,
    "details-hold-over": details_hold_over,
    "review": lambda studio: studio.at_review().open("staff").submit(staff="ines"),
    "done": lambda studio: studio.at_done(),
    "done-elsewhere": lambda studio: studio.at_done(time_zone="America/New_York"),
    "done-cancelled": done_cancelled,
    "done-pending": done_pending,
    "waiting": waiting,
    "new-address": new_address,
    "deciding": deciding,
    "hold": hold,
    "hold-refused": hold_refused,
    "gone": gone,
    "cleared": lambda studio: studio.at_details().submit("form[action$=clear]"),
    "cleared-booked": lambda studio: studio.at_done().submit("form[action$=clear]"),
    "problem": lambda studio: studio.tab().post("nowhere"),
    "problem-page": lambda studio: studio.app.test_client().post("/book/details/form", data=ZOE),
    "not-found": lambda studio: studio.app.test_client().get("/book/nowhere"),
    "appointment": lambda studio: studio.at_appointment(),
    "appointment-cancelled": lambda studio: studio.at_appointment().submit(
        CANCELLATION, words="I have caught a cold,\nsorry!"
    ),
    "appointment-late": appointment_late,
    "appointment-asked": lambda studio: move_asked_for(studio).submit(slot=OTHER_SLOT),
    "move": lambda studio: studio.at_move(),
    "move-asked": move_asked_for,
    "move-anyone": lambda studio: studio.at_move().click("Times with anyone who is free"),
    "move-lost": move_lost,
    "lost": lambda studio: studio.app.test_client().get("/book/appointment/lost?asked=1"),
    "lost-errors": lost_errors,
    "mend-errors": lambda studio: (
        studio.at_appointment().click("Change your details").submit(name="", email="zoe@")
    ),
}
