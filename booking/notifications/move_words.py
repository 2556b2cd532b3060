"""What letters say of a move that was asked for, while the old time stands, and when given."""

from collections.abc import Mapping

from booking.i18n import gettext as _
from booking.storage.outbox import (
    MOVE_AWAITING_APPROVAL,
    MOVE_DECLINED,
    MOVE_NOT_CONFIRMED,
    MOVE_TAKEN_BACK,
    MOVE_TO_DECIDE,
)

from .words import Words


def of_a_move(kind: str, given: Mapping[str, str], *, role: str) -> Words:
    """Return what is told of a move that waits, or that came to nothing.

    `given` has what stands (service, when, shop), the time that was asked for, and until when it
    waits.
    """
    return _customers(kind, given) if role == "customer" else _staffs_or_shops(kind, given, role)


def of_a_given_move(words: Words, given: Mapping[str, str], *, role: str) -> Words:
    """Return the words of a move with the sentence that it is the one that was asked for."""
    text = _("The customer asked for another time, and it was confirmed.")
    if role == "customer":
        text = _("%(shop)s has confirmed the time that you asked for.", **given)
    return words._replace(paragraphs=(text,))


def _customers(kind: str, given: Mapping[str, str]) -> Words:
    if kind == MOVE_AWAITING_APPROVAL:
        subject = _("Not moved yet: %(service)s, %(when)s", **given)
        text = _(
            "You asked for %(asked)s. %(shop)s decides about it until %(until)s, and writes to "
            "you. Until then your appointment stands:",
            **given,
        )
        return Words(subject, _("Not moved yet"), (text,))
    subject = _("Not moved: %(service)s, %(when)s", **given)
    heading = _("Your appointment stands as it was")
    if kind == MOVE_DECLINED:
        return Words(subject, heading, (_("%(shop)s cannot move it to %(asked)s.", **given),))
    if kind == MOVE_NOT_CONFIRMED:
        text = _("The other time, %(asked)s, was not confirmed in time.", **given)
        return Words(subject, heading, (text,))
    raise LookupError(f"there are no words for {kind}")


def _staffs_or_shops(kind: str, given: Mapping[str, str], role: str) -> Words:
    if kind == MOVE_TO_DECIDE:
        subject = _("Please decide: %(service)s, %(when)s, to %(asked)s", **given)
        mine = _("Somebody asks for another time with you")
        heading = mine if role == "staff" else _("Somebody asks for another time")
        text = _(
            "Decide until %(until)s whether it is moved to %(asked)s. If nobody does, it stays "
            "where it is:",
            **given,
        )
        return Words(subject, heading, (text,))
    if kind == MOVE_NOT_CONFIRMED:
        subject = _("Not moved: %(service)s, %(when)s", **given)
        text = _("The appointment stays where it is, and %(asked)s is free again.", **given)
        return Words(subject, _("Nobody decided about another time"), (text,))
    if kind == MOVE_TAKEN_BACK:
        subject = _("Nothing to decide any more: %(service)s, %(when)s", **given)
        text = _("There is nothing to decide about %(asked)s any more.", **given)
        return Words(subject, _("Another time is not asked for any more"), (text,))
    raise LookupError(f"there are no words for {kind}")
