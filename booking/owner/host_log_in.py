"""A host's own log-in: a function of its own says who is at the desk."""

from collections.abc import Callable
from typing import Any

from booking.config import ConfigurationError

from .access import Person

_WRITE = (
    "Write a function without arguments that returns booking.Person(name, role, staff_slug), or "
    "None where nobody is signed in: Sidebook(app, db, desk_prefix='/desk', owner=who_is_there)."
)


def refuse_no_function(owner: Any, desk_prefix: str | None) -> None:
    """Raise ConfigurationError for an `owner` that nobody could call, or that nobody would."""
    if owner is None:
        return
    if not callable(owner) or isinstance(owner, type):
        raise ConfigurationError(f"owner is {owner!r}. {_WRITE}")
    if desk_prefix is None:
        raise ConfigurationError(
            "owner says who is at the desk, and there is none. Give it a place as well: "
            "Sidebook(app, db, desk_prefix='/desk', owner=…), or leave owner out."
        )


def person_of_host(who_is_there: Callable[[], Any]) -> Person | None:
    """Return whom the host's function names; None for nobody.

    Raises: ConfigurationError where it returns something else.
    """
    found = who_is_there()
    if found is None or isinstance(found, Person):
        return found
    raise ConfigurationError(
        f"The function given as owner returned {type(found).__name__}, which says not what its "
        f"role at the desk is. {_WRITE}"
    )
