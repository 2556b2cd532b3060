"""A shop, and bookings by the million, written by the database itself."""

from datetime import UTC, date, datetime

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from booking.storage.models import Service, Shop, StaffMember, WeeklyHours
from booking.tab_sessions import write_transaction

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
FIRST, LAST = date(2027, 3, 1), date(2027, 3, 31)
HOUR, DAY = 3600, 86_400

DIALECTS = {
    "sqlite": {
        "numbers": "WITH RECURSIVE numbers (n) AS"
        " (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {many})",
        "instant": "strftime('%Y-%m-%d %H:%M:%S.000000', {seconds}, 'unixepoch')",
        "seconds": "CAST(strftime('%s', {instant}) AS INTEGER)",
        "bytes": "CAST(printf('%032d', {number}) AS BLOB)",
    },
    "postgresql": {
        "numbers": "WITH numbers AS"
        " (SELECT n FROM generate_series(CAST(0 AS bigint), {many} - 1) AS n)",
        "instant": "to_timestamp({seconds})",
        "seconds": "CAST(extract(epoch FROM {instant}) AS bigint)",
        "bytes": "decode(lpad(to_hex({number}), 64, '0'), 'hex')",
    },
}


def open_shop(engine: Engine, staff: int) -> None:
    """A shop whose staff all offer one service, each with hours a little different."""
    with write_transaction(Session(engine)) as session:
        session.add(Shop(name="Bench", zone="UTC"))
        cut = Service(slug="cut", name="Cut", duration=30, buffer_after=10, slot_step=15)
        session.add_all(member(number, cut) for number in range(staff))


def member(number: int, service: Service) -> StaffMember:
    late = 15 * (number % 8)
    hours = [
        WeeklyHours(weekday=day, starts=starts + late, ends=ends + late, kind=kind)
        for day in range(6)
        for kind, starts, ends in (("open", 480, 1080), ("break", 720, 780))
    ]
    return StaffMember(
        slug=f"staff-{number}",
        name=f"Staff {number}",
        zone="UTC",
        position=number,
        services=[service],
        weekly_hours=hours,
    )


def fill_half_the_month(engine: Engine, staff: int) -> None:
    """Every member's every second hour of the month that is looked at, claims included."""
    for hour in range(0, 10, 2):
        begin = int(NOW.timestamp()) + hour * HOUR
        seconds = f"({begin} + n / {staff} * {DAY})"
        _add(engine, 31 * staff, seconds, staff, 10_000_000 * (hour + 1))
    _claim_all(engine, ticks=8)


def fill_the_diary(engine: Engine, staff: int, days: int, taken: str) -> None:
    """From today on half hours from eight to six, those for which it is so: `place % 2 = 0`.

    `day` counts from today, `place` from eight, twenty a day.
    """
    begin = int(datetime.now(UTC).replace(hour=8, minute=0, second=0).timestamp())
    day, place = f"(n / {20 * staff})", f"(n / {staff} % 20)"
    where = taken.replace("day", day).replace("place", place)
    seconds = f"({begin} + {day} * {DAY} + {place} * 1800)"
    _add(engine, days * 20 * staff, seconds, staff, 10_000_000, where=where)
    _claim_all(engine, ticks=6)


def fill_the_past(engine: Engine, bookings: int, staff: int, now: datetime = NOW) -> None:
    """Bookings on days gone by, one an hour around the clock; their claims have left the table."""
    hours = -(-bookings // staff)
    begin = int(now.timestamp()) - 2 * DAY - hours * HOUR
    if bookings:
        _add(engine, bookings, f"({begin} + n / {staff} * {HOUR})", staff, 500_000_000)
        settle_down(engine)


def _add(
    engine: Engine, many: int, seconds: str, staff: int, base: int, where: str = "1 = 1"
) -> None:
    """Half an hour each of the first service; `seconds` says when, for the n-th of so many."""
    words = DIALECTS[engine.dialect.name]
    starts = words["instant"].format(seconds=seconds)
    ends = words["instant"].format(seconds=f"({seconds} + 1800)")
    number = f"({base} + n)"
    with engine.begin() as connection:
        added = connection.execute(
            text(f"""
            INSERT INTO booking_booking (reference, draft, state, service_id, staff_member_id,
                starts_at, ends_at, buffer_before, buffer_after, customer_name, customer_email,
                customer_phone, customer_note, customer_zone, answers, fingerprint,
                manage_token_hash, created_at)
            {words["numbers"].format(many=many)}
            SELECT 'R' || {number}, 'draft ' || {number}, 'confirmed', service.id, staff.id,
                {starts}, {ends}, 0, 10, 'Ada Lovelace', 'ada@example.com', '', '', 'UTC', '[]',
                'fingerprint', {words["bytes"].format(number=number)}, {starts}
            FROM numbers
            JOIN booking_service AS service
                ON service.id = (SELECT min(id) FROM booking_service)
            JOIN booking_staff_member AS staff ON staff.slug = 'staff-' || (n % {staff})
            WHERE {where}
            """)
        )
    assert added.rowcount > many // 3, "a half is the least that anybody asks for"


def _claim_all(engine: Engine, ticks: int) -> None:
    words = DIALECTS[engine.dialect.name]
    first = words["seconds"].format(instant="booking.starts_at") + " / 300"
    with engine.begin() as connection:
        connection.execute(
            text(f"""
            INSERT INTO booking_claim (resource_id, tick, booking_id)
            {words["numbers"].format(many=ticks)}
            SELECT staff.resource_id, {first} + n, booking.id
            FROM booking_booking AS booking
            JOIN booking_staff_member AS staff ON staff.id = booking.staff_member_id
            JOIN numbers ON 1 = 1
            """)
        )
    settle_down(engine)


def settle_down(engine: Engine) -> None:
    """As the database is after a quiet night."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))
            connection.commit()
        else:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
