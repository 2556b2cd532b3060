"""The ways through the wizard that several tests begin with."""

from datetime import UTC, datetime, timedelta

from booking.customer.wizard.state import slot_value
from booking.testing import TabClient

ADA = {"name": "Ada Lovelace", "email": "ada@example.com", "note": "By the window, please."}


def at_time(app, service="short", staff="any", **options) -> TabClient:
    """At once, by what a page that is over sends to begin anew, and not step by step."""
    tab = TabClient(app, "/book/", **options)
    return tab.post("new/form", service=service, staff=staff)


def at_details(app, slot=None, **choices) -> TabClient:
    tab = at_time(app, **choices)
    return tab.post("time/form", **tab.fields | {"slot": slot or first_slot(tab)})


def at_review(app, slot=None, **choices) -> TabClient:
    tab = at_details(app, slot, **choices)
    asks = tab.page.select_one("[name=question_first_visit]")
    more = {"question_first_visit": "Yes"} if asks else {}
    return tab.submit(**ADA, **more)


def at_done(app, slot=None, **choices) -> TabClient:
    return at_review(app, slot, **choices).submit()


def slots(tab) -> list[str]:
    """The times on offer, the nearest ones to a lost one left out."""
    return [radio["value"] for radio in tab.page.select("#times [name=slot]")]


def first_slot(tab) -> str:
    """The first time on offer that does not begin while a test runs."""
    soon = slot_value(datetime.now(UTC) + timedelta(minutes=5))
    return next((slot for slot in slots(tab) if slot > soon), slots(tab)[0])


def nearest(tab) -> list[str]:
    return [radio["value"] for radio in tab.page.select(".sb-nearest [name=slot]")]


def days(tab, state) -> list[str]:
    return [day.get_text(" ", strip=True) for day in tab.page.select(f"table .sb-day-{state}")]


def alert(tab) -> str:
    return " ".join(found.get_text(" ", strip=True) for found in tab.page.select("[role=alert]"))


def notice(tab) -> str:
    return " ".join(found.get_text(" ", strip=True) for found in tab.page.select("[role=status]"))


def text(tab) -> str:
    return tab.page.select_one("main").get_text(" ", strip=True)


def value(tab, name) -> str:
    """What a field shows."""
    field = tab.page.select_one(f"[name={name}]")
    return field.get_text().removeprefix("\n") if field.name == "textarea" else field["value"]


def chosen(tab, name) -> str | None:
    radio = tab.page.select_one(f"[name={name}][checked]")
    return radio["value"] if radio else None
