"""A deliverer as a process of its own, which is there to be killed: its leases are short."""

import sys

from booking import create_app
from booking.commands.deliver import _until_stopped
from booking.notifications import delivery

if __name__ == "__main__":
    delivery.TURN, delivery.LOOK_EVERY, delivery.LEASE = 1, 0.1, 1 / 15
    url, mail = sys.argv[1:]
    app = create_app(
        {
            "BOOKING_DATABASE_URL": url,
            "BOOKING_MAIL_URL": mail,
            "BOOKING_MAIL_FROM": "letters@shop.example",
            "BOOKING_PUBLIC_URL": "https://shop.example",
            "BOOKING_MAILS_A_SECOND": 0,
            "BOOKING_MAIL_SECONDS": 30,
            "SECRET_KEY": "of the tests",
        }
    )
    delivery.watch_all(app, *_until_stopped())
