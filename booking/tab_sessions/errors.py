"""What answers a request that is refused, and the mistakes in an application's code.

Refusals are Werkzeug's HTTP exceptions: `@blueprint.errorhandler(TabSessionGone)` gives them
an application's own words and page. The headers named here are added whatever that page is.
"""

from typing import Any, ClassVar

from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    HTTPException,
    RequestEntityTooLarge,
    RequestTimeout,
    ServiceUnavailable,
    TooManyRequests,
)

from booking.transactions.errors import (
    NO_TABLE,
    ReadOnlyTransaction,
    is_temporarily_unavailable,
    state_of,
)

from .model import metadata


class Refusal(HTTPException):
    """This request is refused. `headers` go out with whatever page answers it."""

    headers: ClassVar[dict[str, str]] = {}


class CrossSite(Refusal, Forbidden):
    """403: another site's page sent this."""

    description = "This request came from another site, so it was not accepted."


class TooLarge(Refusal, RequestEntityTooLarge):
    """413: more was sent than a form of this kind can hold. The page stays as it was.

    `remedy` is for whoever writes the app.
    """

    description = "That is more text than this form can take. Please shorten it and try again."
    headers: ClassVar = {"HX-Reswap": "none", "HX-Trigger": "tab-session:too-large"}

    def __init__(self, remedy: str = "") -> None:
        super().__init__()
        self.remedy = remedy


class DraftTooLarge(TooLarge):
    """413: tab.data would outgrow its limit (`draft_bytes`). `size` and `limit` in bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"tab.data would take {size} bytes; at most {limit} fit (draft_bytes). Keep answers in "
            "it, and put uploads or lists into tables of their own that point to tab.key."
        )
        self.size, self.limit = size, limit


class UnusableValue(Refusal, BadRequest):
    """400: what was sent holds something that nothing can keep.

    JSON of a client's may name half of a character, NaN, or lists in lists without end, and
    Python reads it. `remedy` names the place, for whoever writes the app.
    """

    description = "Something in that cannot be kept. Please change it and try again."

    def __init__(self, remedy: str = "") -> None:
        super().__init__()
        self.remedy = remedy


class CutShort(Refusal, BadRequest):
    """400: the connection went before the whole request had come. Nothing was taken of it."""

    description = "That did not reach us whole. Please try again."


class TooSlow(Refusal, RequestTimeout):
    """408: the request did not come whole in time. Nothing was taken of it."""

    description = "That took too long to reach us. Please try again."


class MissingTabSession(Refusal, BadRequest):
    """400: no usable tab id. The script claims one and asks again, once.

    Developers meet it by typing a session_route's own address: such an address answers HTMX in
    a page that has loaded tab-session.js.
    """

    description = "This page could not say which tab it is. Please reload it."
    headers: ClassVar = {"HX-Trigger": "tab-session:missing"}


class TabSessionGone(Refusal, Gone):
    """410: this tab's progress is over, for a `reason`.

    `expired`: a limit has passed. `ended`: the tab itself was ended, by end() or end_user().
    `revoked`: by the server, with `revoke` and its like. `completed`: it has reached its goal, so
    it takes no more writes. `renewed`: the id is one that the tab had before. `other_user`: it
    belongs to somebody who is not, or no longer, logged in. `broken`: its row was changed by
    something else.
    """

    description = "What this tab was doing is over, and its answers were erased."
    headers: ClassVar = {"HX-Trigger": "tab-session:gone"}

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def get_description(self, *args: Any, **kwargs: Any) -> str:
        """Return the sentence and, below it, a link with which the script begins anew."""
        way_on = '<p><a href="" data-new-booking>Begin anew</a></p>'
        return super().get_description(*args, **kwargs) + way_on


class RenewalDue(Refusal, Conflict):
    """409: this tab writes again once it has another id, or by the other one that it has.

    Somebody logged in, or the id was renewed while this request was under way.

    The script renews and repeats the request by itself.
    """

    description = "Please try that once more."
    headers: ClassVar = {"HX-Trigger": "tab-session:renew"}


class NothingBegun(Refusal, Conflict):
    """409: this route needs progress that the tab does not have (`require_progress=True`)."""

    description = "There is nothing to go on with in this tab yet. Please begin anew."


class TabSessionBusy(Refusal, ServiceUnavailable):
    """503: the database could not take this just now. Asking again is safe."""

    description = "We could not save that just now. Nothing is lost: please try again."
    headers: ClassVar = {"Retry-After": "1"}


class TooManyTabs(Refusal, TooManyRequests):
    """429: `on_store` finds that whoever asks has begun enough. Nothing of it was stored."""

    description = "A lot was begun from your connection. Please try again later."

    def __init__(self, seconds: int) -> None:
        super().__init__(retry_after=seconds)
        self.seconds = seconds


class NewerDraft(TabSessionBusy):
    """503: a newer release wrote this draft, and this process cannot read it yet."""


class TabSessionError(RuntimeError):
    """A mistake in the application's code; the message names the cure."""


class ReadOnlyTab(TabSessionError, ReadOnlyTransaction):
    """A GET or HEAD tried to write, or something wrote after the commit."""

    def __init__(self) -> None:
        super().__init__(
            "The tab's session cannot be changed here: this request only reads, or its transaction "
            "is over (after_commit, an answer that is rendered or streamed). Write in a POST, "
            "before the view returns: @session_route(blueprint, rule, methods=['GET', 'POST'])."
        )


class CompletedTab(TabSessionError):
    """A view wrote to the draft of a tab that has reached its goal."""

    def __init__(self) -> None:
        super().__init__(
            "This tab is completed, so it has no draft to write to. A route with "
            "allow_completed=True may look at tab.result and write to your own tables."
        )


class EndedTab(TabSessionError):
    """A view went on with a tab that it had ended."""

    def __init__(self) -> None:
        super().__init__(
            "This request has ended the tab (end, end_user, revoke), so nothing more can be "
            "written to it: the browser takes another id for what comes next. Write first, end the "
            "tab last; tab.key still is the number it had."
        )


class SomebodyElsesTab(TabSessionError):
    """A view attached a tab to somebody although it is somebody else's."""

    def __init__(self) -> None:
        super().__init__(
            "attach_user(tab, user): this tab is somebody else's, and what is in it would be shown "
            "to whoever logs in now. End it in the place of attaching it, so that they begin anew: "
            "if tab.user not in (None, str(user)): end_user(tab); else: attach_user(tab, user)."
        )


class NoTabHere(TabSessionError):
    """Code reached for the tab in a view that was given none."""

    def __init__(self, endpoint: str | None) -> None:
        super().__init__(
            f"The view {endpoint or '(no request)'!r} has no tab session. "
            "Register it with @session_route(blueprint, rule) instead of "
            "@blueprint.route(rule), and take the tab as its first argument."
        )


class MissingTables(TabSessionError):
    """The database has no tables for tab sessions."""

    def __init__(self) -> None:
        super().__init__(
            "The tables of tab sessions are missing from this database. Call create_table() once, "
            "in app.app_context(), or take them into your own migrations: "
            "tab_session.to_metadata(Base.metadata)."
        )


def translate_database_error(error: Exception) -> Exception:
    """Return what to raise instead: TabSessionBusy if it may pass, MissingTables, or itself."""
    if is_temporarily_unavailable(error):
        return TabSessionBusy()
    return MissingTables() if lacks_our_tables(error) else error


def lacks_our_tables(error: Exception) -> bool:
    """Say whether a statement failed because a table of this library is not there."""
    if not isinstance(error, DBAPIError):
        return False
    words = str(error.orig)
    return (state_of(error) == NO_TABLE or "no such table" in words) and any(
        name in words for name in metadata.tables
    )
