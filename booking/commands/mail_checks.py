"""Check letters: whether they go out at all, and whether other mail servers will believe them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.config import Settings
from booking.state import SidebookState
from booking.storage.letter_reads import FAILED
from booking.storage.models import deliverer, letter
from booking.storage.outbox import REFUSED, WAITING
from booking.storage.reads import services, shop
from booking.storage.turns import is_paused

from .database_checks import Finding, Grade, check

_SLOW = 15 * 60
"""Seconds; a deliverer that is there has tried what is due for longer, or since a pause."""
# Whoever sends for these from elsewhere is refused, because of what they publish of themselves.
FREE_MAIL = frozenset(
    {"aol.com", "gmail.com", "gmx.at", "gmx.ch", "gmx.de", "gmx.net"}
    | {"gmx.com", "googlemail.com", "hotmail.com", "icloud.com", "live.com", "mac.com"}
    | {"mail.com", "mail.ru", "me.com", "msn.com", "outlook.com", "proton.me"}
    | {"protonmail.com", "qq.com", "sapo.pt", "t-online.de", "web.de", "yahoo.co.uk"}
    | {"yahoo.com", "yahoo.de", "yahoo.es", "yahoo.fr", "yandex.com", "yandex.ru"}
    | {"163.com"}
)


def letters(session: Session, sidebook: SidebookState, now: datetime) -> Iterator[Finding]:
    """Check the sender's address, and what waits or has failed. Writes nothing."""
    yield from sender(sidebook.settings, getattr(shop(session), "email", ""))
    if not sidebook.settings.mail_url:
        asking = [one.slug for one in services(session) if one.confirm_by_mail]
        yield check(
            not asking,
            "nobody is asked to confirm by mail",
            f"{', '.join(asking)}: confirm_by_mail asks for a letter, and none are sent, so every "
            "booking is confirmed at once: set BOOKING_MAIL_URL, or leave confirm_by_mail out",
            Grade.WARN,
        )
        deciding = [one.slug for one in services(session) if one.approval]
        yield check(
            not deciding,
            "nobody has to decide about bookings unasked",
            f"{', '.join(deciding)}: approval lets the shop decide, and no letters are sent, so "
            "nobody is told that there is something to decide: set BOOKING_MAIL_URL, or look with "
            "flask booking list --all",
            Grade.WARN,
        )
    yield from queue(session, sidebook, int(now.timestamp()))


def sender(settings: Settings, shops_address: str) -> Iterator[Finding]:
    """Check from whom letters are, where answers go, and where their links lead."""
    server, mailbox = settings.mail_url, settings.mail_from
    if server is None or mailbox is None:
        yield Finding(Grade.OK, "no letters are sent (BOOKING_MAIL_URL is not set)")
        return
    if server.kind in ("file", "log"):
        where = f"written into {server.folder}" if server.folder else "told in the log"
        yield Finding(Grade.WARN, f"letters are not sent, but {where}: for trying out only")
        return
    domain, answers = _domain(mailbox.address), settings.mail_reply_to
    yield check(
        domain not in FREE_MAIL,
        f"letters are from {domain}",
        f"letters are from {domain}, which lets nobody else send for it, so many of them are "
        "refused or land in spam: write an address of your own domain into BOOKING_MAIL_FROM",
        Grade.WARN,
    )
    reply = _domain(answers.address if answers else shops_address or mailbox.address)
    yield check(
        _belong_together(domain, reply),
        "answers go to where letters come from",
        f"answers go to {reply}, and letters are from {domain}, which looks like a fraud to some: "
        "write addresses of one domain into BOOKING_MAIL_FROM and BOOKING_MAIL_REPLY_TO",
        Grade.WARN,
    )
    host = urlsplit(settings.public_url or "").hostname or ""
    yield check(
        not _is_here_only(host),
        f"links in letters lead to {host}",
        f"links in letters lead to {host}, which customers do not reach: write the address that "
        "they use into BOOKING_PUBLIC_URL",
        Grade.WARN,
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _belong_together(one: str, other: str) -> bool:
    return f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}")


def _is_here_only(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal"))


def queue(session: Session, sidebook: SidebookState, now: int) -> Iterator[Finding]:
    """Check whether somebody delivers, and what no server has taken."""
    late = letter.c.due_at < now - _SLOW
    waiting = select(func.count(), func.min(letter.c.due_at)).where(
        letter.c.state == WAITING, letter.c.tries == 0, late
    )
    was_paused = is_paused(session, now=now) or is_paused(session, now=now - _SLOW)
    if sidebook.settings.mail_url is None or was_paused:
        waiting = waiting.where(letter.c.role == "host")  # letters are kept for when it is over
    number, oldest = session.execute(waiting).one()
    by = {
        "thread": "is the server running, or did it fail to start its deliverer (see its log)?",
        "command": "is flask booking deliver --watch running?",
    }[sidebook.settings.delivery]
    yield check(
        not number,
        "no letter waits for its deliverer",
        f"{number} letters have been due since {_utc(oldest or 0)}, and nobody has tried to send "
        f"them: {by}",
    )
    yield _failed(session)
    yield from _paused(session, now)
    yield from _nobodys(session, sidebook)


def _failed(session: Session) -> Finding:
    counts = select(letter.c.state, func.count()).where(FAILED).group_by(letter.c.state)
    by_state = {row[0]: row[1] for row in session.execute(counts)}
    told = f"{by_state.get(REFUSED, 0)} refused, {by_state.get(WAITING, 0)} to be tried again"
    return check(
        not by_state,
        "no letter has failed",
        f"our mail server has not taken some letters ({told}): look why (flask booking letters "
        "--failed), and send them again (flask booking letters retry)",
        Grade.WARN,
    )


def _paused(session: Session, now: int) -> Iterator[Finding]:
    until, answer = session.execute(
        select(func.max(deliverer.c.paused_until), func.max(deliverer.c.answer))
    ).one()
    if until and is_paused(session, now=now):
        yield Finding(
            Grade.WARN,
            f"no letter leaves before {_utc(until)}, because our mail server said: {answer}. Look "
            "at its settings or yours (flask booking letters test ADDRESS); flask booking letters "
            "retry ends the pause",
        )


def _utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def _nobodys(session: Session, sidebook: SidebookState) -> Iterator[Finding]:
    """What waits for a function of the host's that this app does not have."""
    names = (
        select(letter.c.recipient)
        .where(letter.c.state == WAITING, letter.c.role == "host")
        .distinct()
    )
    known = {name for named in sidebook.handlers.values() for name in named}
    for name in sorted(set(session.scalars(names)) - known):
        yield Finding(
            Grade.WARN,
            f"events wait for {name}, which this app does not have: register it again "
            "(sidebook.on) under that name",
        )
