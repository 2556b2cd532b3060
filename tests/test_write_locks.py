"""What runs while everybody else waits: it takes as long with a million rows as with none."""

import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask import request
from sqlalchemy import select

from booking import migrate, tab_sessions
from booking.commands import booking_commands
from booking.customer.wizard.state import slot_start
from booking.now import utc_now
from booking.operations.accounts import AccountPlan, add_account
from booking.operations.links import CONFIRMATION, DECISION
from booking.operations.sign_ins import Limits, begin_session
from booking.storage.bookings import booking, hold
from booking.storage.letter_reads import asked_address
from booking.storage.models import PendingMove
from booking.storage.reads import booking_by_reference
from booking.tab_sessions import read_transaction, tab_session, write_transaction
from booking.testing import TabClient
from tests.commands import shell
from tests.conftest import SHOP
from tests.customer.appointment.links import change, form_of, link_of
from tests.customer.walks import ADA, at_done, first_slot, slots
from tests.fixtures.write_locks import fill, watched
from tests.owner.conftest import Desk, cookie_name

LISBON = ZoneInfo("Europe/Lisbon")
METADATA = migrate.merged_metadata()
BY_LINK = {
    f"booking.{verb}" for verb in ("cancel", "move", "take_back", "mend", "confirm_it", "decide")
}
ONLY_LOOK = {"list", "show", "holds", "init", "backup", "write"}
WHILE_NOBODY_COMES = {"demo", "restore"}
RULE = "An index would find it, or let it take less at a time:"
ANSWERS = ADA | {"phone": "+351 210 000 001", "question_first_visit": "Yes"}


def test_every_foreign_key_has_an_index():
    """Or whoever deletes a row has the database search the whole table for what points to it."""
    keys = [(table, list(key.column_keys)) for table in METADATA.tables.values()
            for key in table.foreign_key_constraints]  # fmt: skip
    bare = [f"{table.name}: {columns}" for table, columns in keys if not is_indexed(table, columns)]
    assert keys
    assert not bare, "A migration gives each an index, or a wider one that begins with it."


def is_indexed(table, columns):
    kinds = [table.primary_key, *table.indexes]
    kinds += [each for each in table.constraints if each.__visit_name__ == "unique_constraint"]
    return any(
        [column.key for column in kind.columns][: len(columns)] == columns
        and condition_of(kind) in {"", f"{columns[0]} IS NOT NULL"}
        for kind in kinds
    )


def condition_of(kind):
    options = getattr(kind, "dialect_options", {})
    found = [options[name]["where"] for name in ("sqlite", "postgresql") if name in options]
    return " ".join({str(each) for each in found if each is not None})


@pytest.mark.settings(
    mail_url="log:",
    mail_from="shop@shop.example",
    public_url="http://localhost",
    mails_a_second=0,
)
@pytest.mark.usefixtures("monday_morning")
def test_nothing_under_a_write_lock_looks_at_more_than_it_needs(app):
    """A walk past everything that writes: whatever is added to it is watched by itself."""
    with app.app_context():
        engine = app.extensions["booking"].engine
        with write_transaction(app.extensions["booking"].session) as session:
            session.connection().exec_driver_sql("UPDATE booking_service SET daily_limit = 50")
        fill(engine, int(time.time()))
        with watched(engine) as seen:
            asked, told = everything_that_writes(app)
    assert not seen.offences, "\n".join([RULE, *seen.offences])
    assert len(seen.statements) > 60
    assert asked == {rule.endpoint for rule in app.url_map.iter_rules() if writes(app, rule)}
    assert told == set(booking_commands.commands) - ONLY_LOOK - WHILE_NOBODY_COMES


def writes(app, rule):
    is_ours = getattr(app.view_functions[rule.endpoint], "is_session_route", False)
    return rule.methods & {"POST", "DELETE"} and (is_ours or rule.endpoint in BY_LINK)


def everything_that_writes(app):
    """The endpoints that were sent something, and the commands that were given."""
    asked, told = set(), set()
    app.before_request(lambda: asked.add(request.endpoint) if request.method != "GET" else None)

    def tell(*words):
        answer = app.test_cli_runner().invoke(args=["booking", *map(str, words)])
        assert answer.exit_code == 0, answer.output
        told.add(words[0])

    somebody_changes_their_mind(app)
    somebody_comes_on_a_crowded_day(app)
    two_tabs_help_each_other(app)
    the_owner_looks_after_the_day(app, somebody_books(app), tell)
    what_waits_is_decided(app, tell)
    somebody_calls(app)
    somebody_is_sent_away(app, tell)
    return asked, told


def somebody_books(app):
    tab = TabClient(app, "/book/").submit(service="long").submit(staff="any")
    tab.submit(slot=first_slot(tab)).open("time").submit(slot=slots(tab)[2])
    send(tab, "hold/extension")
    send(
        tab,
        "details/typed",
        name="A",
        answer_version=tab.fields["answer_version"],
        details_revision=0,
    )
    tab.submit(name="Ada").submit(**ANSWERS)
    send(tab, "details/kept")
    tab.open("service").submit(service="short")
    copy = tab.duplicate()
    tab.renew().refresh().submit()
    assert tab.step == "done"
    send(tab, "review/form", **tab.fields)
    copy.open("time")
    copy.submit(slot=first_slot(copy)).submit()
    return tab


def somebody_changes_their_mind(app):
    tab = TabClient(app, "/book/")
    send(tab, "new/form", service="short", staff="any", name="Ada", slot="2000-01-01T09:00Z")
    tab.open("time")
    tab.submit(slot=first_slot(tab))
    send(tab, "clear")
    other = TabClient(app, "/book/").submit(service="short").submit(staff="any")
    other.submit(slot=first_slot(other)).open("service").submit(service="long")
    tab.client.delete("/book/tab-session", headers={"Tab-Session": other.id})


def somebody_comes_on_a_crowded_day(app):
    for _ in range(4):
        tab = TabClient(app, "/book/", does_sums=False).submit(service="short").submit(staff="ana")
        tab.open(f"time?day={in_days(5)}").submit(slot=first_slot(tab))
    assert tab.status == 428
    tab.does_sums = True
    assert tab.submit().step == "details"


def two_tabs_help_each_other(app):
    one, other = (
        TabClient(app, "/book/").submit(service="short").submit(staff="any") for _ in "ab"
    )
    for tab in (one, other):
        tab.submit(slot=first_slot(tab))
    one.submit(**{name: ANSWERS[name] for name in ("name", "email", "phone")})
    for purpose in ("details", "times"):
        reference = send(one, f"handover/{purpose}/offer").text
        send(other, f"handover/{purpose}/receipt", reference=reference)
    other.refresh().submit()


def the_owner_looks_after_the_day(app, booked, tell):
    reference = booked.page.select_one("[data-booking-reference]")["data-booking-reference"]
    moved_to, booked_for = free_times(app)
    tell("reschedule", reference, moved_to, "--staff", "ana")
    the_customer_changes_it_by_its_link(booked)
    tell("book", "short", booked_for, "--name", "Ada", "--staff", "ana")
    held = TabClient(app, "/book/").submit(service="short").submit(staff="ana")
    held.submit(slot=first_slot(held))
    with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
        key, made = newest(session, hold.c.tab_session_id), newest(session, booking.c.reference)
    tell("release", key)
    tell("cancel", made)
    tell("customer", "block", made)
    tell("customer", "erase", made, "--yes")
    tell("load", SHOP, "--force")  # of the limit that somebody wrote by SQL
    tell("letters", "plan")
    tell("deliver")
    tell("letters", "retry")
    tell("purge")
    tell("doctor")
    tell("account", "add", "ola@mare.example", "--role", "owner")


def somebody_calls(app):
    """Twice: who is booked for as often as can be, and who is not booked for at all."""
    app.test_client_class = Desk
    tab = TabClient(signed_in(app), "/desk/bookings/new")
    for turn in range(2):
        tab.open("/desk/bookings/new").submit("#service-form", service="short", staff="ana")
        tab.submit("#day-form", day=in_days(6))
        if turn:
            tab.click(".sb-new-end button")
        else:
            slot = tab.page.select_one("[name=slot]")["value"]
            tab.submit("#time-form", slot=slot)
            tab.submit("#who", name="Caller", weeks="1", times="52").submit("#dates-form")
            assert tab.status == 200
            assert tab.step is None


def signed_in(app):
    """A browser at the desk, of an owner."""

    def begin(session):
        plan = AccountPlan("olga@example.com", "Olga", "owner", "")
        limits = Limits(timedelta(hours=8), timedelta(days=7))
        account = add_account(session, plan, now=utc_now())
        return begin_session(session, account, limits, browser="Firefox", now=utc_now())

    token, client = shell.in_database(app, begin), app.test_client()
    client.set_cookie(cookie_name(app), token)
    return client


def what_waits_is_decided(app, tell):
    first, second, third = (somebody_asks(app, "approval") for _ in "abc")
    tell("confirm", first)
    tell("decline", second)
    decide(app, third, DECISION, "?do=confirm")
    asked = somebody_asks(app, "confirm_by_mail")
    decide(app, asked, CONFIRMATION)
    another_address_is_asked(app, asked)
    another_time_is_asked_for_and_decided(app, tell)


def another_address_is_asked(app, reference):
    change(app, "short", confirm_by_mail=True)
    sidebook = app.extensions["booking"]
    with app.app_context(), read_transaction(sidebook.session) as session:
        link = sidebook.links.manage_url(session, booking_by_reference(session, reference))
    for email in ("b@example.com", "c@example.com"):
        TabClient(app, f"{urlsplit(link).path}/details").submit(email=email)
    with app.app_context(), read_transaction(sidebook.session) as session:
        asked = asked_address(session, booking_by_reference(session, reference).id)
    decide(app, reference, CONFIRMATION, number=asked.message_id.encode())
    change(app, "short", confirm_by_mail=False)


def somebody_asks(app, kind):
    change(app, "short", **{kind: True})
    done = at_done(app, service="short", staff="ana")
    change(app, "short", **{kind: False})
    assert done.page.h1.get_text() == "Not booked yet"
    return done.page.select_one("[data-booking-reference]")["data-booking-reference"]


def another_time_is_asked_for_and_decided(app, tell):
    tab = TabClient(app, "/book/").submit(service="short").submit(staff="ana")
    offered = slots(tab.open(f"time?day={in_days(4)}"))
    done = at_done(app, offered[0], service="short", staff="ana")
    change(app, "short", approval=True)
    page = TabClient(app, f"{link_of(done)}/time")
    reference = done.page.select_one("[data-booking-reference]")["data-booking-reference"]
    for end in ("take back", "decline", "confirm"):
        page.open(f"{link_of(done)}/time").submit(slot=slots(page)[-1])
        assert page.pending_move
        if end == "take back":
            page.click("Keep the time you have")
        else:
            tell(end, reference)
    page.open(f"{link_of(done)}/time").submit(slot=slots(page)[-1])
    with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
        number = session.get_one(PendingMove, booking_by_reference(session, reference).id).number
    decide(app, reference, DECISION, "?do=confirm", number=number)
    change(app, "short", approval=False)


def decide(app, reference, purpose, do="", *, number=None):
    with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
        links = app.extensions["booking"].links
        booking = booking_by_reference(session, reference)
        path = urlsplit(links.url_for(booking, purpose, number or booking.link_number)).path
    form = form_of(app.test_client().get(path).text, "#confirm")
    sent = app.test_client().post(path + do, data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert sent.status_code == 303


def the_customer_changes_it_by_its_link(booked):
    link = re.search(r"/book/appointment/[\w-]+", str(booked.page))[0]
    page = TabClient(booked.client, f"{link}/time")
    page.submit(slot=slots(page)[-1])
    page.open(f"{link}/details").submit(email="ada.king@example.com").submit(words="Ill.")
    assert "is cancelled" in page.page.text


def free_times(app):
    """Two of Ana's on a day nobody else of the walk comes on, on the shop's clock."""
    tab = TabClient(app, "/book/").submit(service="short").submit(staff="ana")
    offered = slots(tab.open(f"time?day={in_days(6)}"))
    starts = [slot_start(offered[place]).astimezone(LISBON) for place in (0, -1)]
    return [f"{start:%Y-%m-%d %H:%M}" for start in starts]


def in_days(days):
    """The day so many days from now: all its times are still to come."""
    return (datetime.now(UTC) + timedelta(days=days)).date()


def somebody_is_sent_away(app, tell):
    tab = TabClient(app, "/book/").submit(service="short")
    with app.app_context(), read_transaction(app.extensions["booking"].session) as session:
        key = newest(session, tab_session.c.id)
    tell("revoke", key)
    tell("revoke", "--user", "nobody", "--yes")
    with app.app_context():
        tab_sessions.revoke_all(before=datetime(1970, 1, 1, tzinfo=UTC))
    assert tab.refresh().status == 410


def newest(session, column):
    return session.scalar(select(column).order_by(column.table.c.id.desc()).limit(1))


def send(tab, path, **fields):
    """What the page's scripts send, and what a stranger might."""
    headers = {"Tab-Session": tab.id, "HX-Request": "true"}
    return tab.client.post(f"/book/{path}", data=fields, headers=headers)
