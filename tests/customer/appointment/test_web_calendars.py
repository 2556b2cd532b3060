"""Links to calendars on the web: what the appointment is, and not whose, nor what opens it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from booking.testing import TabClient
from tests.customer.appointment.test_appointment import link_of
from tests.customer.walks import ADA, at_done

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def links_in(tab) -> dict[str, dict[str, str]]:
    """What each link says, by the site it leads to."""
    found = [urlsplit(link["href"]) for link in tab.page.select(".sb-web-calendars a")]
    return {
        each.netloc: {name: value for name, [value] in parse_qs(each.query).items()}
        for each in found
    }


@on_sqlite
def test_done_and_the_managed_page_lead_to_google_and_outlook_with_the_appointment(app, bookings):
    done = at_done(app, service="short", staff="ana")
    [booking] = bookings()
    links = links_in(done)
    what = {"Short visit, Test Shop", f"With Ana. Reference {booking.reference}."}
    start, end = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (booking.starts_at, booking.ends_at))
    google, outlook = links["calendar.google.com"], links["outlook.live.com"]
    assert {google["text"], google["details"]} == what
    assert {outlook["subject"], outlook["body"]} == what
    assert google["dates"] == f"{start}/{end}".translate({ord(each): None for each in "-:"})
    assert (outlook["startdt"], outlook["enddt"]) == (start, end)
    assert google["location"] == outlook["location"] == "1 Test Street"
    assert links_in(TabClient(app, link_of(done))) == links


@on_sqlite
def test_neither_the_link_nor_what_the_customer_typed_goes_along(app):
    done = at_done(app)
    token = link_of(done).rpartition("/")[2]
    for tab in (done, TabClient(app, link_of(done))):
        links = tab.page.select(".sb-web-calendars a")
        assert len(links) == 2
        for link in links:
            assert not [
                said for said in (token, *ADA.values()) if said in str(parse_qs(link["href"]))
            ]
            assert "+" not in link["href"], "Outlook would show it"
            assert (link["target"], link["rel"]) == ("_blank", ["noopener", "noreferrer"])


@on_sqlite
def test_what_is_cancelled_is_entered_nowhere(app):
    done = at_done(app)
    page = TabClient(app, link_of(done)).submit()
    assert links_in(page) == links_in(done.refresh()) == {}
