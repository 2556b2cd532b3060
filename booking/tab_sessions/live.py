"""Live routes: a page that is looked at asks whether what it shows still holds.

Each answer of such a route carries a stamp of what it stands on: the tab's row, and whatever else
the app names. The page asks the same address again with that stamp. As long as it holds, the answer
is 204, for one read by an index; else the view runs, and its answer has the next stamp. Nothing is
kept for this anywhere, so any process on any host can answer. Before its point a stamp says whether
it is still the same session, so that nothing typed is carried over into another.

A question is no sign that somebody is there: it is answered without a note, and sets no cookie.
"""

import hashlib
import json
import logging
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import unwrap
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session

from . import store
from .checks import require_call
from .client import live_script
from .errors import TabSessionError
from .guards import STAMP, is_live_question
from .session import TabSession, row_of

View = Callable[..., Any]
StandsOn = Callable[[Session, TabSession[Any], Mapping[str, Any]], Any]
_code: WeakKeyDictionary[Flask, bytes] = WeakKeyDictionary()
_told: WeakSet[Flask] = WeakSet()
_TAG = re.compile(r"<script\b[^>]*tab-live")
_NOT_SERVED = (
    "%s is live, and this app does not serve tab-live.js, so no page asks it again. Write "
    'app.add_url_rule("/tab-live.js", view_func=live_script), and <script src="/tab-live.js" '
    "defer></script> after that of tab-session.js. If the script comes from elsewhere, all is well."
)
_NO_TAG = (
    "The page %s has data-tab-live and no tag for tab-live.js, so it is never asked again. Write "
    '<script src="/tab-live.js" defer></script> into it, and where it has tab-session.js after '
    'that. If it is part of another script, write data-bundles="tab-live" on the tag of that one.'
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Live:
    """That a route is live, and what its answer stands on besides the tab itself.

    `stands_on(session, tab, view_args)` returns it as JSON values; None: on nothing else.
    """

    stands_on: StandsOn | None = None

    def stamp(
        self, row: store.Row | None, opened: Callable[[], TabSession[Any]], args: Mapping[str, Any]
    ) -> str:
        """Return the stamp of what the route would answer now; the tab is only opened if need be.

        Raises: TabSessionError for what JSON cannot take.
        """
        if self.stands_on is None:
            return _stamp_of(row, None)
        tab = opened()
        return _stamp_of(row, self.stands_on(tab.session, tab, args))


def live_of(option: bool | StandsOn | None, rule: str) -> Live | None:  # noqa: FBT001 - as it is written
    """Return what `live=` of a registration says; None for a route that is not live.

    Raises: TabSessionError for what is neither a bool nor such a function.
    """
    if option is None or isinstance(option, bool):
        return Live() if option else None
    require_call(f"{rule}: live", option, "session", "tab", "view_args")
    return Live(option)


def live_stamp(tab: TabSession[Any], stands_on: Any = None) -> str:
    """Return the stamp that a live route would put on its answer to this tab, as it is now.

    For a fragment that another route renders, such as the answer to a form: in its
    `data-tab-live-stamp`. `stands_on` is what the route's own function would return, None if it
    has none.

    Raises: TabSessionError for what JSON cannot take.
    """
    return _stamp_of(row_of(tab), stands_on)


def tell_of_missing_script() -> None:
    """Log, once and in debug mode, that nothing will ask a live route again: no error says so."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    if not app.debug or app in _told:
        return
    if live_script not in map(unwrap, app.view_functions.values()):
        _told.add(app)
        _log.warning(_NOT_SERVED, request.path)


def _tell_of_missing_tag(response: Response) -> None:
    """Log the same of a page that has no tag for the script: no other script is there to say so."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    if not app.debug or app in _told or response.is_streamed or response.mimetype != "text/html":
        return
    page = response.get_data(as_text=True)
    if "<html" in page and "data-tab-live" in page and not _TAG.search(page):
        _told.add(app)
        _log.warning(_NO_TAG, request.path)


def live_page(stands_on: Callable[..., Any]) -> Callable[[View], View]:
    """Let a page keep up that belongs to no tab; decorates an ordinary view, which only reads.

        @live_page(lambda day: [latest_order_of(day)])
        def orders(day): ...

    `stands_on` is called with what the view is called with, and returns JSON values: as long as
    they are the same, a question is answered 204. The page's element says `data-tab-live-alone`
    beside `data-tab-live`. Like that of a live route the answer is kept nowhere, and a question
    sets no cookie. Who may ask is checked before, by what the app has for it.
    """

    def keeping_up(view: View) -> View:
        @wraps(view)
        def answered(*args: Any, **kwargs: Any) -> Response:
            tell_of_missing_script()
            # Before the view: what changes in between is shown now, and once more.
            stamp = _stamp_of(None, stands_on(*args, **kwargs))
            if still_holds(stamp):
                return unchanged(stamp)
            g.tab_live_stamp = stamp
            response = current_app.make_response(view(*args, **kwargs))
            _tell_of_missing_tag(response)
            if response.status_code < 400:
                response.headers[STAMP] = stamp
            return response

        answered.is_live_route = True  # type: ignore[attr-defined]
        return answered

    return keeping_up


def shown_stamp() -> str:
    """Return the stamp of what a view of `live_page` shows, for its element's data-tab-live-stamp.

    Raises: TabSessionError elsewhere.
    """
    stamp: str | None = g.get("tab_live_stamp")
    if stamp is None:
        raise TabSessionError("shown_stamp() is for a view that live_page(…) decorates.")
    return stamp


def still_holds(stamp: str) -> bool:
    """Say whether the current request knows this stamp."""
    return is_live_question() and request.headers[STAMP] == stamp


def unchanged(stamp: str) -> Response:
    """Return the answer to a page that shows what it should."""
    response = current_app.response_class(status=204)
    response.headers[STAMP] = stamp
    del response.headers["Content-Type"]
    return response


def _stamp_of(row: store.Row | None, stands_on: Any) -> str:
    known: tuple[Any, ...] = (None if stands_on is None else _as_json(stands_on),)
    session = "-"
    if row is not None:
        # With a secret of the row, so that a stamp tells nobody what it was made of.
        known += (row.wrapped_key, row.version, row.user, row.renewal_due, row.forked_from)
        session = _digest(repr((row.flow, row.created_at)), 3)
    code = _code_of(current_app._get_current_object())  # type: ignore[attr-defined] # noqa: SLF001
    return f"{session}.{_digest(repr((code, known)), 12)}"


def _digest(text: str, size: int) -> str:
    return urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=size).digest()).decode()


def _as_json(value: Any) -> str:
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise TabSessionError(
            f"What a page stands on (live=…, of {request.endpoint!r}) has to be JSON values, such "
            f"as numbers, texts and lists of them: {error}."
        ) from error


def _code_of(app: Flask) -> bytes:
    """A digest of the app's templates and modules: a page of another release is shown anew."""
    known = _code.get(app)
    if known is None:
        # By what they are, not where: hosts keep them in different places.
        files = sorted(_digest_of(file) for file in _sources(app))
        known = _code[app] = hashlib.sha256(b"".join(files)).digest()
    return known


def _digest_of(file: Path) -> bytes:
    try:
        return hashlib.sha256(file.name.encode() + b"\0" + file.read_bytes()).digest()
    except OSError:  # a folder, or something that nobody may read
        return b""


def _sources(app: Flask) -> set[Path]:
    found: set[Path] = set()
    for scaffold in (app, *app.blueprints.values()):
        root = Path(scaffold.root_path)
        found.update(_modules(root))
        if scaffold.template_folder:
            found.update((root / scaffold.template_folder).rglob("*.*"))
    return found


def _modules(package: Path) -> Iterator[Path]:
    """Those of a folder and of the packages in it: any other folder may be a venv."""
    for at, folders, _files in os.walk(package):
        folders[:] = [each for each in folders if Path(at, each, "__init__.py").is_file()]
        yield from Path(at).glob("*.py")
