"""One tab of each contender: what a customer sends, and which step is shown then."""

import re
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from secrets import token_urlsafe
from typing import NamedTuple

from benchmarks.wire import Answer, Line


class Booking(NamedTuple):
    """What somebody wants, or what is stored."""

    service: str
    staff: str
    start: datetime
    name: str
    email: str
    note: str

    def answers(self) -> dict[str, dict[str, str]]:
        """What its customer fills into the form of each step, where the form asks for it."""
        return {
            "service": {"service": self.service},
            "staff": {"staff": self.staff},
            "time": {"slot": f"{self.start:%Y-%m-%dT%H:%MZ}"},
            "details": {"name": self.name, "email": self.email, "note": self.note},
        }


def wish(number: int, who: str, staff: int) -> Booking:
    """The n-th wish of Ada or Ben: a time that nobody else wants of that member of staff."""
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days, place = divmod(number, 20)
    start = tomorrow + timedelta(days=1 + days, hours=8, minutes=30 * place)
    email = f"{who}.{number}@example.com"
    return Booking("short", f"staff-{staff}", start, f"{who} {number}", email, f"{who}'s {number}")


@dataclass
class Tab:
    """One tab. `step` is what it shows; "done" when its customer believes that all is booked."""

    line: Line
    wish: Booking
    place: str  # the database file, for what a customer would read in their mail
    step: str = ""
    shown: Answer | None = field(default=None, repr=False)

    START = ""

    def __post_init__(self) -> None:
        """What only this kind of tab knows."""

    def open(self) -> None:
        self._show(self.line.get(self.START))

    def answer(self) -> None:
        """Answer what is asked, as the page that is shown would send it."""
        raise NotImplementedError

    def refresh(self) -> None:
        raise NotImplementedError

    def _show(self, answer: Answer) -> None:
        raise NotImplementedError


class SidebookTab(Tab):
    """A page, then fragments by HTMX."""

    START = "/book/"

    def __post_init__(self) -> None:
        self.headers = {
            "Tab-Session": token_urlsafe(32),
            "HX-Request": "true",
            "Sec-Fetch-Site": "same-origin",
        }
        self.page = self.START

    def open(self) -> None:
        """A page that carries its step is taken by a tab which has answered nothing yet."""
        page = self.line.get(self.page)
        fragment = re.search(r'hx-get="([^"]+)" hx-trigger="load', page.text)
        if fragment and (self.step or "data-step=" not in page.text):
            page = self.line.get(fragment[1], **self.headers)
        self._show(page)

    def refresh(self) -> None:
        self.open()

    def answer(self) -> None:
        fields = self.wish.answers().get(self.step) or self._confirmation()
        self._show(self.line.post(f"/book/{self.step}/form", fields, **self.headers))

    def _confirmation(self) -> dict[str, str]:
        """What the review asks to be confirmed: all its hidden fields."""
        assert self.shown
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', self.shown.text)
        return {name: unescape(value) for name, value in hidden}

    def _show(self, answer: Answer) -> None:
        if answer.status >= 500:
            return  # what is shown stays
        self.shown = answer
        if found := re.search(r'data-step="(\w+)"', answer.text):
            self.step = found[1]
        headers = answer.headers
        self.page = headers.get("hx-push-url") or headers.get("hx-replace-url") or self.page


class DjangoTab(Tab):
    """Whole pages, redirects followed, the token against forged posts sent along."""

    url = ""

    def _get(self, path: str) -> None:
        self._show(self.line.get(path))

    def _post(self, path: str, fields: dict[str, str]) -> None:
        token = self.line.cookies.get("csrftoken", "")
        self._show(self.line.post(path, {**fields, "csrfmiddlewaretoken": token}))

    def _follow(self, answer: Answer, asked: str) -> tuple[Answer, str]:
        while answer.status in (301, 302):
            asked = answer.headers["location"]
            answer = self.line.get(asked)
        return answer, asked


class FormtoolsTab(DjangoTab):
    """formtools' wizard: the form says which step it is."""

    START = "/plain/"

    def refresh(self) -> None:
        self._get(self.url or self.START)

    def answer(self) -> None:
        own = self.wish.answers().get(self.step, {})
        fields = {f"{self.step}-{name}": value for name, value in own.items()}
        fields[f"{self.prefix}-current_step"] = self.step
        self._post(self.url or self.START, fields)

    def _show(self, answer: Answer) -> None:
        self.shown, url = self._follow(answer, self.url)
        self.url = url
        found = re.search(r'name="(\w+)-current_step" value="(\w+)"', self.shown.text)
        if found:
            self.prefix, self.step = found.groups()
        elif "data-booked" in self.shown.text:
            self.step = "done"


class NamedFormtoolsTab(FormtoolsTab):
    """The same with an address for each step."""

    START = "/named/"


class AppointmentTab(DjangoTab):
    """django-appointment's pages for a customer without an account."""

    START = "/appointment/request/1/"

    def open(self) -> None:
        super().open()
        self.line.get(self._free_times(), **{"X-Requested-With": "XMLHttpRequest"})

    def refresh(self) -> None:
        self._get(self.url)

    def answer(self) -> None:
        ask = {"time": self._choose, "details": self._tell, "code": self._prove}
        ask[self.step]()

    def _free_times(self) -> str:
        day = f"{self.wish.start:%Y-%m-%d}"
        return (
            f"/appointment/ajax/available_slots/?selected_date={day}"
            f"&staff_member={self._member()}&service_id=1"
        )

    def _member(self) -> int:
        return 1 + int(self.wish.staff.removeprefix("staff-"))

    def _choose(self) -> None:
        start, end = self.wish.start, self.wish.start + timedelta(minutes=30)
        self._post(
            "/appointment/request-submit/",
            {
                "date": f"{start:%Y-%m-%d}",
                "start_time": f"{start:%H:%M}",
                "end_time": f"{end:%H:%M}",
                "service": "1",
                "staff_member": str(self._member()),
            },
        )

    def _tell(self) -> None:
        self._post(
            self.url,
            {
                "name": self.wish.name,
                "email": self.wish.email,
                "phone_0": "PT",
                "phone_1": "210000000",
                "address": "",
                "additional_info": self.wish.note,
                "payment_type": "full",  # the button
            },
        )

    def _prove(self) -> None:
        """Type the newest code that came to one's own address."""
        with sqlite3.connect(self.place) as database:
            newest = database.execute(
                "SELECT code FROM appointment_emailverificationcode AS code"
                " JOIN auth_user AS person ON person.id = code.user_id"
                " WHERE person.email = ? ORDER BY code.id DESC",
                (self.wish.email,),
            ).fetchone()
        database.close()
        self._post(self.url, {"code": newest[0] if newest else "NONE"})

    def _show(self, answer: Answer) -> None:
        self.shown, self.url = self._follow(answer, self.url or self.START)
        steps = {"request": "time", "client-info": "details", "verification-code": "code"}
        part = self.url.split("/")[2]
        self.step = "done" if part == "thank-you" else steps.get(part, self.step or "time")
