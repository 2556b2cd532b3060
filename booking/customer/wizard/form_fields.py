"""What a form sent: its fields by name, and of the details what was typed, unchecked."""

from itertools import islice
from typing import cast

from booking.contact import forms
from booking.contact.validators import Memo
from booking.state import current_request, current_sidebook
from booking.storage.catalogue import remembered
from booking.web.rendering import phone_region, placeholder_shop

MOST_FIELDS = 200
LONGEST_NAME = 100  # of a field: a question's key has 80 characters at most
OLD_NAMES = {
    "answer_version": "seen",
    "details_revision": "round",
    "review_version": "answers",
    "idempotency_key": "draft",
}
"""Fields of forms that were loaded before their names were changed, and are still open."""
_TYPED, _JUDGED = "booking.typed", "booking.judged"


def posted(name: str) -> str:
    """Return one field of the form; empty when it was not sent."""
    form = current_request().form
    return form.get(name) or form.get(OLD_NAMES.get(name, name), "")


def is_from_an_older_page() -> bool:
    """Return whether the form was loaded before its fields were renamed, and its page with it."""
    form = current_request().form
    return any(old in form and new not in form for new, old in OLD_NAMES.items())


def typed_values() -> dict[str, str]:
    """Return what was posted of the details, unchecked; of more than anybody asks for, the first.

    Read once in a request: of fields that nobody asks for there may be tens of thousands.
    """
    request = current_request()
    if _TYPED not in request.environ:
        typed = (
            (name, value)
            for name, value in request.form.items()
            if len(name) <= LONGEST_NAME and forms.is_details_field(name)
        )
        request.environ[_TYPED] = dict(islice(typed, MOST_FIELDS))
    values: dict[str, str] = request.environ[_TYPED]
    return values


def check_details() -> None:
    """Check what was posted of the details before anything is locked: see `forms.look_over`."""
    known = remembered(current_sidebook().engine)
    shop = known.shop if known else None
    forms.look_over(typed_values(), phone_region(shop or placeholder_shop()), judged())


def judged() -> Memo:
    """Return what this request's texts were judged to be so far, so that each is judged once."""
    return cast("Memo", current_request().environ.setdefault(_JUDGED, {}))
