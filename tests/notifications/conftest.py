"""Letters of the small shop, as they would go out."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from booking.files import TEMPLATES
from booking.notifications.letters import Sender, compose
from booking.operations.outbox import Outbox
from booking.storage.models import Shop, letter
from booking.storage.outbox import Letter
from tests.fixtures.small_shop import NOW, SmallShop
from tests.fixtures.small_shop import shop as small_shop

__all__ = ["small_shop"]

MAIL = Outbox(mail=True)
SENDER = Sender("letters@shop.example", "The Shop")


LINK = "https://shop.example/book/appointment/x9Yz-0Qw_"


def manage_url(_session, booking) -> str:
    return f"{LINK}{booking.reference}"


@pytest.fixture(scope="session")
def letterbox() -> Flask:
    """An app with our templates and nothing else."""
    return Flask("post", template_folder=str(TEMPLATES))


@pytest.fixture
def post(letterbox) -> Iterator[Flask]:
    """The app in whose context letters are made; another test has another's."""
    with letterbox.app_context():
        yield letterbox


@pytest.fixture
def shop(small_shop: SmallShop) -> SmallShop:
    """With addresses for the shop, Ann and Ben."""
    shop = small_shop
    with shop.writing() as session:
        session.get(Shop, 1).email = "shop@example.com"
    for who in ("ann", "ben"):
        shop.change(who, email=f"{who}@example.com")
    return shop


def rows(shop: SmallShop) -> list[Letter]:
    with shop.engine.connect() as connection:
        return [Letter(**row._mapping) for row in connection.execute(select(letter))]


@pytest.fixture
def letters(post, shop) -> Callable[..., list[EmailMessage | None]]:
    """Composes every row of that role and kind: `letters("customer", "booked")`."""

    def composed(role: str, kind: str, *, now=NOW) -> list[EmailMessage | None]:
        with shop.reading() as session:
            wanted = [row for row in rows(shop) if (row.role, row.kind) == (role, kind)]
            given = {"now": now, "sender": SENDER, "manage_url": manage_url}
            return [compose(session, row, **given) for row in wanted]

    return composed
