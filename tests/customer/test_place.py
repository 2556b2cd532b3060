"""Where an appointment is: at the shop, unless its service names a place of its own."""

from icalendar import Calendar
from sqlalchemy import update

from booking.storage.models import Service
from booking.tab_sessions import write_transaction
from booking.testing import TabClient
from tests.customer.walks import at_done


def where(page):
    """What the card of an appointment says under “Where”."""
    card = {row.dt.text: row.dd.get_text(" ", strip=True) for row in page.select("dl div")}
    return card["Where"]


def location(app, page):
    answer = app.test_client().get(page.select_one("a[download]")["href"])
    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    return event["location"]


def test_a_service_with_a_place_of_its_own_is_there_in_every_paper(app):
    place = update(Service).where(Service.slug == "short").values(place="By video")
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        session.execute(place)
    done = at_done(app, service="short", staff="ana").page
    assert (where(done), location(app, done)) == ("By video", "By video")
    link = done.select_one(".sb-keep-link")["href"].removeprefix("http://localhost")
    assert where(TabClient(app, link).page) == "By video"


def test_any_other_service_is_given_at_the_shop(app):
    done = at_done(app, service="long", staff="ana").page
    assert (where(done), location(app, done)) == ("1 Test Street", "1 Test Street")
