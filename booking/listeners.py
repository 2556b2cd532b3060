"""A host's own functions that hear of bookings: `@sidebook.on("booked")`.

Each is told by the deliverer, of every event, at least once, also where no letters are sent. In the
database it is known by its name, so a function that waits for its turn is found again by another
process, and after a new start.
"""

import inspect
from collections.abc import Callable
from typing import TypeVar

from booking.config import ConfigurationError

_LAMBDA = "<lambda>"
EVENTS = ("booked", "moved", "cancelled", "reminder", "no_show")
Listener = TypeVar("Listener", bound=Callable[..., object])


class Listeners:
    """The functions by the event they are for, and by name; closed once the app has served."""

    def __init__(self) -> None:
        self.by_event: dict[str, dict[str, Callable[..., object]]] = {}
        self.is_closed = False

    def on(self, event: str) -> Callable[[Listener], Listener]:
        """Return the decorator of a function that is called as `function(booking, manage_url)`.

        `event` is booked, moved, cancelled, reminder or no_show.

        Raises: ConfigurationError for another event; and, by the decorator, for what cannot be
        called so, has no name of its own, or comes when others have been served without it.
        """
        if event not in EVENTS:
            raise ConfigurationError(
                f"sidebook.on({event!r}): there is no such event. Write one of {', '.join(EVENTS)}."
            )

        def added(function: Listener) -> Listener:
            self._add(event, function)
            return function

        return added

    def _add(self, event: str, function: Callable[..., object]) -> None:
        name = f"{function.__module__}.{getattr(function, '__qualname__', _LAMBDA)}"
        named = self.by_event.setdefault(event, {})
        if name in named:
            wrong = "is there already. Give this one a name of its own"
        elif self.is_closed:
            wrong = "comes after the first request. Register it where the app is made"
        else:
            wrong = _what_is_wrong(function, name)
        if wrong:
            raise ConfigurationError(f"sidebook.on({event!r}): {name} {wrong}.")
        named[name] = function


def _what_is_wrong(function: Callable[..., object], name: str) -> str:
    """What keeps it from being called, or found again; empty: nothing."""
    if name.endswith(_LAMBDA):
        return "has no name to be found by. Write a function: def"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "is async, and nothing would wait for it. Write def, without async"
    if inspect.isgeneratorfunction(function):
        return "has a yield in it, so calling it does nothing. Leave the yield out"
    try:
        inspect.signature(function).bind("booking", "manage_url")
    except TypeError:
        return "cannot be called with two values. Write (booking, manage_url) behind its name"
    return ""
