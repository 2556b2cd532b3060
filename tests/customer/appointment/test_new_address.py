"""Another address of what was confirmed by mail: a button in a letter to it lets it take over."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import update

from booking.storage.models import letter
from booking.tab_sessions import write_transaction
from booking.testing import TabClient
from booking.testing.letters import letters_of
from tests.customer.appointment.links import ON_SQLITE, change, form_of, link_of
from tests.customer.walks import ADA, alert, at_done, text, value

pytestmark = pytest.mark.settings(
    mail_url="log:", mail_from="shop@shop.example", public_url="http://localhost"
)
BY_BROWSER = {"Sec-Fetch-Site": "same-origin"}
NEW = "ada.king@example.org"


@pytest.fixture
def manage(app) -> str:
    """The link to an appointment whose service wants addresses to be confirmed."""
    link = link_of(at_done(app, service="short", staff="ana"))
    change(app, "short", confirm_by_mail=True)
    return link


def asked(app, manage, email=NEW, **more) -> TabClient:
    return TabClient(app, f"{manage}/details").submit(email=email, **more)


def way(app) -> str:
    """The path of the button in the newest letter that asks an address."""
    *_, last = letters_of(app, kind="confirm_address")
    return next(urlsplit(each).path for each in last.links if "/confirmation/" in each)


def press(app, path, **fields):
    form = form_of(app.test_client().get(path).text, "#confirm") | fields
    return app.test_client().post(path, data=form, headers=BY_BROWSER)


@pytest.mark.both_databases
def test_another_address_takes_over_by_the_button_in_the_letter_to_it(app, bookings, manage):
    page = asked(app, manage, name="Ada King")
    assert page.step == "appointment"
    assert "We have written to your new address" in text(page)
    assert (bookings()[0].customer_email, bookings()[0].customer_name) == (ADA["email"], "Ada King")
    [letter] = letters_of(app, kind="confirm_address")
    assert letter.recipient == NEW
    assert manage not in letter.text + letter.html, "nobody's key before it is confirmed"
    path, client = way(app), app.test_client()
    for _ in range(2):
        assert "Is this your e-mail address?" in client.get(path).text
    assert bookings()[0].customer_email == ADA["email"], "a look changes nothing"
    assert press(app, path).status_code == 303
    assert bookings()[0].customer_email == NEW
    assert client.get(manage).status_code == 404
    shown = client.get(path)
    assert "The address is confirmed" in shown.text
    new = TabClient(app, path).page.select_one(".sb-another a")["href"]
    assert client.get(new).status_code == 200
    assert "<form" not in shown.text
    assert letters_of(app, to=ADA["email"])[-1].kind == "address_changed"


@pytest.mark.both_databases
def test_to_press_twice_changes_it_once(app, bookings, manage):
    asked(app, manage)
    path = way(app)
    form = form_of(app.test_client().get(path).text, "#confirm")
    pressed = [app.test_client().post(path, data=form, headers=BY_BROWSER) for _ in range(2)]
    assert [each.status_code for each in pressed] == [303, 303]
    assert bookings()[0].changes == 2, "asked once, changed once"


@ON_SQLITE
def test_software_that_sends_forms_confirms_no_address(app, bookings, manage):
    asked(app, manage)
    path, client = way(app), app.test_client()
    form = form_of(client.get(path).text, "#confirm")
    answer = client.post(path, data=form)
    assert answer.status_code == 422
    assert "press the button once more" in answer.text
    assert bookings()[0].customer_email == ADA["email"]
    assert client.post(path, data=form_of(answer.text, "#confirm")).status_code == 303
    assert bookings()[0].customer_email == NEW


@ON_SQLITE
def test_the_form_shows_the_address_that_is_asked_and_who_corrects_it_asks_another(app, manage):
    asked(app, manage, "mistyped@example.org")
    first, page = way(app), TabClient(app, f"{manage}/details")
    assert value(page, "email") == "mistyped@example.org"
    assert "we write to the new one first" in text(page)
    page.submit(note="By the door")
    assert len(letters_of(app, kind="confirm_address")) == 1
    form = form_of(app.test_client().get(first).text, "#confirm")
    asked(app, manage, NEW)
    not_any_more = app.test_client().get(first)
    assert "The address was not changed" in not_any_more.text
    assert all(each not in not_any_more.text for each in (NEW, 'id="confirm"', "Cut"))
    assert app.test_client().post(first, data=form, headers=BY_BROWSER).status_code == 409
    assert "Is this your e-mail address?" in app.test_client().get(way(app)).text


@ON_SQLITE
def test_who_leaves_the_first_address_after_all_is_asked_for_nothing(app, bookings, manage):
    asked(app, manage)
    with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
        session.execute(
            update(letter).where(letter.c.kind == "confirm_address").values(state="sent")
        )
    path = way(app)
    form = form_of(app.test_client().get(path).text, "#confirm")
    assert "Your details are changed" in text(asked(app, manage, ADA["email"]))
    answer = app.test_client().post(path, data=form, headers=BY_BROWSER)
    assert answer.status_code == 409
    assert "Nothing was changed" in answer.text
    assert "It was not confirmed in time" in answer.text
    assert bookings()[0].customer_email == ADA["email"]


@ON_SQLITE
def test_of_a_cancelled_appointment_no_address_is_confirmed(app, bookings, manage):
    asked(app, manage)
    path = way(app)
    form = form_of(app.test_client().get(path).text, "#confirm")
    TabClient(app, manage).submit("form[action$=cancellation]")
    answer = app.test_client().post(path, data=form, headers=BY_BROWSER)
    assert answer.status_code == 409
    assert "This appointment is cancelled" in answer.text


@ON_SQLITE
def test_a_link_of_another_appointment_or_made_up_leads_nowhere(app, manage):
    asked(app, manage)
    path, client = way(app), app.test_client()
    reference, token = path.split("/")[3], path.rpartition("/")[2]
    for wrong in (
        path.replace(token, token[::-1]),
        path.replace(reference, "XXXXXXXX"),
        path.replace("/confirmation/", "/decision/"),
        f"/book/appointment/{token}",
    ):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong, headers=BY_BROWSER).status_code == 404


@ON_SQLITE
@pytest.mark.settings(letters_per_address=1)
def test_an_address_that_cannot_be_asked_is_refused_and_what_was_typed_stays(app, manage):
    other = link_of(at_done(app, service="long", staff="ben"))
    change(app, "long", confirm_by_mail=True)
    assert "We have written to your new address" in text(asked(app, manage))
    refused = asked(app, other, name="Bea")
    assert (refused.status, refused.step) == (409, "mend")
    assert "We cannot write to that e-mail address just now" in alert(refused)
    assert value(refused, "name") == "Bea"


@ON_SQLITE
@pytest.mark.parametrize("is_corrected", [True, False], ids=["corrected", "too late"])
def test_who_was_asked_by_mistake_does_not_follow_the_appointment(app, manage, is_corrected):
    asked(app, manage)
    path, client = way(app), app.test_client()
    assert "sb-appointment-date" in client.get(path).text
    if is_corrected:
        with app.app_context(), write_transaction(app.extensions["booking"].session) as session:
            of_it = letter.c.kind == "confirm_address"
            session.execute(update(letter).where(of_it).values(state="sent"))
        asked(app, manage, ADA["email"])
    now = datetime.now(UTC)
    with time_machine.travel(now if is_corrected else now + timedelta(minutes=31)):
        shown = client.get(path)
    assert "The address was not changed" in shown.text
    assert "sb-appointment-date" not in shown.text


@ON_SQLITE
def test_an_address_that_reads_like_that_of_today_is_asked_as_any_other(app, bookings):
    done = at_done(app, service="short", staff="ana")
    page = TabClient(app, f"{link_of(done)}/details").submit(email="ada@strasse.example")
    link = page.url.partition("?")[0]
    change(app, "short", confirm_by_mail=True)
    page = asked(app, link, "ada@straße.example")
    assert "We have written to your new address" in text(page)
    assert bookings()[0].customer_email == "ada@strasse.example"
    press(app, way(app))
    assert bookings()[0].customer_email == "ada@straße.example"
    assert app.test_client().get(link).status_code == 404
