"""Each letter says what happened, when and where, to whoever it is for."""

from tests.fixtures.small_shop import at
from tests.notifications.conftest import MAIL


def text(message) -> str:
    return message.get_body(("plain",)).get_content()


def test_a_letter_is_from_the_shop_and_answers_go_there(shop, letters):
    shop.book(None, "cut", "ann", at("10:00", day=3), outbox=MAIL)
    (message,) = letters("shop", "booked")
    headers = {name: message[name] for name in ("From", "Reply-To", "To", "Auto-Submitted")}
    assert headers == {
        "From": "The Shop <letters@shop.example>",
        "Reply-To": "shop@example.com",
        "To": "shop@example.com",
        "Auto-Submitted": "auto-generated",
    }
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["List-Id"] is None
    assert message["Message-ID"].endswith("@shop.example>")


def test_a_booking_is_told_as_it_was(shop, letters):
    shop.book(None, "cut", "ann", at("10:00", day=3), outbox=MAIL)
    shop.change("cut", name="Trim")
    (message,) = letters("customer", "booked")
    assert message["Subject"] == "Booked: Cut, Thursday 4 March 2027, 10:00"
    assert "What: Cut\nWith: Ann" in text(message)
