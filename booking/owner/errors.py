"""What goes wrong at the desk, as a page of its own."""

from typing import Any

from booking.i18n import gettext as _
from booking.web.errors import Answer, ErrorPages
from booking.web.urls import Link

from . import addresses, cookies
from .forms import PASSWORDS
from .rendering import render_page


class DeskErrorPages(ErrorPages):
    """The pages of `web.errors`, in the desk's layout, with what was typed to be sent again."""

    def problem(self, status: int, heading: str, message: str, **context: Any) -> Answer:
        """Return a page, or for htmx a fragment, that says what could not be done."""
        sent = [(each["name"], each["value"]) for each in context.pop("typed", ())]
        typed = [(name, value) for name, value in sent if name not in PASSWORDS]
        given: dict[str, Any] = {"retry": self.start(), "heading": heading, "message": message}
        given |= {"typed": typed, "form_url": addresses.asked() if typed else None}
        return render_page("problem", **given | context), status

    def not_found(self, _error: Any, **context: Any) -> Answer:
        """404: nothing is at that address."""
        message = _("The address may be mistyped, or what was there is gone.")
        return self.problem(404, _("There is no such page"), message, **context)


def _start() -> Link:
    return Link(cookies.root(), cookies.root(), _("Go to the desk"))


PAGES = DeskErrorPages(_start, lambda _name: "")
