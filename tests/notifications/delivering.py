"""An app that sends the small shop's letters to a real mail server on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from booking.notifications.delivery import Summary, deliver_due
from booking.storage.models import letter
from tests.conftest import app_over
from tests.fixtures.small_shop import NOW, SmallShop, at

TEN = at("10:00", day=3)
CUSTOMER, ANN, SHOP = "asa@example.com", "ann@example.com", "shop@example.com"


@contextmanager
def app_that_sends(shop: SmallShop, url: str, **settings: object) -> Iterator[Flask]:
    database_url = shop.engine.url.render_as_string(hide_password=False)
    given = {"mail_url": url, "mail_from": "letters@shop.example", "mails_a_second": 0}
    given |= {"public_url": "https://shop.example"} | settings
    with app_over(database_url, None, **given) as app:
        yield app


def deliver(app: Flask, *, minutes: float = 0, **more) -> Summary:
    """Send all that is due so long after the morning on which the small shop stands still."""
    return deliver_due(app, now=NOW + timedelta(minutes=minutes), **more)


def states(shop: SmallShop, role: str = "") -> list[tuple[str, str]]:
    """Kind and state of each letter, as they were written; of one role only, if it is named."""
    query = select(letter.c.kind, letter.c.state).order_by(letter.c.id)
    if role:
        query = query.where(letter.c.role == role)
    with shop.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def change(shop: SmallShop, kind: str, **values: object) -> None:
    """Change the customer's letter of that kind."""
    with shop.engine.begin() as connection:
        is_it = (letter.c.kind == kind) & (letter.c.role == "customer")
        connection.execute(update(letter).where(is_it).values(values))
