"""Mend who comes: the details step's own fields and checks, but for the service's questions."""

from collections.abc import Mapping, Sequence

from flask import url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.contact import forms
from booking.customer.wizard.form_fields import check_details, judged, typed_values
from booking.customer.wizard.texts import visitor_limit
from booking.i18n import gettext as _
from booking.operations.bookings import Customer
from booking.operations.details import mend_details
from booking.operations.requests import VisitorLimit
from booking.state import current_sidebook
from booking.storage.models import Booking
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.rendering import get_shop, phone_region

from . import pages, presenter

MOST = 64 * 1024  # bytes: a note in letters of four bytes, each written as twelve, and the rest


class NotValid(Exception):
    """Raised where something typed needs mending; it says what, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(*errors)


def details(token: str) -> str | Response:
    """Show name, address, phone and note; lead to the appointment where they stay as they are."""
    with read_transaction(current_sidebook().session) as session:
        booking = pages.booking_of(session, token)
        if not pages.offers_of(session, booking).may_mend:
            return pages.lead_to(token)
        return _page(session, token, booking, _kept(booking))


def mend(token: str) -> Response | tuple[str, int]:
    """Write down what was typed, or show all of it again with what is to be mended."""
    meant = pages.take_form(token, "mend", MOST)
    check_details()

    def work(session: Session) -> str | None:
        return _mend(session, token, meant=meant)

    try:
        renewed = run_in_transaction(current_sidebook().session, work)
    except pages.NotMeant:
        return _shown_again(token, asked=2, alerts=[_(pages.ONCE_MORE)]), 422
    except NotValid as wrong:
        return _shown_again(token, errors=wrong.errors), 422
    except VisitorLimit as reached:
        return _shown_again(token, alerts=[visitor_limit(reached.limit)]), 429
    except pages.NOT_CHANGED as error:
        return pages.refused(token, error)
    return pages.lead_to(renewed or token, "address" if renewed else "mended")


def _mend(session: Session, token: str, *, meant: bool) -> str | None:
    """The token of the new link, if there is one."""
    booking = pages.booking_to_change(session, token)
    form = forms.details_form(
        forms.field_specs(()), typed_values(), phone_region(get_shop(session)), judged()
    )
    may_mend = pages.offers_of(session, booking).may_mend
    if may_mend and not form.validate():
        raise NotValid(forms.first_messages(form))
    if may_mend and not meant:
        raise pages.NotMeant
    sidebook = current_sidebook()
    return mend_details(
        session,
        booking,
        Customer(**form.data),
        now=pages.now(),
        renew=sidebook.links.renew,
        outbox=sidebook.outbox,
    )


def _kept(booking: Booking) -> dict[str, str]:
    return {name: getattr(booking, f"customer_{name}") for name in forms.CONTACT}


def _shown_again(
    token: str,
    *,
    errors: Mapping[str, str] | None = None,
    alerts: Sequence[str] = (),
    asked: int = 1,
) -> str:
    with read_transaction(current_sidebook().session) as session:
        booking = pages.booking_of(session, token)
        typed = typed_values()
        return _page(session, token, booking, typed, errors=errors, alerts=alerts, asked=asked)


def _page(
    session: Session,
    token: str,
    booking: Booking,
    values: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    alerts: Sequence[str] = (),
    asked: int = 1,
) -> str:
    shop, refused = get_shop(session), dict(errors or {})
    fields = [
        each._replace(value=values.get(each.name, ""), error=refused.get(each.name))
        for each in forms.field_specs(())
    ]
    return pages.show(
        "mend",
        shop,
        scripted=True,
        heading=_("Change your details"),
        booking=presenter.appointment(booking, shop),
        fields=fields,
        errors={
            each.name: forms.summary_message(each, each.error) for each in fields if each.error
        },
        appointment_url=url_for(".appointment", token=token),
        mend_url=url_for(".appointment_details", token=token),
        sure=presenter.form_mark(token, "mend", asked),
        alerts=alerts,
    )
