"""Mend who comes: the details step's own fields and checks, but for the service's questions."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from flask import abort, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from booking.addresses import is_same_address
from booking.contact import forms
from booking.customer.wizard.form_fields import check_details, judged, typed_values
from booking.customer.wizard.texts import no_letter, whom_to_ask
from booking.i18n import formats
from booking.i18n import gettext as _
from booking.operations.bookings import Customer
from booking.operations.details import mend_details
from booking.operations.new_address import is_asked_first
from booking.operations.requests import VisitorLimit
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.letter_reads import asked_address
from booking.storage.models import Booking
from booking.tab_sessions import read_transaction, run_in_transaction
from booking.web.meanwhile import WAS, Merged, marks_of, merge
from booking.web.rendering import get_shop, phone_region

from . import pages, presenter
from .lost import lost_url

MOST = 64 * 1024  # bytes: a note in letters of four bytes, each written as twelve, and the rest


class NotValid(Exception):
    """Raised where something typed needs mending; it says what, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(*errors)


class ChangedMeanwhile(Exception):
    """Raised where the form shows what somebody has mended since: the shop, or another window."""


def details(token: str) -> str | Response:
    """Show name, address, phone and note; lead to the appointment where they stay as they are."""
    with read_transaction(current_sidebook().session) as session:
        booking = pages.booking_of(session, token)
        if not pages.offers_of(session, booking).may_mend:
            return pages.lead_to(token)
        return _page(session, token, booking, Merged(_stored(session, booking), {}, []))


def mend(token: str) -> Response | tuple[str, int]:
    """Write down what was typed, or show all of it again with what is to be mended."""
    meant = pages.take_form(token, "mend", MOST)
    check_details()

    def work(session: Session) -> tuple[str | None, str]:
        return _mend(session, token, meant=meant)

    try:
        renewed, done = run_in_transaction(current_sidebook().session, work)
    except pages.NotMeant:
        return _shown_again(token, asked=2, alerts=[_(pages.ONCE_MORE)]), 422
    except NotValid as wrong:
        return _shown_again(token, errors=wrong.errors), 422
    except (ChangedMeanwhile, VisitorLimit) as error:
        return _shown_again(token, is_unasked=isinstance(error, VisitorLimit)), 409
    except pages.NOT_CHANGED as error:
        return pages.refused(token, error)
    except NotFound:
        return (_done_already(token), 200) if meant else abort(404)
    return pages.lead_to(renewed or token, done)


def _mend(session: Session, token: str, *, meant: bool) -> tuple[str | None, str]:
    """The token of the new link, if there is one, and what was done."""
    booking = pages.booking_to_change(session, token)
    form = forms.details_form(
        forms.field_specs(()), typed_values(), phone_region(get_shop(session)), judged()
    )
    may_mend = pages.offers_of(session, booking).may_mend
    if may_mend and not form.validate():
        raise NotValid(forms.first_messages(form))
    if may_mend and not meant:
        raise pages.NotMeant
    if may_mend and _is_stale(_merged(session, booking), form.data):
        raise ChangedMeanwhile
    sidebook, customer = current_sidebook(), Customer(**form.data)
    renewed = mend_details(
        session,
        booking,
        customer,
        now=pages.now(),
        until=pages.now() + timedelta(minutes=sidebook.settings.confirm_minutes),
        renew=partial(sidebook.links.renew, by=token),
        outbox=sidebook.outbox,
    )
    if renewed:
        return renewed, "address"
    is_asked = not is_same_address(booking.customer_email, customer.email)
    return None, "address-asked" if is_asked else "mended"


def _done_already(token: str) -> str:
    """Answer who pressed twice: it was done, and by it this link has ended. 404 for all others.

    Not with the new link: whoever gives another address may do so because a stranger has this one.
    """
    sidebook = current_sidebook()
    with read_transaction(sidebook.session) as session:
        renewed = (
            reads.booking_by_token_hash(session, each) for each in sidebook.links.renewed(token)
        )
        if not any(renewed):
            abort(404)
        shop = get_shop(session)
        ended = _("The details were changed, and this link ended with the earlier address.")
        if sidebook.settings.mail_url:
            way = _("The new link is in our letter to the new address.")
        else:
            way = " ".join(filter(None, [_("Please ask us for the new one."), whom_to_ask(shop)]))
        return pages.show(
            "problem",
            shop,
            scripted=False,
            heading=_("Your details are changed"),
            message=f"{ended} {way}",
            find_url=lost_url(shop),
            retry=None,
            typed=(),
            form_url=None,
        )


def _stored(session: Session, booking: Booking) -> dict[str, str]:
    """What stands in the fields, as it is stored now."""
    values = {name: getattr(booking, f"customer_{name}") for name in forms.CONTACT}
    if (asked := asked_address(session, booking.id)) and asked.waits_at(pages.now()):
        values["email"] = asked.recipient  # to be left or corrected; the one before ends it
    return values


def _merged(session: Session, booking: Booking) -> Merged:
    """What to show of what was typed: by no page shown again is anything newer overwritten.

    A page of before, or of a host's own template, says not what it showed: it counts as it is.
    """
    stored, typed = _stored(session, booking), typed_values()
    mine = {name: typed.get(name, "").replace("\r\n", "\n") for name in stored}
    was = request.form.get(WAS)
    return Merged(mine, {}, []) if was is None else merge(mine, was, stored)


def _is_stale(merged: Merged, data: Mapping[str, str]) -> bool:
    """Whether it would undo unseen what was mended since; the same once more does not."""
    return bool(merged.taken_over) or any(
        data[name] != merged.changed[name] for name in merged.changed
    )


def _mended_meanwhile(merged: Merged) -> list[str]:
    """Say what was mended since the page was shown, and what became of what was typed."""
    said = [
        _(
            "%(name)s was changed meanwhile to: %(text)s. To keep what you wrote, save once more.",
            name=_(forms.LABELS[name]),
            text=text or _("nothing"),
        )
        for name, text in merged.changed.items()
    ]
    if merged.taken_over:
        names = formats.join_list([_(forms.LABELS[name]) for name in merged.taken_over])
        said.append(
            _(
                "This was changed meanwhile: %(names)s. It is shown as it is now. What you wrote "
                "is not saved yet: save once more.",
                names=names,
            )
        )
    return said


def _shown_again(
    token: str,
    *,
    errors: Mapping[str, str] | None = None,
    alerts: Sequence[str] = (),
    asked: int = 1,
    is_unasked: bool = False,
) -> str:
    """Return the page once more; `is_unasked`: no letter can ask the address that was typed."""
    with read_transaction(current_sidebook().session) as session:
        booking = pages.booking_of(session, token)
        merged = _merged(session, booking)
        if is_unasked:
            alerts = [no_letter(get_shop(session))]
        alerts = [*alerts, *_mended_meanwhile(merged)]
        return _page(session, token, booking, merged, errors=errors, alerts=alerts, asked=asked)


def _page(
    session: Session,
    token: str,
    booking: Booking,
    merged: Merged,
    *,
    errors: Mapping[str, str] | None = None,
    alerts: Sequence[str] = (),
    asked: int = 1,
) -> str:
    shop, refused = get_shop(session), dict(errors or {})
    fields = [
        each._replace(value=merged.values[each.name], error=refused.get(each.name))
        for each in forms.field_specs(())
    ]
    return pages.show(
        "mend",
        shop,
        scripted=True,
        heading=_("Change your details"),
        booking=presenter.appointment(booking, shop),
        fields=fields,
        was=marks_of(_stored(session, booking)),
        errors={
            each.name: forms.summary_message(each, each.error) for each in fields if each.error
        },
        appointment_url=url_for(".appointment", token=token),
        is_asked_first=is_asked_first(booking, current_sidebook().outbox),
        mend_url=url_for(".appointment_details", token=token),
        sure=presenter.form_mark(token, "mend", asked),
        alerts=alerts,
    )
