"""Check the key of customers' links: whether the others know the same, and nobody can guess it."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from booking.link_key import (
    FALLBACKS,
    FILE,
    FLASKS,
    IN_USE,
    SHORTEST,
    TWO_FILES,
    LinkKey,
    changed,
    elsewhere,
)
from booking.storage.links import KeyUse, key_uses

from .database_checks import Finding, Grade, check


def link_key_findings(session: Session, key: LinkKey, now: datetime) -> Iterator[Finding]:
    """Return what is found of this app's key, and of those that the database knows."""
    at = int(now.timestamp())
    uses = [use for use in key_uses(session) if use.last_used_at > at - IN_USE]
    yield _known_to_all(key, uses, at)
    if key.source == "secret":
        yield check(
            not key.is_short,
            f"customers' links are made with {FLASKS}",
            f"{FLASKS} has fewer than {SHORTEST} letters, so who copies the database can try "
            f"until a link opens: set a longer one, and name this one in {FALLBACKS}",
            Grade.WARN,
        )
    else:
        kept = f"customers' links are made with {FILE}: keep a copy, apart from the database's"
        yield Finding(Grade.OK, kept)


def _known_to_all(key: LinkKey, uses: list[KeyUse], at: int) -> Finding:
    if other := elsewhere(key, uses, at):
        return Finding(Grade.WRONG, TWO_FILES.format(days=max(0, at - other.last_used_at) // 86400))
    others = (said for use in uses if (said := changed(key, use)))
    told = next(others, "")
    return check(not told, "nobody makes customers' links with another key", told, Grade.WARN)
