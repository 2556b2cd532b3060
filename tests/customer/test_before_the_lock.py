"""What was sent is read and judged before anything is locked: afterwards everybody waits for it."""

import sys
from contextlib import contextmanager

import pytest

from booking.testing import TabClient
from tests.customer.walks import ADA, at_details

LOCKS, LETS_GO = "begin_immediate", "_commit"
TAKES_TIME = {
    "spelt",
    "bare",
    "printable",
    "email_address",
    "phone_number.<locals>.judge",
    "FormDataParser.parse",
    "is_details_field",  # once for each field that is sent, of which there may be tens of thousands
}


@contextmanager
def watched():
    """What is called of all that, before the lock and while it is held."""
    seen, locked = {False: set(), True: set()}, []

    def watch(frame, event, _arg):
        name = frame.f_code.co_qualname
        if name in TAKES_TIME and event == "call":
            seen[bool(locked)].add(name)
        elif name == LOCKS and event == "return":
            locked.append(name)
        elif name == LETS_GO and event == "return":
            locked.clear()

    sys.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("details", [ADA | {"phone": "+351 210 000 001"}, {"name": "\u0300" * 99}])
def test_details_are_judged_before_anything_is_locked(app, details):
    tab = at_details(app, service="long")
    with watched() as seen:
        tab.submit(**details, question_first_visit="Yes")
    assert tab.status == (200 if details["name"] == ADA["name"] else 422)
    assert seen[False] >= {"spelt", "printable", "FormDataParser.parse"}
    assert seen[True] == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_stranger_sends_is_judged_before_anything_is_locked(app):
    worst = {
        "name": "a" + "\u0315\u0300" * 3990,
        "question_none": "\u0300" * 4000,
        "zone": "x" * 999,
    }
    for path in ("details/form", "details/typed", "new/form", "service/form"):
        tab = TabClient(app, "/book/")
        with watched() as seen:
            tab.client.post(f"/book/{path}", data=worst, headers={"Tab-Session": tab.id})
        assert seen[True] == set(), path
