"""`deliver`: sends what is due, and says what came of it."""

import pytest
from sqlalchemy import update

from booking.storage.models import letter
from tests.commands.shell import done, execute, refused
from tests.commands.test_letters import MAIL, booked


def test_where_there_is_nothing_to_send_by_it_says_what_to_write(app):
    assert "Write where letters leave, such as BOOKING_MAIL_URL=smtp://" in refused(app, "deliver")


@MAIL
@pytest.mark.settings(mails_a_second=0)
def test_it_says_how_many_letters_left(app):
    booked(app)
    assert done(app, "deliver") == "Letters: 2 sent.\n"
    assert done(app, "deliver") == "No letter is due.\n"
    execute(app, update(letter).values(state="waiting", tries=0, due_at=1, last_moment=1))
    assert done(app, "deliver") == "Letters: 3 that had lost their point.\n"


@pytest.mark.settings(
    mail_url="smtp://127.0.0.1:1?tls=none",
    mail_from="shop@shop.example",
    public_url="https://shop.example",
)
def test_it_says_what_keeps_the_others(app):
    booked(app)
    said = done(app, "deliver")
    assert said.startswith(
        "Letters: 1 to be tried again. No others leave for a while, for the mail"
    )
    assert "refused" in said
    assert done(app, "deliver").startswith("Letters: 1 to be tried again.")  # asked in spite of it


@MAIL
def test_purge_erases_old_letters_and_no_others(app):
    booked(app)
    assert done(app, "deliver") == "Letters: 2 sent.\n"
    assert "and 0 letters of long ago" in done(app, "purge")
    execute(app, update(letter).where(letter.c.state == "sent").values(ended_at=1))
    assert "and 2 letters of long ago" in done(app, "purge")
