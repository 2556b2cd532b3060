"""What `flask booking doctor` looks at: whether this installation can be trusted with bookings."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.migrate import pending
from booking.storage.models import Booking
from booking.storage.reads import services, shop

from .database_checks import Finding, Grade, check, postgresql, sqlite_settings
from .fill_level import fill_level
from .integrity import integrity


def examine(session: Session, now: datetime, held_share: int) -> Iterator[Finding]:
    """Look at the database behind the session. Writes nothing.

    `held_share` is the setting of that name.

    Raises: NewerDatabase.
    """
    engine = session.get_bind().engine
    look_at = {"sqlite": sqlite_settings, "postgresql": postgresql}.get(engine.dialect.name)
    if look_at:
        yield from look_at(session)
    if versions := pending(engine):
        yield Finding(
            Grade.WRONG, f"migrations are missing ({', '.join(versions)}): run flask booking init"
        )
        return
    yield Finding(Grade.OK, f"{engine.dialect.name} database, all migrations applied")
    yield _business(session)
    yield _calendar(session, now)
    yield from integrity(session, now)
    yield from fill_level(session, now, held_share)


def _business(session: Session) -> Finding:
    if shop(session) is None:
        return Finding(Grade.WARN, "no business yet: run flask booking load shop.toml")
    found = len(services(session))
    return check(
        bool(found),
        f"{found} {'service' if found == 1 else 'services'} can be booked",
        "nothing can be booked: let somebody offer a service",
        Grade.WARN,
    )


def _calendar(session: Session, now: datetime) -> Finding:
    unnamed = select(func.count()).where(Booking.calendar_uid.is_(None), Booking.starts_at > now)
    number = session.scalars(unnamed).one()
    return check(
        not number,
        "calendars know every appointment by one name",
        f"{number} appointments of before the update are known to calendars by the address their "
        "file was taken from: let BOOKING_PUBLIC_URL name the one that customers used, and run "
        "flask booking init",
        Grade.WARN,
    )
