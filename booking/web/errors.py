"""Pages for what could not be done: one for each reason, with whatever had been typed."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask import Blueprint, request
from werkzeug.exceptions import HTTPException, InternalServerError

from booking.i18n import gettext as _
from booking.operations.links import TwoKeys
from booking.state import current_flask, current_sidebook
from booking.storage.base import OlderTables
from booking.tab_sessions import (
    DATABASE_FAILURES,
    CrossSite,
    CutShort,
    DraftTooLarge,
    MissingTables,
    TabSessionBusy,
    TooLarge,
    TooSlow,
    is_temporarily_unavailable,
    limits_of,
    read_whole,
)
from booking.transactions.errors import is_missing_table

from .rendering import is_by_htmx, render_in_any_case
from .trouble_log import log_not_set_up, log_outage, log_two_keys
from .urls import Link

Answer = tuple[str, int]
AnswerWithHeaders = tuple[str, int, dict[str, str]]
MOST_REPEATED = 200  # fields; nobody asks so much, and a page of thousands is work for nothing


@dataclass(frozen=True)
class ErrorPages:
    """The error pages of one set of pages, for what may go wrong on any.

    `start` returns the link to their beginning (url, fragment_url, label), or None. `label` returns
    what a form field is called, empty for one that nobody types into.
    """

    start: Callable[[], Link | None]
    label: Callable[[str], str]

    def register(self, blueprint: Blueprint) -> None:
        """Answer what goes wrong below the blueprint's prefix by these pages."""
        pages: dict[type[Exception] | int, Callable[[Any], Any]] = {
            CrossSite: self.cross_site,
            TooLarge: self.too_large,
            DraftTooLarge: self.draft_too_large,
            CutShort: self.not_whole,
            TooSlow: self.not_whole,
            TabSessionBusy: self.busy,
            OlderTables: self.not_set_up,
            TwoKeys: self.two_keys,
            MissingTables: lambda error: self.not_set_up(error.__cause__),
            **dict.fromkeys(DATABASE_FAILURES, self.failed),
            404: self.not_found,
            InternalServerError: self.unexpected,
            HTTPException: self.other,
        }
        for error, page in pages.items():
            blueprint.register_error_handler(error, page)

    def cross_site(self, _error: CrossSite) -> Answer:
        """403: another site's page sent this."""
        message = _("It came from another website. Please open the booking page itself.")
        # A page that came by itself may be full of another site's words: those are not repeated.
        typed = self.fields() if is_by_htmx() else []
        return self.problem(403, _("That was not accepted"), message, typed=typed)

    def too_large(self, _error: TooLarge) -> Answer:
        """413: the page stays as it was; this is read by those without the script."""
        message = _("That is more text than this form can take. Please go back and shorten it.")
        return self.problem(413, _("That is too long"), message)

    def draft_too_large(self, _error: DraftTooLarge) -> AnswerWithHeaders:
        """413 for answers that are each short enough but too many together."""
        body, status = self.too_large(TooLarge())
        return body, status, dict(TooLarge.headers)

    def not_whole(self, error: CutShort | TooSlow) -> Answer:
        """400 or 408: it did not come to its end, so nothing was taken of it. The page stays."""
        message, status = _("That did not reach us whole. Please try again."), error.code or 400
        if is_by_htmx():  # no step of ours, so the script leaves the one that is there and says so
            return message, status
        return self.problem(status, _("Please try again"), message)

    def busy(self, error: TabSessionBusy) -> AnswerWithHeaders:
        """503: the database could not take it just now."""
        log_outage(error.__cause__)
        message = _(
            "We could not save that just now. Nothing is lost: please try again in a moment."
        )
        body, status = self.problem(503, _("Please try again"), message, typed=self.fields())
        return body, status, dict(TabSessionBusy.headers)

    def failed(self, error: Exception) -> AnswerWithHeaders:
        """503: no tables yet, or the database failed where no session route says TabSessionBusy."""
        if is_missing_table(error):
            current_sidebook().tables.forget()
            return self.not_set_up(error)
        if not is_temporarily_unavailable(error):
            raise error
        busy = TabSessionBusy()
        busy.__cause__ = error
        return self.busy(busy)

    def not_set_up(self, error: BaseException | None) -> AnswerWithHeaders:
        """503: the database is empty, or older than the program."""
        log_not_set_up(error)
        if isinstance(error, OlderTables) and error.begun:
            return self._updated()
        message = _("This booking page is still being set up. Please come back in a few minutes.")
        return self._later(_("Not open yet"), message)

    def two_keys(self, error: TwoKeys) -> AnswerWithHeaders:
        """503: another machine makes customers' links with a key of its own."""
        log_two_keys(error)
        return self._updated()

    def _updated(self) -> AnswerWithHeaders:
        heading = _("Just a moment")
        message = _("This booking page is being updated. Please come back in a few minutes.")
        return self._later(heading, message)

    def _later(self, heading: str, message: str) -> AnswerWithHeaders:
        body, status = self.problem(503, heading, message, typed=self.fields())
        return body, status, {"Retry-After": "60"}

    def not_found(self, _error: HTTPException, **context: Any) -> Answer:
        """404: nothing is at that address. `context` is for the page, beside what it says."""
        message = _("The address may be mistyped, or the link to an appointment was cut short.")
        return self.problem(404, _("There is no such page"), message, **context)

    def unexpected(self, _error: InternalServerError) -> Answer:
        """500: a mistake of ours. What it was stands in the log, not on the page."""
        message = _("Something went wrong on our side. Please try again, or get in touch with us.")
        return self.problem(500, _("That did not work"), message, typed=self.fields())

    def other(self, error: HTTPException) -> AnswerWithHeaders:
        """Whatever else HTTP has a number for, with the headers that the error brings."""
        message = _("Please go back and try again.")
        body, status = self.problem(error.code or 500, _("That did not work"), message)
        headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
        return body, status, headers

    def problem(self, status: int, heading: str, message: str, **context: Any) -> Answer:
        """Return a fragment for htmx, a full page for everyone else."""
        given: dict[str, Any] = {"retry": self.start(), "typed": [], "form_url": None}
        given |= {"heading": heading, "message": message}
        template = "_problem.html" if is_by_htmx() else "problem.html"
        return render_in_any_case(template, **given | context), status

    def fields(self) -> list[dict[str, str]]:
        """Return what the refused request carried, so that it can be sent again.

        Each field has a name, a value and a label, which is empty where nobody typed it.
        """
        if request.max_content_length is None:  # another site's is refused before it is weighed
            request.max_content_length = limits_of(current_flask()).request
        try:
            read_whole(request)
        except HTTPException:  # too large to be read at all, or it never came
            return []
        sent = islice(request.form.items(), MOST_REPEATED)
        return [{"name": name, "label": self.label(name), "value": value} for name, value in sent]
