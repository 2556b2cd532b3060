"""Every route of the desk, as nobody and as each role: nobody gets anything of a page."""

import re

import pytest

from booking import Sidebook
from booking.config import ConfigurationError
from booking.owner.access import ANYBODY, EVERYBODY
from booking.owner.desk_route import desk_route
from booking.owner.routes import refuse_routes_without_roles, routes
from tests.fixtures.clocks import MONDAY_MORNING
from tests.owner.conftest import text_of

EXAMPLES = {
    "<path:unknown>": "nowhere",
    "<token>": "x",
    "<reference>": "AB12CD",
    "<slug>": "ana",
    "<day>": "2026-03-04",
    "<name>": "booked",
}


def address(rule: str) -> str:
    """An address that the rule fits; what it names need not exist."""
    path = rule
    for variable, value in EXAMPLES.items():
        path = path.replace(variable, value)
    path = re.sub(r"<any\((\w+)[^>]*>", r"\1", path)
    while "<int:" in path:
        head, _, tail = path.partition("<int:")
        path = f"{head}999999{tail.partition('>')[2]}"
    assert "<" not in path, f"give {rule} an example in EXAMPLES"
    return f"/desk{path}"


ROUTES = [
    (method, address(route.rule), tuple(route.roles))
    for route in routes()
    for method in route.methods
]
CLOSED = [(method, path, roles) for method, path, roles in ROUTES if roles != ANYBODY]


def test_whoever_is_nobody_is_led_to_the_log_in_and_sees_nothing(nobody):
    for method, path, _ in CLOSED:
        answer = nobody.open(path, method=method)
        assert answer.status_code == 303, (method, path)
        assert answer.headers["Location"].startswith("/desk/login"), (method, path)
        assert "Today" not in answer.text
        fragment = nobody.open(path, method=method, headers={"HX-Request": "true"})
        assert fragment.status_code == 401, (method, path)
        assert fragment.headers["HX-Redirect"].startswith("/desk/login"), (method, path)
        assert fragment.text == ""


@pytest.mark.parametrize("role", EVERYBODY)
def test_each_role_may_use_what_says_so_and_nothing_else(role, desk_as):
    client = desk_as(role, "ana" if role == "staff" else None)
    for method, path, roles in CLOSED:
        answer = client.open(path, method=method)
        is_refused = answer.status_code == 403 and "This is not your page" in answer.text
        assert is_refused == (role not in roles), (method, path, answer.status_code)
        assert answer.status_code < 500, (method, path)
        assert answer.headers["Cache-Control"] == "no-store", (method, path)


@pytest.mark.both_databases
def test_a_number_that_no_row_can_have_is_nobodys_and_no_failure(desk):
    rules = [(route.rule, each) for route in routes() for each in route.methods]
    numbered = [(rule, method) for rule, method in rules if "<int:" in rule]
    assert len(numbered) > 10
    for rule, method in numbered:
        path = address(rule).replace("999999", "9" * 30)
        assert desk.open(path, method=method).status_code == 404, (method, path)
    assert desk.get(f"/desk/customers?after={'9' * 30}").status_code == 200
    assert desk.get(f"/desk/history?before={'9' * 30}").status_code == 200


def test_staff_whose_place_in_the_business_is_gone_cannot_come_in(desk_as, shop):
    from sqlalchemy import update

    from booking.storage.accounts import Account

    client = desk_as("staff", "ana")
    assert client.get("/desk/").status_code == 200
    with shop.writing() as session:
        session.execute(update(Account).values(staff_member_id=None))
    assert client.get("/desk/").status_code == 303


def test_what_is_sent_from_elsewhere_is_refused_before_anything(desk):
    for method, path, _ in ROUTES:
        if method == "GET":
            continue
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        ):
            assert desk.open(path, method=method, headers=headers).status_code == 403, path
    assert desk.get("/desk/").status_code == 200


def test_what_says_nothing_of_where_it_came_from_changes_nothing(desk_app, desk):
    from flask.testing import FlaskClient

    plain = FlaskClient(desk_app)
    plain._cookies = desk._cookies
    assert plain.post("/desk/logout").status_code == 403
    assert desk.get("/desk/").status_code == 200


def test_a_route_without_roles_stops_the_start(host):
    with pytest.raises(ConfigurationError, match="Say who may use it"):
        desk_route("/x", lambda: "x", roles=())
    with pytest.raises(ConfigurationError, match="Say who may use it"):
        desk_route("/x", lambda: "x", roles=("boss",))
    Sidebook(host, desk_prefix="/desk")
    host.add_url_rule("/desk/secret", "booking_desk.secret", lambda: "x")
    with pytest.raises(ConfigurationError, match="has no roles"):
        refuse_routes_without_roles(host, "booking_desk")


def test_today_shows_staff_their_own_appointments_alone(desk_as, shop):
    shop.appointment(MONDAY_MORNING.replace(hour=10), "Zoë of Ana")
    assert "Zoë of Ana" in text_of(desk_as("staff", "ana").get("/desk/"))
    assert "Zoë of Ana" not in text_of(desk_as("staff", "ben").get("/desk/"))
    assert "Zoë of Ana" in text_of(desk_as("reception").get("/desk/"))
