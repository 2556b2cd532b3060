"""The last step: the booking itself, read from the database by the reference that is left."""

from collections.abc import Sequence

from booking.customer.appointment import presenter
from booking.customer.wizard import progress
from booking.customer.wizard.progress import Stage
from booking.customer.wizard.state import WizardState
from booking.i18n import gettext as _
from booking.i18n import gettext_noop
from booking.state import current_sidebook
from booking.storage import reads
from booking.storage.letter_reads import is_told
from booking.storage.models import Booking
from booking.tab_sessions import TabSession, TabSessionGone
from booking.web import urls
from booking.web.rendering import get_shop, render

from .base import Step

HEADINGS = {
    "cancelled": gettext_noop("Your appointment was cancelled"),
    "pending": gettext_noop("Not booked yet"),
}

CHANGED = gettext_noop("See, move or cancel the appointment")
ASKED_FOR = gettext_noop("See the appointment, cancel it, or ask for another time")
"""What the link is for, by whether the shop decides about another time."""


class DoneStep(Step):
    """The confirmation; it asks nothing, and takes nothing."""

    name = "done"
    label = gettext_noop("Done")
    heading = gettext_noop("Your appointment is confirmed")
    is_question = False


def render_done(
    tab: TabSession,
    committed: WizardState | None = None,
    *,
    alerts: Sequence[str] = (),
    notices: Sequence[str] = (),
) -> str:
    """Return the confirmation; `committed` is the state that was committed just now, if any.

    Raises: TabSessionGone when the booking has left the database.
    """
    booking = (committed and committed.booked) or reads.booking_by_reference(
        tab.session, tab.result or ""
    )
    if booking is None:
        raise TabSessionGone("completed")
    is_fresh = committed is not None and committed.booked is not None
    shop = committed.shop if committed else get_shop(tab.session)
    state = booking.state_at(tab.now)
    return render(
        "_done.html",
        shop,
        step="done",
        heading=_(HEADINGS.get(state, DoneStep.heading)),
        waits_for=presenter.what_it_waits_for(booking, shop) if state == "pending" else "",
        may_mend=(state, booking.pending_for) == ("pending", "mail"),
        see_label=_(ASKED_FOR if booking.service.approval else CHANGED),
        told=_told(tab, booking, state, is_fresh=is_fresh),
        progress=tuple(Stage(each.name, _(each.label), "done") for each in progress.steps()[:-1]),
        alerts=list(alerts),
        notices=list(notices),
        errors={},
        form_url=None,
        back=None,
        hold=None,
        booking=presenter.appointment(booking, shop),
        state=state,
        new_url=urls.root(),
        new_fragment_url=urls.address("form"),
        **presenter.manage_links(presenter.manage_token(tab, booking)),
    )


def _told(tab: TabSession, booking: Booking, state: str, *, is_fresh: bool) -> str:
    """That a letter is on its way, where one is; of what was booked just now without asking."""
    if state != "confirmed" or not current_sidebook().settings.mail_url:
        return ""
    if not (booking.is_told if is_fresh else is_told(tab.session, booking)):
        return ""
    address = presenter.shortened(booking.customer_email)
    return _("We have written to %(email)s with this link.", email=address)
