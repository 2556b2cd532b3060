"""What a type checker sees of the library: mypy reads this file, nobody runs it."""

from dataclasses import dataclass, field
from typing import Any, assert_type

from flask import Blueprint, Response

from booking.tab_sessions import (
    Schema,
    TabSession,
    current_tab,
    custom_session_route,
    session_route,
)


@dataclass
class Note:
    """A draft with types."""

    text: str = ""
    lines: list[str] = field(default_factory=list)


class Trip:
    """A draft of one's own making."""

    def __init__(self, stops: list[str]) -> None:
        self.stops = stops


notes = Blueprint("notes", __name__)
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


note_route = custom_session_route(data=Note, prepare=lambda tab: {"length": len(tab.data.text)})


@note_route(notes, "/length")
def length(tab: TabSession[Note], length: int) -> str:
    """A project's own decorator."""
    return f"{tab.data.text}: {length}"


def call_them() -> None:
    """A decorated view takes the rule's arguments and no tab."""
    assert_type(note(number=2), Response)
    note("two")  # type: ignore[arg-type]
    trip(1)  # type: ignore[call-arg]
