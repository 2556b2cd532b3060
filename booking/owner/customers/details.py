"""What the shop says of a customer, as a form has it: the name, and a note of each part.

Each note has a field of its own, so that all of it is read however many were merged, each has room
for a whole one, and whoever is parted takes theirs along. It is named for its row: who was merged
or parted while somebody typed keeps what was typed of them, and nobody else gets it.
"""

from collections.abc import Sequence

from booking.i18n import gettext as _
from booking.operations import customers
from booking.owner.forms import all_posted, posted, posted_line
from booking.owner.shop_fields import WAS, Field, Values, marks_of
from booking.storage.customers import CustomerRow

from .seen import called

LONGEST_NAME = 200
_NOTE_OF = "note-"


def details_of(rows: Sequence[CustomerRow], number: int) -> Values:
    """Return what stands in the form on the page of that number, which is one of the rows."""
    return {"name": rows[0].name, **{_note(row, number): row.note for row in _shown(rows, number)}}


def fields_of(rows: Sequence[CustomerRow], number: int) -> list[Field]:
    """Return the fields of that form."""
    named = _("Appointments keep the name that was typed.")
    goes_along = _("It goes along with them when they are parted again.")
    fields = [Field("name", _("Called"), required=True, help=named)]
    for row in _shown(rows, number):
        about = _("Note about %(name)s", name=called(row.name, row.id))
        label, told = (_("Note"), "") if row is rows[0] else (about, goes_along)
        fields.append(Field(_note(row, number), label, "textarea", help=told))
    return fields


def typed_into(stored: Values) -> Values:
    """Return what was typed into that form; what it did not have is as it is stored."""
    sent = {name for name, _value in all_posted()}
    notes = {name: _posted_note(name) for name in stored if name in sent}
    return {**stored, **notes, "name": posted_line("name")}


def typed_of_others(stored: Values) -> list[str]:
    """Return notes that were typed about who is no part any more, but parted or erased since."""
    was, sent = posted(WAS).split(), {name for name, _value in all_posted()}
    gone = sorted(name for name in sent - stored.keys() if name.startswith(_NOTE_OF))
    typed = {name: _posted_note(name) for name in gone}
    return [note for name, note in typed.items() if marks_of({name: note}) not in was]


def notes_in(values: Values, rows: Sequence[CustomerRow], number: int) -> dict[int, str]:
    """Return the notes of a form by the numbers of their rows."""
    names = {row.id: _note(row, number) for row in rows}
    return {one: values[name] for one, name in names.items() if name in values}


def errors_in(values: Values) -> dict[str, str]:
    """Say which of it cannot be kept."""
    name, most = values["name"], customers.LONGEST_NOTE
    errors = {
        field: _(
            "Use at most %(number)s characters: %(surplus)s less than now.",
            number=most,
            surplus=len(value) - most,
        )
        for field, value in values.items()
        if field != "name" and len(value) > most
    }
    if not name:
        errors["name"] = _("Enter what the desk calls this customer.")
    elif len(name) > LONGEST_NAME:
        errors["name"] = _("Use at most %(number)s characters.", number=LONGEST_NAME)
    return errors


def _shown(rows: Sequence[CustomerRow], number: int) -> list[CustomerRow]:
    """The rows whose note has a field: the customer's own, and parts about whom there is one.

    Also those about whom there was one on the page that was sent: it may have been emptied since.
    """
    sent = {name for name, _value in all_posted()}
    own = (rows[0].id, number)
    return [row for row in rows if row.id in own or row.note or _note(row, number) in sent]


def _note(row: CustomerRow, number: int) -> str:
    return "note" if row.id == number else f"{_NOTE_OF}{row.id}"


def _posted_note(name: str) -> str:
    return posted(name).replace("\r\n", "\n").strip()
