"""The role that docs/operating.md describes: it serves customers, and owns nothing."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError

from booking import create_app
from booking.migrate import merged_metadata
from booking.operations.plan import ClosurePlan, TimeOffPlan
from booking.operations.plan_edits import (
    with_closure,
    with_member,
    with_service,
    with_shop,
    without_service,
)
from booking.operations.shop_changes import change_business
from booking.state import current_sidebook
from booking.tab_sessions import write_transaction
from booking.testing import TabClient
from tests.customer.walks import at_done, at_time, first_slot
from tests.fixtures.databases import engine_at

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "operating.md"
GRANTS = re.compile(r"^```sql\n(.*?shop_web;)\n```", re.DOTALL | re.MULTILINE)

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.fresh_database,
    pytest.mark.usefixtures("monday_morning"),
]


@pytest.fixture
def serving_url(loaded_postgresql_url, on_postgres):
    """The URL of a database with a shop, for the role that only serves."""
    url = make_url(loaded_postgresql_url)
    on_postgres("CREATE ROLE shop_web LOGIN")
    grants = GRANTS.search(DOCUMENT.read_text(encoding="utf-8"))[1]
    with engine_at(url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(grants)
    yield url.set(username="shop_web").render_as_string(hide_password=False)
    with engine_at(url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("DROP OWNED BY shop_web")
    on_postgres("DROP ROLE shop_web")


@pytest.fixture
def app(serving_url):
    return create_app({"BOOKING_DATABASE_URL": serving_url, "TESTING": True})


def test_it_books_copies_clears_cancels_and_purges(app):
    done = at_done(app)
    assert done.step == "done"
    manage = TabClient(
        app, done.page.select_one(".sb-keep-link")["href"].removeprefix("http://localhost")
    ).submit()
    assert "cancelled" in manage.page.get_text()
    copied = at_time(app).duplicate()
    assert copied.step == "time"
    copied.submit(slot=copied.page.select_one("[name=slot]")["value"])
    assert copied.step == "details"
    day = (datetime.now(UTC) + timedelta(days=5)).date()
    for _ in range(4):  # the last of them by a sum
        tab = at_time(app, staff="ana").open(f"time?day={day}")
        assert tab.submit(slot=first_slot(tab)).step == "details"
    for arguments in (["purge"], ["list", "--all"]):
        answer = app.test_cli_runner().invoke(args=["booking", *arguments])
        assert answer.exit_code == 0, answer.output


OF_THE_OWNER = {  # the business, as a file or the shell writes it
    "booking_catalogue_state",
    "booking_closure",
    "booking_date_override",
    "booking_loaded_business",
    "booking_offer",
    "booking_question",
    "booking_resource",
    "booking_service",
    "booking_shop",
    "booking_staff_member",
    "booking_time_off",
    "booking_weekly_hours",
}


def test_each_table_is_the_owners_or_may_be_written_by_who_serves():
    grants = GRANTS.search(DOCUMENT.read_text(encoding="utf-8"))[1]
    beyond = set(merged_metadata().tables) - set(re.findall(r"booking_\w+", grants))
    assert beyond == OF_THE_OWNER, "name it in docs/operating.md's grants, or above"


BEYOND_IT = [
    "DROP TABLE booking_claim",
    "ALTER TABLE booking_claim DROP CONSTRAINT pk_booking_claim",
    "DELETE FROM booking_booking",
    "UPDATE booking_service SET price = 0",
    "DROP TRIGGER booking_catalogue_changed ON booking_service",
]


def test_it_can_neither_loosen_the_guard_nor_change_the_business(serving_url):
    with engine_at(serving_url) as engine:
        for statement in BEYOND_IT:
            refused = pytest.raises(ProgrammingError, match=r"must be owner|permission denied")
            with engine.begin() as connection, refused:
                connection.exec_driver_sql(statement)


def test_without_the_right_to_note_its_key_it_serves_all_the_same(app, loaded_postgresql_url):
    with engine_at(loaded_postgresql_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("REVOKE INSERT, UPDATE ON booking_link_key FROM shop_web")
    assert at_done(app).step == "done"


def test_with_the_rights_of_the_desk_it_changes_the_business(app, loaded_postgresql_url):
    _, desk = GRANTS.findall(DOCUMENT.read_text(encoding="utf-8"))
    with engine_at(loaded_postgresql_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(desk)
    with app.app_context():
        session = current_sidebook().session
        for edit in (rebuilt, partial(without_service, slug="other"), repriced):
            with write_transaction(session) as writing:
                assert change_business(writing, edit)


def rebuilt(plan):
    """Something of every table, new or otherwise."""
    service = replace(plan.services[0], slug="other", questions=plan.services[1].questions)
    first, *_ = plan.staff
    day = date(2027, 3, 3)
    off = TimeOffPlan(datetime(2027, 3, 4, tzinfo=UTC), datetime(2027, 3, 5, tzinfo=UTC), "")
    member = replace(first, hours={}, breaks={}, overrides={day: ()}, time_off=(off,))
    plan = with_service(with_member(plan, member), service, ["ben"])
    return with_closure(plan, ClosurePlan(day, day, ""))


def repriced(plan):
    return with_shop(plan, replace(plan.shop, about="Open again"))
