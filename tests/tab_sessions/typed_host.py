"""What a type checker sees of the library: mypy and pyright read this file, nobody runs it."""

from dataclasses import dataclass, field
from typing import Any, assert_type

from flask import Blueprint, Flask, Response
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column

import booking
from booking import Booking, Sidebook
from booking.tab_sessions import (
    AnonymousUsers,
    DeferredResponse,
    Schema,
    TabOwned,
    TabSession,
    TabSessions,
    anonymous_user,
    attach_user,
    current_tab,
    custom_session_route,
    key_of,
    session_lifecycle,
    session_route,
)
from booking.testing import File, Order, TabClient, every_order
from booking.testing.shop import load_shop


@dataclass
class Note:
    """A draft with types."""

    text: str = ""
    lines: list[str] = field(default_factory=list[str])


class Trip:
    """A draft of one's own making."""

    def __init__(self, stops: list[str]) -> None:
        self.stops = stops


app = Flask(__name__)
db = SQLAlchemy(app)
TabSessions(app, db.session, idle_minutes=30, draft_bytes=32_000)
sidebook = Sidebook(app, db, url_prefix="/book")
notes = Blueprint("notes", __name__)
session_lifecycle(notes)
trips = Schema(load=lambda content: Trip(content.get("stops", [])), dump=vars)


@session_route(notes, "/note/<int:number>", methods=["GET", "POST"], data=Note)
def note(tab: TabSession[Note], number: int) -> str:
    """The draft is the dataclass."""
    assert_type(tab.data, Note)
    assert_type(tab.key, int | None)
    return tab.data.text * number


@session_route(notes, "/trip", methods=["POST"], data=trips)
def trip(tab: TabSession[Trip]) -> str:
    """The draft is what the schema loads."""
    assert_type(tab.data, Trip)
    return ", ".join(tab.data.stops)


@session_route(notes, "/plain")
def plain(tab: TabSession) -> str:
    """Without a schema it is a dict."""
    assert_type(tab.data, dict[str, Any])
    return str(current_tab.data)


def make(session: Session) -> int:
    """A user of the host's who has not logged in."""
    return session.scalar(select(func.count(Booking.id))) or 0


def merge(_session: Session, _anonymous: str, _user: str) -> None:
    """What the first one has is the second one's from now on."""


AnonymousUsers(make=make, merge=merge).init_app(app)


@session_route(notes, "/mine", methods=["POST"])
def mine(tab: TabSession) -> str:
    """Whose it is: an id as text, or nobody's."""
    assert_type(anonymous_user(tab), str | None)
    return anonymous_user(tab) or ""


def goodbye(tab: TabSession, *, name: str) -> str:
    """What is rendered afterwards."""
    return f"{tab.result}, {name}"


@session_route(notes, "/end", methods=["POST"])
def end(tab: TabSession) -> DeferredResponse:
    """A view may leave its rendering for later."""
    attach_user(tab, "ada")
    tab.complete("done")
    return tab.render_after_commit(goodbye, name="Ada")


@sidebook.on("booked")
def booked(booking: Booking, manage_url: str | None) -> None:
    """A host's own function hears of a booking."""
    assert_type(booking.reference, str)


note_route = custom_session_route(data=Note, prepare=lambda tab: {"length": len(tab.data.text)})


@note_route(notes, "/length")
def length(tab: TabSession[Note], length: int) -> str:
    """A project's own decorator."""
    return f"{tab.data.text}: {length}"


@note_route(notes, "/other")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
def other(tab: TabSession[Trip], length: int) -> str:
    """A project's own decorator hands over its own kind of tab, and no other."""
    return f"{tab.data.stops}: {length}"


class Base(DeclarativeBase):
    """Of the models."""


class Line(TabOwned, Base):
    """A row by tab."""

    __tablename__ = "line"
    __outlives_tab__ = "never"
    __copied_with_tab__ = True
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]


class DataBase(MappedAsDataclass, DeclarativeBase):
    """Of models that are dataclasses."""


class Sold(TabOwned, DataBase):
    """A row by tab whose arguments are known."""

    __tablename__ = "sold"
    __outlives_tab__ = "completed"
    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    price: Mapped[int]


class Forever(TabOwned, Base):
    """A choice that there is none of."""

    __tablename__ = "forever"
    __outlives_tab__ = "for ever"  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    id: Mapped[int] = mapped_column(primary_key=True)


@session_route(notes, "/lines", methods=["POST"])
def lines(tab: TabSession) -> str:
    """Rows by tab have their own types, and a key is a number."""
    line = assert_type(Line(price=3).give_to(tab), Line)
    assert_type(line.tab_session_id, int | None)
    assert_type(Line.of(tab, Line.price > 2), list[Line])
    assert_type(Sold(price=3).give_to(tab), Sold)
    Sold(price="three")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    is_mine = Line.is_of(tab)
    assert_type(is_mine, ColumnElement[bool])
    total = tab.session.scalar(select(func.sum(Line.price)).where(is_mine))
    return f"{total}, {assert_type(key_of(tab), int)}"


def call_them() -> None:
    """A decorated view takes the rule's arguments and no tab."""
    assert_type(note(number=2), Response)
    note("two")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    trip(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_it(tab: TabClient) -> None:
    """What a test is handed."""
    assert_type(booking.__version__, str)
    assert_type(tab.submit(word="x").refresh(), TabClient)
    tab.submit(photo=File("x", b"")).fetch("x", "POST", json={})
    order: Order = every_order([{"word": "x"}], [lambda tab: tab.refresh()])[0]
    order.walk((tab, tab.new_tab()))
    load_shop(app, {})
