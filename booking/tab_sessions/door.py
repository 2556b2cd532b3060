"""The door: who is let in, and what the others are told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

from flask import Request, Response, current_app, request

from booking.transactions.sessions import require_clean_session

from . import binding, guards, hints, ids
from .answer import GONE
from .body import has_body, read_whole
from .clock import utc_now
from .extension import State, state
from .refusals import MissingTabSession, Refusal, TabSessionGone
from .schema import Data, Schema
from .sealing import SealBroken
from .session import TabSession
from .visit import Visit

View = Callable[..., Any]
Hook = Callable[[TabSession[Any]], None]
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Door(Generic[Data]):
    """One view behind session_route, and how it was registered."""

    view: View
    flow: str
    schema: Schema[Data]
    only_reads: bool
    optional: bool
    required: bool
    allow_completed: bool
    idempotent: bool
    in_background: bool
    before_transaction: Callable[[], None] | None
    on_success: Hook | None
    after_commit: Hook | None

    def open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Response:
        """Answer one request, whatever comes of it."""
        try:
            here = state()
            guards.refuse_cross_site(request)
            guards.refuse_too_large(request, here.limits.request)
            return self._let_in(here, args, kwargs)
        except Refusal as refusal:
            return self._say(refusal)
        except SealBroken as broken:
            _log.error("a tab session is over: %s", broken)
            return self._say(TabSessionGone("broken"))

    def _let_in(self, here: State, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Response:
        reads = self.only_reads or request.method in _READS
        half = binding.read_half(request) if here.binding == "browser" else None
        try:
            sent = ids.read_ids(request, half.value if half else "")
        except MissingTabSession:
            if not (self.optional and reads):
                raise
            sent = None
        self._arrive(here)
        visit = Visit(self, here, sent, utc_now(), args, kwargs)
        response = visit.read() if reads else visit.write()
        if half:
            half.give(response)
        return response

    def _arrive(self, here: State) -> None:
        """Have the whole request here, and what can be done with it alone, with nothing open."""
        asked: Request = request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
        if has_body(asked):
            require_clean_session(here.session)
            read_whole(asked)
        if self.before_transaction:
            self.before_transaction()

    def _say(self, refusal: Refusal) -> Response:
        if current_app.debug and isinstance(refusal, MissingTabSession):
            hints.explain(refusal, request)
        response = current_app.make_response(current_app.handle_user_exception(refusal))
        response.headers.update(refusal.headers)
        # The script takes another id where somebody is told, not for what a page asks by itself.
        if isinstance(refusal, TabSessionGone) and not self.in_background:
            response.headers[GONE] = refusal.reason
        return response
