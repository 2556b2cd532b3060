"""What keeps customers from booking, in words, with the page where it is mended."""

from collections.abc import Sequence
from typing import NamedTuple

from flask import url_for

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations.missing import Lack, Missing
from booking.operations.plan import BusinessPlan
from booking.operations.plan_edits import service_of


class Lacking(NamedTuple):
    """A sentence, and where to go."""

    text: str
    url: str


WORDS = {
    Lack.SHOP: gettext_noop("The shop has no name and no address yet."),
    Lack.SERVICES: gettext_noop("There is no service yet, so nothing can be booked."),
    Lack.STAFF: gettext_noop("There is nobody yet who could be booked."),
    Lack.NO_PERSON: gettext_noop("Nobody offers %(service)s, so customers do not see it."),
    Lack.NO_HOURS: gettext_noop("Nobody who offers %(service)s has any hours."),
    Lack.ALL_CLOSED: gettext_noop(
        "%(service)s: all are away or closed for as long as it can be booked ahead."
    ),
    Lack.TOO_SHORT: gettext_noop("%(service)s takes longer than anybody works in one go."),
    Lack.TOO_SOON: gettext_noop(
        "%(service)s: whenever somebody works is too soon or too far ahead to be booked."
    ),
    Lack.ALL_TAKEN: gettext_noop("%(service)s is booked out for as long as it can be booked."),
}
PAGES = {
    Lack.SHOP: ".settings",
    Lack.SERVICES: ".new_service",
    Lack.STAFF: ".new_member",
    Lack.NO_HOURS: ".hours",
    Lack.ALL_CLOSED: ".closures",
    Lack.TOO_SHORT: ".hours",
}
"""Where it is mended; else on the service's own page."""


def sentences(lacks: Sequence[Missing], plan: BusinessPlan) -> list[Lacking]:
    """Say what is missing."""
    return [Lacking(_words(one, plan), _page(one)) for one in lacks]


def _words(one: Missing, plan: BusinessPlan) -> str:
    found = service_of(plan, one.service)
    return _(WORDS[one.lack], service=found.name if found else one.service)


def _page(one: Missing) -> str:
    if page := PAGES.get(one.lack):
        return url_for(page)
    return url_for(".service", slug=one.service)
