"""What the desk does while others wait: as little with 5,000 appointments to come as with one.

Each of the desk's addresses that takes a form is sent one that is carried out, over tables that are
filled with some years and with appointments to come; `tests/test_write_locks.py` does the same for
what customers send and for the commands. A route that is added is watched by itself.
"""

import pytest
from flask import request
from sqlalchemy import select, update

from booking.owner.routes import routes
from booking.storage.models import desk_session, hold
from booking.testing import TabClient
from tests.fixtures.clocks import MONDAY_MORNING
from tests.fixtures.write_locks import fill, watched
from tests.owner import test_large_amounts as coming
from tests.owner.conftest import PASSWORD, account, page_of, text_of
from tests.owner.test_a_booking import MAIL, TOMORROW_TEN, column, held, send, slot
from tests.owner.test_accounts import BEN
from tests.owner.test_customers import book, page_path
from tests.owner.test_first_hour import HOURS, SHOP, answer
from tests.owner.test_services import fields

COMING, AT_ONCE = 5_000, 20
RULE = "Ask it before the lock is taken, or by an index (owner/shop_saving.py):"
ON_SUNDAY = "2026-03-08"
WAITS = {"state": "pending", "pending_for": "approval"}


@pytest.mark.both_databases
@pytest.mark.settings(**MAIL | {"public_url": "http://localhost"})
def test_nothing_the_desk_does_under_a_write_lock_looks_at_every_appointment(desk_as, shop):
    """All of them are touched by some of it, so each has been looked at before."""
    with shop.app.app_context():
        engine = shop.app.extensions["booking"].engine
    fill(engine, int(MONDAY_MORNING.timestamp()))
    coming.fill(shop, 0, COMING)
    with shop.writing() as session:  # nobody holds ten thousand times of one service at once
        others = {"service_id": 2, "staff_member_id": 2}
        session.execute(update(hold).where(hold.c.id > AT_ONCE).values(others))
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    asked = set()
    shop.app.before_request(lambda: asked.add(request.endpoint) if is_sent() else None)
    with watched(engine) as seen:
        the_whole_desk(desk_as, shop)
    assert not seen.offences, "\n".join([RULE, *seen.offences])
    taking = {f"booking_desk.{each.endpoint}" for each in routes() if "POST" in each.methods}
    assert asked == taking - {"booking_desk.unknown"}


def is_sent() -> bool:
    return request.method == "POST" and request.endpoint.startswith("booking_desk.")


def the_whole_desk(desk_as, shop) -> None:
    owner = desk_as("owner")
    appointments_are_looked_after(owner, shop)
    customers_are_looked_after(owner, shop)
    somebody_calls(owner)
    the_business_changes(owner)
    the_shop_is_closed(owner)
    letters_are_looked_after(owner)
    somebody_comes_in(owner, shop)
    sessions_end(desk_as, shop)


def post(desk, path: str, data=None, status: int = 303):
    answer = desk.post(f"/desk/{path}", data=data)
    assert answer.status_code == status, (path, text_of(answer))
    return answer


def agree(desk, path: str, data=None) -> None:
    """Send it, see that it touches appointments, and agree to that."""
    shown = page_of(post(desk, path, data, 409))
    assert "appointments to come" in shown.get_text(), path
    post(desk, path, {**(data or {}), "agreed": shown.select_one("[name=agreed]")["value"]})


def the_business_changes(desk) -> None:
    assert answer(desk, "shop", SHOP).status_code == 303
    assert answer(desk, "hours", HOURS).status_code == 409
    for kind, slug, empty in (("services", "long", "new-service"), ("staff", "ben", "new-staff")):
        form = fields(desk.page(f"/desk/{kind}/{slug}"))
        post(desk, f"{kind}/{slug}", form | {"name": "Other"})
        post(desk, f"{kind}/{slug}/place", {"to": "up"})
        new = fields(desk.page(f"/desk/{empty}")) | {"name": "New", "duration": "30"}
        post(desk, kind, new)
    for kind, slug in (("services", "short"), ("staff", "ana")):
        agree(desk, f"{kind}/{slug}/removal")
        post(desk, f"{kind}/{slug}/return")
    offered = fields(desk.page("/desk/services/short")) | {"offered_by": ["ana", "ben"]}
    post(desk, "services/short", offered)
    week = fields(desk.page("/desk/hours/ana")) | {"open-2-0-to": "12:00"}
    agree(desk, "hours/ana", week | {"break-2-0-from": "", "break-2-0-to": ""})
    agree(desk, "hours/ana/days", {"day": "2026-03-05"})
    post(desk, "hours/ana/days/2026-03-05/removal")
    agree(desk, "settings", fields(desk.page("/desk/settings")) | {"zone": "Europe/Berlin"})
    words = fields(desk.page("/desk/settings/texts/reminder")) | {"text": "Bring shoes."}
    post(desk, "settings/texts/reminder", words)


def the_shop_is_closed(desk) -> None:
    agree(desk, "closures", {"first": "2026-03-10", "last": "2029-12-31", "reason": "Floor"})
    post(desk, "closures/removal", {"first": "2026-03-10", "last": "2029-12-31"})
    off = {"member": "ana", "from_day": "2026-03-09", "to_day": "2026-03-11"}
    agree(desk, "closures/time-off", off | {"from_time": "", "to_time": "", "reason": ""})
    back = fields(desk.page("/desk/closures"), 'form[action="/desk/closures/time-off/removal"]')
    post(desk, "closures/time-off/removal", back)


def appointments_are_looked_after(desk, shop) -> None:
    reference = shop.appointment(TOMORROW_TEN)
    send(desk, reference, "notes", note="Allergic to henna.")
    send(desk, reference, "details", name="Other", email="other@example.com")
    send(desk, reference, "letters")
    send(desk, reference, "time", slot=slot(desk, reference, n=-1))
    entry = desk.page(f"/desk/bookings/{reference}").select_one("[name=entry]")["value"]
    send(desk, reference, "undo", entry=entry)
    send(desk, reference, "cancellation", words="Ill.")
    waits = shop.appointment(TOMORROW_TEN.replace(hour=11), **WAITS)
    send(desk, waits, "decision", decision="confirm")
    send(desk, book(shop), "attendance", attendance="no_show")
    post(desk, f"holds/{held(shop, TOMORROW_TEN.replace(hour=14))}/release")
    post(desk, "search", {"q": "Zoë 00042"}, 200)


def customers_are_looked_after(desk, shop) -> None:
    one, other = book(shop, weeks=1), book(shop, "Zora", weeks=2, email="z@example.com", phone="")
    path, theirs = page_path(shop, one), column(shop, other, "customer_id")
    path = path.removeprefix("/desk/")
    post(desk, "customers", {"q": "byron"}, 200)
    post(
        desk,
        f"{path}/details",
        fields(desk.page(f"/desk/{path}"), "#details") | {"name": "A", "note": "T"},
    )
    post(desk, f"{path}/block", {"blocked": "1"})
    post(desk, f"{path}/merge", {"other": theirs})
    post(desk, f"{path}/parts/{theirs}/separation")
    post(desk, f"{path}/split", {"booking": one})
    post(desk, f"customers/{theirs}/erasure", {"confirm": "Zora"})


def somebody_calls(desk) -> None:
    """Twice: who is not booked for at all, and who is booked for as often as can be."""
    for ends in (True, False):
        tab = TabClient(desk, "/desk/bookings/new")
        tab.submit("#service-form", service="short", staff="ben").submit("#day-form", day=ON_SUNDAY)
        if ends:
            tab.click(".sb-new-end button")
            continue
        tab.submit("#time-form", slot=tab.page.select_one("[name=slot]")["value"])
        tab.submit("#who", name="Caller", weeks="1", times="52").submit("#dates-form")
        assert (tab.status, tab.step) == (200, None)
    post(desk, "bookings/new/known", {"name": "byron"}, 200)


def letters_are_looked_after(desk) -> None:
    post(desk, "letters/tries")
    post(desk, "letters/tests", {"address": "ola@shop.example"}, 200)


def somebody_comes_in(owner, shop) -> None:
    made = page_of(post(owner, "accounts/new", BEN, 200))
    number = account(shop.app, "ben@example.com").id
    page = owner.page(f"/desk/accounts/{number}")
    typed = fields(page, f"form[action$='/{number}']") | {"role": "reception", "staff": ""}
    post(owner, f"accounts/{number}", typed)
    again = page_of(post(owner, f"accounts/{number}/password-link", status=200))
    link = again.select_one("#field-link")["value"].removeprefix("http://localhost/desk/")
    assert link not in str(made)
    ben = shop.app.test_client()
    post(ben, link, {"password": PASSWORD})
    post(ben, "account/password", {"current": PASSWORD, "password": "eight little boats"})
    post(ben, "logout")
    post(ben, "login", {"email": "ben@example.com", "password": "eight little boats"})
    post(owner, f"accounts/{number}/sessions/end")
    post(owner, f"accounts/{number}/removal")


def sessions_end(desk_as, shop) -> None:
    office, phone = desk_as("reception"), desk_as("reception")
    whose = account(shop.app, "reception-x@example.com").id
    with shop.reading() as session:
        theirs = select(desk_session.c.id).where(desk_session.c.account_id == whose)
        last = session.scalar(theirs.order_by(desk_session.c.id.desc()))
    post(office, f"account/sessions/{last}/end")
    post(office, "account/sessions/end")
    assert phone.get("/desk/").status_code == 303
