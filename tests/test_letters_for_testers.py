"""What a test is handed of the letters that an app has written."""

import pytest

from booking.testing import TabClient
from tests.commands.shell import execute
from tests.commands.test_letters import MAIL, update_mail
from tests.customer.walks import ADA, at_done

pytestmark = pytest.mark.usefixtures("monday_morning")


@MAIL
def test_a_test_reads_what_was_written_as_it_will_be_when_it_is_due(app):
    execute(app, update_mail({"reminders": [5]}))
    tab = at_done(app)
    booked, shops, reminder = tab.letters
    assert [(one.kind, one.role) for one in tab.letters] == [
        ("booked", "customer"),
        ("booked", "shop"),
        ("reminder", "customer"),
    ]
    assert (booked.recipient, booked.state) == (ADA["email"], "waiting")
    assert "Short visit" in booked.text
    assert "Short visit" in booked.html
    assert reminder.subject.startswith("Reminder: Short visit")
    assert reminder.due > booked.due
    assert not [link for link in shops.links if "/appointment/" in link]
    [event] = booked.invitation.events
    assert (booked.invitation["METHOD"], reminder.invitation) == ("REQUEST", None)
    assert event["SUMMARY"].startswith("Short visit")


@MAIL
def test_the_link_in_a_letter_opens_the_appointment_and_what_is_withdrawn_is_not_shown(app):
    tab = at_done(app)
    link = next(link for link in tab.letters[0].links if "/appointment/" in link)
    tab.open(link).submit("form[action$=cancellation]")
    assert {one.kind for one in tab.letters} == {"cancelled"}


def test_an_app_that_writes_no_letters_says_what_it_needs(app):
    with pytest.raises(LookupError, match="Give it BOOKING_MAIL_URL='log:'"):
        _ = TabClient(app, "/book/").letters
