"""Numbers between two others, both included."""

from collections.abc import Callable

from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.i18n.date_input import InvalidValue

_READABLE = 10**18
_SO_MANY_DIGITS = {
    "": gettext_noop(
        "a number of so many digits is out of bounds; write a number from %(least)s to %(most)s"
    ),
    "minutes": gettext_noop(
        "a number of so many digits is out of bounds; write from %(least)s to %(most)s minutes"
    ),
    "days": gettext_noop(
        "a number of so many digits is out of bounds; write from %(least)s to %(most)s days"
    ),
}
OUT_OF_BOUNDS = {
    "": gettext_noop("%(amount)s is out of bounds; write a number from %(least)s to %(most)s"),
    "minutes": gettext_noop(
        "%(amount)s minutes is out of bounds; write from %(least)s to %(most)s minutes"
    ),
    "days": gettext_noop("%(amount)s days is out of bounds; write from %(least)s to %(most)s days"),
}


def within(
    read: Callable[[object], int], least: int, most: int, unit: str
) -> Callable[[object], int]:
    """Read what `read` does, a number of that unit (minutes, days or none).

    Raises: InvalidValue.
    """

    def number(value: object) -> int:
        amount = read(value)
        if not least <= amount <= most:
            # Python writes no number of thousands of digits.
            words = OUT_OF_BOUNDS[unit] if abs(amount) < _READABLE else _SO_MANY_DIGITS[unit]
            given = {} if abs(amount) >= _READABLE else {"amount": amount}
            raise InvalidValue(_(words, least=least, most=most, **given))
        return amount

    return number
