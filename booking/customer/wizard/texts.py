"""Why an answer was not taken, in the sentences that customers read.

Constants are marked here and translated where they are shown.
"""

from booking.i18n import formats, gettext_noop
from booking.i18n import gettext as _
from booking.operations.requests import Limit
from booking.scheduling.slots import Reason
from booking.storage.models import Service, Shop

ANYONE = gettext_noop("Anyone who is free")
REVIEW_OUTDATED = gettext_noop(
    "Something has changed since you saw this page. Please check it once more."
)
ALREADY_CONFIRMED_DIFFERENTLY = gettext_noop(
    "This appointment was already confirmed in another window, with these answers."
)
PREVIOUS_STEP_FIRST = gettext_noop("Please answer the previous question first.")
NOT_HELD = gettext_noop(
    "Times were held from your connection for as long as one can, so this one is not held for you. "
    "It is yours if you confirm it before somebody else does."
)
MANY_HELD = gettext_noop(
    "Many times of that day are being held just now, so this one is not held for you. "
    "It is yours if you confirm it before somebody else does."
)
VISITOR_LIMIT_MESSAGES = {
    Limit.HOLDS: gettext_noop(
        "You are already holding several times. Please try again in a while."
    ),
    Limit.BOOKINGS: gettext_noop(
        "Many appointments were booked from your connection in the last 24 hours. "
        "Please get in touch with us for another one."
    ),
    Limit.DRAFTS: gettext_noop(
        "Very many bookings were begun from your connection today. Please go on with one "
        "that is open in another tab, or get in touch with us."
    ),
    Limit.LETTERS: gettext_noop(
        "We cannot write to that e-mail address just now, and without our letter there is no "
        "button to confirm with, so nothing was done. Please give another address, or get in "
        "touch with us."
    ),
    Limit.SEARCHES: gettext_noop(
        "Links were asked for very often from your connection today. Please get in touch with us."
    ),
    Limit.DAY: gettext_noop(
        "From your connection much of that day is taken already, and others want to come "
        "too. Please choose another day, or get in touch with us."
    ),
}
TIME_LOST = gettext_noop(
    "This time is no longer free. Go on, and we show you the nearest free times."
)
NO_MORE_TIME = gettext_noop(
    "This time cannot be held any longer. You can still go on: nothing you typed is lost."
)


def visitor_limit(limit: Limit) -> str:
    """Return the sentence for a visitor who has reached that limit."""
    return _(VISITOR_LIMIT_MESSAGES[limit])


def no_letter(shop: Shop) -> str:
    """Return that an address cannot be asked, and whom to call; it may be anybody's.

    Not why: whoever typed it is not to learn what others did with it.
    """
    return " ".join(filter(None, [visitor_limit(Limit.LETTERS), whom_to_ask(shop)]))


def please_call(shop: Shop) -> str:
    """Return that the shop wants to hear from whoever books, and whom to call; never why."""
    said = _("This appointment cannot be booked online. Please get in touch with us.")
    return " ".join(filter(None, [said, whom_to_ask(shop)]))


def whom_to_ask(shop: Shop) -> str:
    """Return the sentence that names the shop's phone, else its address; empty without either."""
    if shop.phone:
        return _("Please call %(phone)s.", phone=shop.phone)
    return _("Please write to %(email)s.", email=shop.email) if shop.email else ""


def slot_unavailable(reason: Reason, service: Service | None) -> str:
    """Return why a time cannot be had, in a sentence."""
    if reason is Reason.TOO_SOON:
        notice = formats.format_duration(service.minimum_notice) if service else ""
        return _("That is too soon: we need to know %(notice)s ahead.", notice=notice)
    return {
        Reason.PAST: _("That time has passed already. Please choose another one."),
        Reason.TOO_FAR: _("That is further ahead than can be booked yet."),
        Reason.CLOSED: _("That time cannot be booked. Please choose one of those below."),
        Reason.TAKEN: _("Somebody was faster: that time is taken. Your other answers are kept."),
        Reason.LIMIT: _("That day is fully booked. Please choose another one."),
    }[reason]


def duration_and_price(service: Service) -> str:
    """Return how long a service takes, and what it costs where that is said."""
    duration = formats.format_duration(service.duration)
    if not service.price:
        return duration
    return _("%(duration)s, %(price)s", duration=duration, price=service.price)
