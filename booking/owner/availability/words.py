"""What keeps a time from being had, in words: short ones for a table, a name for what is drawn."""

from booking.i18n import gettext_noop
from booking.scheduling.day_reasons import Why

FREE = "free"
SHORT = {
    Why.PAST: gettext_noop("It has passed"),
    Why.TOO_SOON: gettext_noop("It is too soon: notice is asked for"),
    Why.TOO_FAR: gettext_noop("It is too far ahead"),
    Why.HOURS: gettext_noop("It does not fit into the hours"),
    Why.OTHER_HOURS: gettext_noop("It does not fit into this day's hours"),
    Why.BREAK: gettext_noop("It runs into a break"),
    Why.AWAY: gettext_noop("It runs into time off"),
    Why.SHUT: gettext_noop("The shop is closed"),
    Why.BOOKED: gettext_noop("It is booked"),
    Why.HELD: gettext_noop("Somebody is booking it"),
    Why.TAKEN: gettext_noop("It is taken"),
    Why.BUFFER: gettext_noop("It runs into a buffer"),
    Why.LIMIT: gettext_noop("The day's limit is reached"),
}
DRAWN = {
    "open": gettext_noop("Open"),
    "break": gettext_noop("Break"),
    "away": gettext_noop("Time off"),
    "shut": gettext_noop("Shop closed"),
    "booked": gettext_noop("Booked"),
    "held": gettext_noop("Somebody is booking"),
    "buffer": gettext_noop("Buffer"),
    FREE: gettext_noop("A time that is free begins here"),
}
"""What the bar shows, in the order of its legend."""
