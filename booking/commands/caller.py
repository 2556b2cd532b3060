"""Who an appointment is entered for: checked as the booking page checks it."""

from __future__ import annotations

from dataclasses import replace

import click
from sqlalchemy.orm import Session

from booking.contact import forms
from booking.contact.phones import shop_region
from booking.operations.bookings import Customer
from booking.state import current_sidebook
from booking.storage import reads

_ASKED = [
    replace(forms.NAME, missing="Say who comes."),
    replace(forms.EMAIL, required=False),
    forms.PHONE,
    forms.FieldSpec("note", "Note", "textarea", maxlength=forms.NOTE_LENGTH),
]


def customer_of(session: Session, typed: dict[str, str]) -> Customer:
    """The customer; whoever telephones may leave no address and no number."""
    form = forms.details_form(_ASKED, typed, _region(session), memo={})
    if not form.validate():
        wrong = [f"--{name}: {told}" for name, told in forms.first_messages(form).items()]
        raise click.ClickException("\n".join([*wrong, "Nothing was changed."]))
    return Customer(**form.data, zone=reads.shop_zone(session).key)


def _region(session: Session) -> str | None:
    shop = reads.shop(session)
    found = current_sidebook().settings.phone_region
    return found or (shop_region(shop.phone, shop.zone) if shop else None)
