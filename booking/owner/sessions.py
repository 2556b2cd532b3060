"""The session of this request: from its cookie to a person, and into its cookie."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, cast

from sqlalchemy.orm import Session

from booking.i18n import formats
from booking.now import utc_now
from booking.operations.sign_ins import DeskSession, Limits, session_of, sessions_now
from booking.state import current_request, current_sidebook
from booking.storage.reads import shop_zone
from booking.tab_sessions import read_transaction
from booking.tab_sessions.guards import is_live_question
from booking.transactions.sessions import end_read_ahead, read_ahead

from . import cookies
from .access import STAFF, Person

_SESSION = "booking.desk_session"


def limits() -> Limits:
    """Return how long sessions last here."""
    settings = current_sidebook().settings
    return Limits(
        timedelta(minutes=settings.desk_idle_minutes), timedelta(hours=settings.desk_absolute_hours)
    )


def person_of_cookie() -> Person | None:
    """Return whose session the cookie names; None where there is none, or it has ended."""
    token = cookies.read(cookies.SESSION)
    if not token:
        return None
    # Of a question nearly all that is left is to read whether anything has changed.
    read = read_ahead if is_live_question() else read_transaction
    with read(current_sidebook().session) as session:
        found = session_of(session, token, now=utc_now())
        return _person(found) if found else None


def end_question(_error: BaseException | None) -> None:
    """End what was read of who asks, where no view went on: an app context may outlive requests."""
    if is_live_question():
        end_read_ahead(current_sidebook().session)


def _person(found: DeskSession) -> Person | None:
    """The person; None for a staff member whose place in the business is gone."""
    current_request().environ[_SESSION] = found
    if found.role == STAFF and found.staff_slug is None:
        return None
    return Person(
        found.name,
        found.role,
        found.staff_slug,
        account_id=found.account_id,
        may_change_own_hours=found.may_change_own_hours,
        sees_all_customers=found.sees_all_customers,
        email=found.email,
    )


def session_number() -> int | None:
    """Return the number of this request's session; None where the host knows who it is."""
    found = session_of_request()
    return found.id if found else None


def session_of_request() -> DeskSession | None:
    """Return this request's session, as it was when the request came; None as above."""
    return cast("DeskSession | None", current_request().environ.get(_SESSION))


class ShownSession(NamedTuple):
    """A session, for whose it is or for an owner; `is_this`: of the browser that asks."""

    number: int
    browser: str
    since: str
    seen: str
    is_this: bool


def shown_sessions(session: Session, account_id: int) -> list[ShownSession]:
    """Return the sessions of an account, the latest first, by the shop's clock."""
    zone, own = shop_zone(session), session_number()
    return [
        ShownSession(
            each.id,
            each.browser,
            formats.format_moment(datetime.fromtimestamp(each.created_at, UTC), zone),
            formats.format_moment(datetime.fromtimestamp(each.seen_at, UTC), zone),
            each.id == own,
        )
        for each in sessions_now(session, now=utc_now(), account_id=account_id)
    ]


def browser_name() -> str:
    """Return what this browser is, for who looks through the sessions: 'Firefox, Linux'."""
    agent = current_request().headers.get("User-Agent", "")
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return ", ".join(filter(None, (browser, system)))


# The first that is found: later ones stand in the words of earlier ones as well.
_BROWSERS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet")),
    *(("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("Chrome", "Chrome"), ("CriOS", "Chrome")),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")),
    *(("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
)
