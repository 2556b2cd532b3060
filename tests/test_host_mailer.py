"""The mailer of docs/host.md, run as it is printed, against a real mail server."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from booking import Sidebook
from booking.notifications.delivery import deliver_due
from booking.testing import TabClient
from tests.customer.walks import ADA, at_done
from tests.fixtures.hosts import loaded
from tests.fixtures.mail_servers import mail_server

PRINTED = re.search(
    r"\*\*A mailer of your own\.\*\*.*?```python\n(.*?)```",
    (Path(__file__).parents[1] / "docs" / "host.md").read_text(encoding="utf-8"),
    re.DOTALL,
)[1]


@pytest.mark.usefixtures("monday_morning")
def test_the_printed_mailer_sends_its_letter_again_until_it_is_taken(host):
    host.config["BOOKING_PUBLIC_URL"] = "https://shop.example"
    exec(PRINTED, {"__name__": "mailer", "app": host, "sidebook": Sidebook(host)})
    at_done(loaded(host))
    with mail_server() as server:
        host.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port)
        server.answers = {"RCPT": ["450 later"]}
        now = datetime.now(UTC)
        deliver_due(host, now=now)
        assert server.received == []
        deliver_due(host, now=now + timedelta(minutes=2))
        deliver_due(host, now=now + timedelta(minutes=9))
    [letter] = server.received
    assert letter.recipient == ADA["email"]
    assert letter.message["Subject"] == "Your appointment: Short visit"
    link = letter.message.get_content().splitlines()[-1]
    assert TabClient(host, link).page.select_one("form[action$=cancellation]")


@pytest.mark.usefixtures("monday_morning")
def test_the_printed_mailer_leaves_out_who_gave_no_address(host):
    host.config["BOOKING_PUBLIC_URL"] = "https://shop.example"
    exec(PRINTED, {"__name__": "mailer", "app": host, "sidebook": Sidebook(host)})
    tell = loaded(host).test_cli_runner().invoke
    at_ten = ["short", "2027-02-03 10:00", "--staff", "ana", "--name", "Zoe"]
    booked = tell(args=["booking", "book", *at_ten])
    assert booked.exit_code == 0, booked.output
    with mail_server() as server:
        host.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port)
        deliver_due(host, now=datetime.now(UTC))
    assert server.received == []
    assert tell(args=["booking", "letters", "--failed"]).output == "No such letter.\n"
