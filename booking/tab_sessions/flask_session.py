"""flask.session beside the transaction: what a view writes into it is undone with its rows.

A log-in is both: rows, and a cookie that Flask sends whatever became of the rows.
"""

import copy
from collections.abc import Callable
from typing import Any, TypeVar

from flask import globals as flask_globals
from sqlalchemy.orm import Session

from booking.transactions.sessions import run_in_transaction
from booking.transactions.watching import AnySession

T = TypeVar("T")


def run_with_flask_session(
    session: AnySession,
    work: Callable[[Session], T],
    *,
    idempotent: bool = False,
    keep: Callable[[T], bool] | None = None,
) -> T:
    """Do what `run_in_transaction` does; each try finds flask.session as the first one did.

    Where the last one raises, it is left like that: nobody is logged in by what was rolled back.
    Raises what `run_in_transaction` does.
    """
    kept = _opened()
    if kept is None:
        return run_in_transaction(session, work, idempotent=idempotent, keep=keep)
    before, was_modified = copy.deepcopy(dict(kept)), kept.modified

    def put_back() -> None:
        if dict(kept) != before:
            kept.clear()
            kept.update(copy.deepcopy(before))
            kept.modified = was_modified

    def attempt(in_transaction: Session) -> T:
        put_back()
        return work(in_transaction)

    try:
        return run_in_transaction(session, attempt, idempotent=idempotent, keep=keep)
    except BaseException:
        put_back()
        raise


def _opened() -> Any:
    """This request's flask.session, not marked as accessed: every answer would vary by Cookie."""
    context: Any = flask_globals.request_ctx._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    known = vars(context)
    return known.get("_session", known.get("session"))  # by its older name, of Flask 3.1.0
