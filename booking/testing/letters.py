"""The letters that an app has written, as objects: what each says, its links, its invitation.

They are made as the deliverer makes them, at the moment when each is due, and none is sent: so a
reminder can be read at once, and a test needs no mail server.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from bs4 import BeautifulSoup
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from booking.notifications.letters import compose
from booking.state import current_sidebook
from booking.storage.models import letter as rows
from booking.storage.outbox import WITHDRAWN, Letter
from booking.tab_sessions import read_transaction


@dataclass(frozen=True)
class WrittenLetter:
    """One letter. `kind` is booked, moved, cancelled, reminder …; `role` customer, staff or shop.

    It is due at `due` (UTC). `state` says what became of it: it waits, unless the test delivers.
    """

    kind: str
    role: str
    recipient: str
    due: datetime
    state: str
    message: EmailMessage

    def __repr__(self) -> str:
        return f"<{self.kind} to the {self.role}, {self.recipient}: {self.subject!r}>"

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """What it says in plain text."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The same as a page."""
        return self._body("html")

    @property
    def links(self) -> list[str]:
        """Where its links lead, from top to bottom."""
        found = BeautifulSoup(self.html, "html.parser").select("a[href]")
        return [str(link["href"]) for link in found]

    @property
    def invitation(self) -> Calendar | None:
        """What calendars are told, None where that is nothing."""
        for part in self.message.walk():
            if part.get_content_type() in ("text/calendar", "application/ics"):
                content = part.get_payload(decode=True)
                return Calendar.from_ical(content) if isinstance(content, bytes) else None
        return None

    def _body(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body else ""


def letters_of(
    app: Flask, *, to: str | None = None, kind: str | None = None
) -> list[WrittenLetter]:
    """Return the letters of this app as they were written, without what was withdrawn.

    Only those to that address, or of that kind, where they are named.

    Raises: LookupError where the app sends no letters.
    """
    with app.app_context():
        sidebook = current_sidebook()
        if sidebook.settings.mail_url is None:
            raise LookupError(
                "This app writes no letters. Give it BOOKING_MAIL_URL='log:', BOOKING_MAIL_FROM "
                "and BOOKING_PUBLIC_URL, such as shop@shop.example and https://shop.example."
            )
        query = select(rows).where(rows.c.role != "host", rows.c.state != WITHDRAWN)
        for column, wanted in ((rows.c.recipient, to), (rows.c.kind, kind)):
            query = query if wanted is None else query.where(column == wanted)
        with read_transaction(sidebook.session) as session:
            letters = [
                Letter(**row) for row in session.execute(query.order_by(rows.c.id)).mappings()
            ]
            made = [(one, compose(session, one, now=_due(one))) for one in letters]
    return [
        WrittenLetter(one.kind, one.role, one.recipient, _due(one), one.state, message)
        for one, message in made
        if message
    ]


def _due(letter: Letter) -> datetime:
    return datetime.fromtimestamp(letter.due_at, UTC)
