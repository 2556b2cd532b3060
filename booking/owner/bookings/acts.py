"""The forms on an appointment's page: each is sent to what it makes, and leads back to the page."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.contact import forms
from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.operations import bookings, pending, pending_moves
from booking.operations.attendance import note_attendance
from booking.operations.letter_again import send_again
from booking.operations.notes import write_note
from booking.operations.requests import Attendance, By
from booking.operations.series import cancel_following
from booking.operations.undo import undo
from booking.owner.access import EVERYBODY
from booking.owner.desk_route import desk_route
from booking.owner.forms import is_posted, number_in, posted
from booking.storage.models import Booking

from . import kept
from .page import shown

Answer = Response | tuple[str, int]
NOTE = forms.FieldSpec(
    "note",
    gettext_noop("Note"),
    "textarea",
    required=True,
    missing=gettext_noop("Write the note first."),
    maxlength=forms.NOTE_LENGTH,
)
WORDS = forms.FieldSpec("words", gettext_noop("Why"), "textarea", maxlength=500)
"""What the customer reads of why it is cancelled."""
DECISION_WORDS = WORDS._replace(name="decision_words")
"""The same of why it is declined: another field of the page."""
NO_ENTRY = -1
ATTENDED = {each.value: each for each in Attendance}


def booking_cancellation(reference: str) -> Answer:
    """Cancel it, with words to its customer."""
    return _with_words(reference, _cancel, WORDS)


def booking_decision(reference: str) -> Answer:
    """Confirm or decline what waits: the appointment, or another time of it."""
    if posted("decision") not in ("confirm", "decline"):
        return _refused(reference, 422, alerts=[_("Choose what to do.")])
    return _with_words(reference, _decide, DECISION_WORDS)


def booking_attendance(reference: str) -> Answer:
    """Note that its customer came, or did not; or that nobody knows."""
    attended = ATTENDED.get(posted("attendance"))
    if attended is None:
        return _refused(reference, 422, alerts=[_("Choose what to do.")])
    work = partial(_note_attendance, attended=attended, **_who_and_when())
    return _done(reference, work)


def booking_notes(reference: str) -> Answer:
    """Keep a note that only the shop sees."""
    typed = posted("note")
    text, wrong = _read(NOTE, typed)
    if wrong:
        return _refused(reference, 422, errors={"note": wrong}, typed={"note": typed})
    work = partial(write_note, text=text, actor=kept.actor(), now=kept.now())
    return _done(reference, work, typed={"note": typed})


def booking_letters(reference: str) -> Answer:
    """Write the letter that tells what is now once more."""
    return _done(reference, partial(send_again, **_who_and_when()))


def booking_undo(reference: str) -> Answer:
    """Undo what was done last, if nobody has heard of it."""
    number = number_in(posted("entry")) or NO_ENTRY
    return _done(reference, partial(undo, number=number, **_who_and_when()))


def _cancel(session: Session, booking: Booking, *, by: By, **given: Any) -> None:
    if is_posted("following") and booking.series:
        cancel_following(session, booking, only_with=kept.only_with(), **given)
    else:
        bookings.cancel(session, booking, by=by, **given)


def _who_and_when() -> dict[str, Any]:
    return {"actor": kept.actor(), "now": kept.now(), "outbox": kept.outbox()}


def _with_words(reference: str, verb: Callable[..., object], field: forms.FieldSpec) -> Answer:
    typed = {field.name: posted(field.name)}
    words, wrong = _read(field, typed[field.name])
    if wrong:
        return _refused(reference, 422, errors={field.name: wrong}, typed=typed)
    work = partial(verb, words=words, by="owner", **_who_and_when())
    return _done(reference, work, typed=typed)


def _decide(session: Session, booking: Booking, *, words: str, **given: Any) -> None:
    is_asked = pending_moves.waits_for_decision(session, booking, given["now"])
    if posted("decision") == "confirm":
        (pending_moves.approve_move if is_asked else pending.confirm)(session, booking, **given)
    else:
        decline = pending_moves.decline_move if is_asked else pending.decline
        decline(session, booking, words=words, **given)


def _note_attendance(
    session: Session, booking: Booking, *, attended: Attendance, **given: Any
) -> None:
    note_attendance(session, booking, attended, **given)


def _read(field: forms.FieldSpec, typed: str) -> tuple[str, str]:
    """The text as it is kept, and what is wrong with it."""
    asked = field._replace(missing=_(field.missing))
    form = forms.details_form([asked], {field.name: typed}, None, {})
    form.validate()
    return form.data[field.name].strip(), forms.first_messages(form).get(field.name, "")


def _done(
    reference: str,
    work: Callable[[Session, Booking], object],
    typed: Mapping[str, str] | None = None,
) -> Answer:
    try:
        return kept.change(reference, work)
    except kept.NOT_DONE as error:
        return _refused(reference, 409, alerts=[_(kept.why_not(error))], typed=typed)


def _refused(reference: str, status: int, **more: Any) -> tuple[str, int]:
    return shown(reference, **more), status


ROUTES = tuple(
    desk_route(f"/bookings/<reference>/{noun}", view, roles=EVERYBODY, methods=("POST",))
    for noun, view in {
        "cancellation": booking_cancellation,
        "decision": booking_decision,
        "attendance": booking_attendance,
        "notes": booking_notes,
        "letters": booking_letters,
        "undo": booking_undo,
    }.items()
)
