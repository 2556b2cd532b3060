"""What the tables accept, and what comes back out of them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, StatementError

from booking.storage.models import (
    Closure,
    DateOverride,
    Question,
    Resource,
    Service,
    Shop,
    StaffMember,
    TimeOff,
    WeeklyHours,
    claim,
    hold,
)
from tests.fixtures.small_shop import at, find

pytestmark = pytest.mark.both_databases


def test_an_instant_comes_back_as_the_same_instant_in_utc(shop):
    tokyo = timezone(timedelta(hours=9))
    with shop.writing() as session:
        session.add(
            TimeOff(
                staff_member_id=find(session, "ann").id,
                starts_at=datetime(2027, 3, 1, 9, 0, tzinfo=tokyo),
                ends_at=datetime(2027, 3, 1, 10, 0, tzinfo=tokyo),
            )
        )
    with shop.reading() as session:
        away = session.scalars(select(TimeOff)).one()
        assert away.starts_at == datetime(2027, 3, 1, 0, 0, tzinfo=UTC)
        assert away.starts_at.utcoffset() == timedelta(0)


def test_a_datetime_without_a_zone_is_refused(shop):
    naive = datetime(2027, 3, 1, 9, 0)  # noqa: DTZ001 - what is refused
    with shop.reading() as session, pytest.raises(StatementError, match="no time zone"):
        session.scalars(select(TimeOff).where(TimeOff.starts_at == naive)).all()


def test_services_and_staff_bring_the_resource_they_are_claimed_by(shop):
    with shop.reading() as session:
        assert find(session, "cut").resource.kind == "service_day"
        assert find(session, "ann").resource.kind == "staff"
        numbers = session.scalars(select(Resource.id)).all()
    assert len(numbers) == 4


def test_a_service_lists_its_staff_and_questions_in_the_shops_order(shop):
    with shop.writing() as session:
        cut = find(session, "cut")
        cut.questions = [
            Question(key="b", label="B", position=2),
            Question(key="a", label="A", kind="choice", choices=["x", "ö"], position=1),
        ]
        find(session, "ann").position = 9
    with shop.reading() as session:
        cut = find(session, "cut")
        assert [member.slug for member in cut.staff] == ["ben", "ann"]
        assert [question.key for question in cut.questions] == ["a", "b"]
        assert cut.questions[0].choices == ["x", "ö"]


SERVICE = {"slug": "x", "name": "X", "duration": 30}
HOURS = {"weekday": 0, "starts": 540, "ends": 600}


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Shop, {"id": 2, "name": "Another", "zone": "UTC"}),
        (Service, SERVICE | {"duration": 7}),
        (Service, SERVICE | {"duration": 0}),
        (Service, SERVICE | {"buffer_after": -5}),
        (Service, SERVICE | {"daily_limit": 0}),
        (Service, SERVICE | {"slug": "cut"}),
        (WeeklyHours, HOURS | {"weekday": 7}),
        (WeeklyHours, HOURS | {"starts": 600}),
        (WeeklyHours, HOURS | {"ends": 1445}),
        (WeeklyHours, HOURS | {"starts": 541}),
        (WeeklyHours, HOURS | {"kind": "lunch"}),
        (DateOverride, {"day": date(2027, 3, 1), "starts": 540}),
        (TimeOff, {"starts_at": at("10:00"), "ends_at": at("10:00")}),
        (Closure, {"first_day": date(2027, 3, 2), "last_day": date(2027, 3, 1)}),
    ],
)
def test_the_database_refuses_what_makes_no_sense(shop, model, values):
    row = model(**values)
    if hasattr(model, "staff_member_id"):
        with shop.reading() as session:
            row.staff_member_id = find(session, "ann").id
    with pytest.raises(IntegrityError), shop.writing() as session:
        session.add(row)


def test_a_staff_member_who_goes_takes_hours_holds_and_claims_along(shop):
    shop.hold(shop.tab(), "cut", "ann", at("10:00"))
    with shop.writing() as session:
        session.delete(find(session, "ann"))
    with shop.reading() as session:
        assert session.scalars(select(StaffMember.slug)).all() == ["ben"]
        assert len(session.scalars(select(WeeklyHours)).all()) == 7
    assert shop.count(hold) == shop.count(claim) == 0
    assert shop.count(Resource) == 3


def test_a_staff_member_with_bookings_cannot_be_deleted(shop):
    shop.book(None, "cut", "ann", at("10:00"))
    with pytest.raises(IntegrityError), shop.writing() as session:
        session.delete(find(session, "ann"))
