"""What is stored about a customer, in words that people read: at the shell, at the desk, in a file.

Table by table, as `operations.personal_data` has them; a test holds the two together.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from booking.i18n import gettext as _
from booking.i18n import gettext_noop

TABLES: Mapping[str, str] = {
    "booking_booking": gettext_noop("Appointments, which stay as figures of nobody"),
    "booking_customer": gettext_noop("What the desk calls them, noted about them, and a block"),
    "booking_history": gettext_noop("What was done to them, which stays without what it says"),
    "booking_letter": gettext_noop("Letters, sent or waiting"),
    "booking_manage_link": gettext_noop("Links to appointments"),
    "booking_note": gettext_noop("Notes about appointments"),
    "booking_pending_move": gettext_noop("Other times that were asked for"),
    "booking_search_key": gettext_noop("Words by which the desk finds them"),
}
STATES: Mapping[str, str] = {
    "pending": gettext_noop("Not confirmed yet"),
    "confirmed": gettext_noop("Confirmed"),
    "cancelled": gettext_noop("Cancelled"),
    "completed": gettext_noop("Came"),
    "no_show": gettext_noop("Did not come"),
}
"""What has become of an appointment, as people say it; files for machines have the keys."""
_LABELS: Mapping[str, str] = {
    "reference": gettext_noop("Reference"),
    "state": gettext_noop("State"),
    "service": gettext_noop("Service"),
    "with": gettext_noop("With"),
    "starts_at": gettext_noop("Begins (UTC)"),
    "ends_at": gettext_noop("Ends (UTC)"),
    "booked_at": gettext_noop("Booked (UTC)"),
    "name": gettext_noop("Name"),
    "email": gettext_noop("E-mail"),
    "phone": gettext_noop("Phone"),
    "note": gettext_noop("Note"),
    "time_zone": gettext_noop("Time zone"),
    "language": gettext_noop("Language"),
    "cancelled_because": gettext_noop("Cancelled because"),
}


def touched_in_words(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return what there is of each table, in words, with how many rows; none without any."""
    return [(_(words), counts[table]) for table, words in TABLES.items() if counts.get(table)]


def as_json(document: Mapping[str, Any]) -> str:
    """Write the document of `stored_about` for machines, and for whoever takes it elsewhere."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=False) + "\n"


def as_text(document: Mapping[str, Any]) -> str:
    """Write the document of `stored_about` for people."""
    return "\n".join(_text(document)) + "\n"


def _text(document: Mapping[str, Any]) -> Iterator[str]:
    yield _("What is stored, %(moment)s", moment=document["written_at"])
    for customer in document["customers"]:
        yield ""
        yield _("Customer %(number)s: %(name)s", **_only(customer, "number", "name"))
        if customer["note"]:
            yield _("Noted: %(note)s", note=customer["note"])
        if customer["blocked"]:
            yield _("Is not to book online.")
    for appointment in document["appointments"]:
        said = {**appointment, "state": _(STATES[appointment["state"]])}
        yield ""
        yield from (f"{_(label)}: {said[key]}" for key, label in _LABELS.items() if said[key])
        yield from (f"{answer['label']}: {answer['value']}" for answer in appointment["answers"])
    for table, words in TABLES.items():
        if table not in _SAID_ABOVE and (rows := document["stored"].get(table)):
            yield from ("", f"{_(words)}: {len(rows)}")
            yield from (_line(row) for row in rows)


_SAID_ABOVE = {"booking_booking", "booking_customer"}


def _line(row: Mapping[str, Any]) -> str:
    """A row as it is stored, without what is empty."""
    return "- " + ", ".join(
        f"{name}: {json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value}"
        for name, value in row.items()
        if value not in (None, "", {})
    )


def _only(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}
