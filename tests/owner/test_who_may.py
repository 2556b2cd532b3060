"""Who may use which page of the desk, written down a second time and by hand.

`test_the_door.py` proves that each route is closed to whom its own roles leave out. Here is what
these roles are to be: whoever opens a route to more people, or adds one, says so in this table too.
"""

import re

import pytest

from booking.owner.access import ANYBODY
from booking.owner.routes import routes
from booking.storage.accounts import OWNER, RECEPTION, STAFF
from booking.storage.reads import booking_by_reference, staff_by_slug
from booking.web import assets
from tests.owner.days import asked_to_move
from tests.owner.test_a_booking import MAIL, TOMORROW_TEN, send, url
from tests.owner.test_the_door import address

WHO_MAY = {
    ANYBODY: """
        GET /login
        POST /login
        POST /logout
        GET /one-time-link/<token>
        POST /one-time-link/<token>
    """,
    (OWNER, RECEPTION, STAFF): """
        GET /
        GET /agenda
        GET /search
        POST /search
        GET /bookings/new
        GET /bookings/new/screen
        POST /bookings/new/service
        POST /bookings/new/day
        POST /bookings/new/time
        POST /bookings/new/customer
        POST /bookings/new/dates
        POST /bookings/new/end
        POST /bookings/new/known
        GET /bookings/<reference>
        POST /bookings/<reference>/cancellation
        POST /bookings/<reference>/decision
        POST /bookings/<reference>/attendance
        POST /bookings/<reference>/notes
        POST /bookings/<reference>/letters
        POST /bookings/<reference>/undo
        GET /bookings/<reference>/time
        POST /bookings/<reference>/time
        GET /bookings/<reference>/details
        POST /bookings/<reference>/details
        GET /customers
        POST /customers
        GET /customers/<int:number>
        POST /customers/<int:number>/details
        GET /availability
        GET /closures
        POST /closures/time-off
        POST /closures/time-off/removal
        GET /closures/inside
        GET /account
        POST /account/password
        POST /account/sessions/end
        POST /account/sessions/<int:number>/end
        GET /<path:unknown>
        POST /<path:unknown>
        PUT /<path:unknown>
        PATCH /<path:unknown>
        DELETE /<path:unknown>
    """,
    (OWNER, RECEPTION): """
        GET /history
        GET /history/customers
        GET /holds
        POST /holds/<int:number>/release
        GET /customers/customers.csv
        GET /customers/<int:number>/stored.json
        GET /customers/<int:number>/stored.txt
        GET /customers/<int:number>/appointments.csv
        POST /customers/<int:number>/block
        GET /customers/<int:number>/merge
        POST /customers/<int:number>/merge
        POST /customers/<int:number>/parts/<int:part>/separation
        GET /customers/<int:number>/split
        POST /customers/<int:number>/split
        GET /customers/<int:number>/erasure
        POST /customers/<int:number>/erasure
        GET /letters
        POST /letters/tries
        GET /letters/preview
        GET /letters/<int:number>
        POST /letters/tests
        POST /closures
        POST /closures/removal
    """,
    (OWNER, STAFF): """
        GET /hours
        GET /hours/<slug>
        POST /hours/<slug>
        GET /hours/<slug>/days
        POST /hours/<slug>/days
        POST /hours/<slug>/days/<day>/removal
    """,
    (OWNER,): """
        GET /services
        POST /services
        GET /new-service
        GET /services/<slug>
        POST /services/<slug>
        POST /services/<slug>/removal
        POST /services/<slug>/return
        POST /services/<slug>/place
        GET /staff
        POST /staff
        GET /new-staff
        GET /staff/<slug>
        POST /staff/<slug>
        POST /staff/<slug>/removal
        POST /staff/<slug>/return
        POST /staff/<slug>/place
        GET /settings
        POST /settings
        GET /settings/file
        GET /settings/texts
        GET /settings/texts/<name>
        POST /settings/texts/<name>
        GET /accounts
        GET /history/accounts
        GET /accounts/new
        POST /accounts/new
        GET /accounts/<int:number>
        POST /accounts/<int:number>
        POST /accounts/<int:number>/removal
        POST /accounts/<int:number>/password-link
        POST /accounts/<int:number>/sessions/end
        GET /first-hour
        POST /first-hour/<any(shop,service,person,hours):step>
    """,
}
TABLE = {
    line.strip(): roles for roles, lines in WHO_MAY.items() for line in lines.strip().splitlines()
}


@pytest.fixture
def registered(desk_app) -> list:
    """The rules of the desk that the app answers, however they came there; style sheets aside."""
    rules = [*desk_app.url_map.iter_rules()]
    of_the_desk = [rule for rule in rules if rule.endpoint.startswith("booking_desk.")]
    names = {rule.endpoint.partition(".")[2] for rule in of_the_desk}
    assert names >= {*assets.ENDPOINTS}
    return [one for one in of_the_desk if one.endpoint.partition(".")[2] not in assets.ENDPOINTS]


def test_the_table_has_every_route_that_is_registered_and_no_other(registered):
    found = {
        f"{method} {rule.rule.removeprefix('/desk')}"
        for rule in registered
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert found == {*TABLE}, "Say in WHO_MAY who may use what is new."


def test_no_address_has_a_word_of_ours_where_another_one_has_a_short_name(registered):
    rules = {one.rule for one in registered}
    named = [one.replace("<slug>", "[a-z0-9-]+") for one in rules if "<slug>" in one]
    assert named
    hidden = [one for one in rules for other in named if re.fullmatch(other, one)]
    assert hidden == [], "What is called so could never be opened."


def test_each_route_is_open_to_whom_the_table_says_and_nobody_else():
    declared = {
        f"{method} {route.rule}": tuple(route.roles)
        for route in routes()
        for method in route.methods
    }
    assert {route: sorted(roles) for route, roles in declared.items()} == {
        route: sorted(roles) for route, roles in TABLE.items()
    }


def test_whoever_is_nobody_learns_nothing_by_another_method_either(registered, nobody):
    open_to_all = {line.partition(" ")[2] for line, roles in TABLE.items() if roles == ANYBODY}
    asked = 0
    for rule in registered:
        own = rule.rule.removeprefix("/desk")
        if own in open_to_all:
            continue
        for method in sorted(rule.methods & {"HEAD", "OPTIONS"}):
            answer = nobody.open(address(own), method=method)
            assert answer.status_code == 303, (method, own)
            assert "Allow" not in answer.headers
            asked += 1
    assert asked > 100


LEFT_TO_OWNERS = "so an owner or the reception does that. Nothing was changed."
GIVING = {
    "move it to a colleague": (OWNER, RECEPTION),
    "confirm another time with a colleague": (OWNER, RECEPTION),
    "undo that it came from a colleague": (OWNER, RECEPTION),
    "decline another time with a colleague": (OWNER, RECEPTION, STAFF),
}
"""What is done to an appointment of Ana's that concerns Ben: staff give none away."""


@pytest.mark.settings(**MAIL)
@pytest.mark.parametrize("role", [OWNER, RECEPTION, STAFF])
@pytest.mark.parametrize("what", GIVING)
def test_whose_an_appointment_is_changes_for_whom_the_table_says(what, role, desk, desk_as, shop):
    reference, noun, sent = _concerning_ben(what, desk, shop)
    who = desk_as(role, "ana" if role == STAFF else None)
    may = role in GIVING[what]
    answer = send(who, reference, noun, 303 if may else 409, **sent)
    stays = not may or what.startswith("decline")
    with shop.reading() as session:
        whose = booking_by_reference(session, reference).staff_member.slug
    assert whose == ("ana" if stays else "ben")
    if may:
        assert who.get(answer.location).status_code == 200, "no way leads to a 404"
    elif noun != "time":
        assert LEFT_TO_OWNERS in " ".join(answer.text.split())


@pytest.mark.settings(**MAIL)
@pytest.mark.parametrize("role", [OWNER, RECEPTION, STAFF])
@pytest.mark.parametrize(
    ("what", "button"),
    [
        ("confirm another time with a colleague", "Confirm"),
        ("undo that it came from a colleague", "Undo"),
        ("decline another time with a colleague", "Decline"),
    ],
)
def test_what_is_left_to_owners_has_no_button_for_others(what, button, role, desk, desk_as, shop):
    reference, _noun, _sent = _concerning_ben(what, desk, shop)
    page = desk_as(role, "ana" if role == STAFF else None).page(url(reference))
    offered = {each.get_text(strip=True) for each in page.select("button")}
    assert (button in offered) == (role in GIVING[what])
    assert ("an owner or the reception does that" in page.get_text()) == (role == STAFF)


def _concerning_ben(what, desk, shop) -> tuple[str, str, dict[str, str]]:
    """An appointment of Ana's in which that can be done: where it is sent, and what."""
    at_two = TOMORROW_TEN.replace(hour=14)
    same = {"slot": at_two.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if not what.startswith("undo"):
        reference = shop.appointment(at_two)
        if what.startswith("move"):
            return reference, "time", same | {"staff": "ben"}
        asked_to_move(shop.app, reference, "15:00", "ben", days=1)
        return reference, "decision", {"decision": what.split()[0]}
    with shop.reading() as session:
        ben = staff_by_slug(session, "ben").id
    reference = shop.appointment(at_two, staff_member_id=ben)
    send(desk, reference, "time", **same, staff="ana")
    entry = desk.page(url(reference)).select_one("[name=entry]")["value"]
    return reference, "undo", {"entry": entry}
