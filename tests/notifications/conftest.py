"""Letters of the small shop, as they would go out."""

from collections.abc import Callable, Iterable, Iterator
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from booking.config import Settings
from booking.files import TEMPLATES
from booking.notifications.letters import Sender, compose
from booking.operations.outbox import Outbox
from booking.state import NAME, SidebookState
from booking.storage.models import Shop, letter
from booking.storage.outbox import Letter
from tests.fixtures.small_shop import NOW, SmallShop
from tests.fixtures.small_shop import shop as small_shop

__all__ = ["small_shop"]

MAIL = Outbox(mail=True)
SENDER = Sender("letters@shop.example", "The Shop")
LINK = "https://shop.example/book/appointment/x9Yz-0Qw_"


@pytest.fixture(scope="session")
def letterbox() -> Flask:
    """An app with our templates, a public address, a key for links, and nothing else."""
    app = Flask("post", template_folder=str(TEMPLATES))
    settings = Settings(public_url="https://shop.example", secret_key=("only for tests " * 3,))
    app.extensions[NAME] = SidebookState(settings, db=None, url_prefix="/book")
    return app


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


def rows(shop: SmallShop, role: str = "", kind: str = "") -> list[Letter]:
    """The rows in their order; only those of a role and a kind, where they are named."""
    with shop.engine.connect() as connection:
        found = connection.execute(select(letter).order_by(letter.c.id))
        every = [Letter(**row._mapping) for row in found]
    return [row for row in every if role in ("", row.role) and kind in ("", row.kind)]


def compose_all(shop: SmallShop, wanted: Iterable[Letter], now=NOW) -> list[EmailMessage | None]:
    """Each of these as it would go out; the app's context is the caller's."""
    given = {"now": now, "sender": SENDER, "manage_url": lambda *_: LINK}
    with shop.reading() as session:
        return [compose(session, row, **given) for row in wanted]


@pytest.fixture
def letters(post, shop) -> Callable[..., list[EmailMessage | None]]:
    """Composes every row of that role and kind: `letters("customer", "booked")`."""
    return lambda role="", kind="", *, now=NOW: compose_all(shop, rows(shop, role, kind), now)


def text_of(message: EmailMessage) -> str:
    return message.get_body(("plain",)).get_content()


def html_of(message: EmailMessage) -> str:
    return message.get_body(("html",)).get_content()
