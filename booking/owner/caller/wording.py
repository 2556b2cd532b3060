"""What speaks against a time, as the desk is told."""

from collections.abc import Sequence

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.scheduling.slots import Reason

REASONS = {
    Reason.CLOSED: gettext_noop("That is outside the hours."),
    Reason.BETWEEN: gettext_noop("No appointment begins at that minute."),
    Reason.BUFFER: gettext_noop("There is not the usual time before or after it."),
    Reason.TOO_SOON: gettext_noop("That is sooner than customers may book."),
    Reason.TOO_FAR: gettext_noop("That is further ahead than customers may book."),
    Reason.TAKEN: gettext_noop("That time is taken."),
    Reason.LIMIT: gettext_noop("That day has as many of these appointments as it may."),
    Reason.PAST: gettext_noop("That time has passed."),
}
NO_SUCH_TIME = gettext_noop("The clock leaves that time out on that day.")


def why(against: Sequence[Reason]) -> list[str]:
    """Return each reason as a sentence; without any, that there is no such time."""
    return [_(REASONS[each]) for each in against] or [_(NO_SUCH_TIME)]
