"""Whether what a host hands over can be what it is meant for: functions, ids, a result.

A mistake is told where it is made, with its cure, and not at somebody's request.
"""

from collections.abc import Callable
from inspect import signature
from typing import Any
from uuid import UUID

from .errors import TabSessionError

LONGEST = 255  # characters: the columns'


def require_call(option: str, function: Any, *names: str, hint: str = "") -> None:
    """Refuse what cannot be called with arguments of these names, by place; None is left out.

    Raises: TabSessionError, with the remedy.
    """
    if function is None:
        return
    wanted = f"def {_name_of(function)}({', '.join(names)}): …"
    if not callable(function):
        raise TabSessionError(
            f"{option} is {function!r:.60}, and has to be a function: {option}={wanted}"
        )
    if not _takes(function, *names):
        raise TabSessionError(
            f"{option} is called with ({', '.join(names)}), which {_name_of(function)} does not "
            f"take: {wanted}{hint and ' ' + hint}"
        )


def _name_of(function: Any) -> str:
    name = str(getattr(function, "__name__", ""))
    return name if name.isidentifier() else "function"


def _takes(function: Callable[..., object], *arguments: object) -> bool:
    try:
        signature(function).bind(*arguments)
    except TypeError:
        return False
    except ValueError:  # of one that is not written in Python nobody knows
        return True
    return True


def is_id(user: object) -> bool:
    """Say whether this can be somebody's id: a text, a number or a UUID."""
    return isinstance(user, str | int | UUID) and not isinstance(user, bool) and user != ""


def id_of(user: object, whence: str) -> str:
    """Return somebody's id as a text.

    Raises: TabSessionError for what is none; it begins with `whence`, such as "make= returned".
    """
    if not is_id(user):
        raise TabSessionError(
            f"{whence} {type(user).__name__} {user!r:.40}, and that is nobody's id. Write "
            "the id itself, a text, a number or a UUID, such as user.id or current_user.get_id()."
        )
    return str(user)


def require_kept(text: str, what: str, instead: str) -> str:
    """Return a text that a column takes, on whichever database.

    Raises: TabSessionError for another; it names `what` takes the text, and what to write instead.
    """
    if len(text) > LONGEST:
        raise TabSessionError(
            f"{what} takes {LONGEST} characters, and this is {len(text)}. {instead}"
        )
    if "\0" in text or not is_unicode(text):
        raise TabSessionError(
            f"{what} takes what every database does: no NUL and no half of a character, as in "
            f"{text!r:.40}. {instead}"
        )
    return text


def is_unicode(text: str) -> bool:
    """Say whether it has no half of a character (a lone surrogate), which no encoding takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def require_result(result: object) -> str:
    """Return what a tab leaves behind at its goal.

    Raises: TabSessionError for what is no text, or one that no column takes.
    """
    if not isinstance(result, str):
        raise TabSessionError(
            f"tab.complete(result) takes a text, and this is {type(result).__name__}. Write what "
            "the tab is to show from now on by, such as a number of an order; all else "
            "belongs into a table of yours, with tab.key."
        )
    instead = "Write a reference, and what it refers to into a table of yours."
    return require_kept(result, "tab.complete(result)", instead)
