"""Lost the link? An address that is typed here gets a letter with the links of its appointments.

Whatever the address, the same is done and the same answered: nobody learns who has an appointment.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from flask import Flask, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from booking.contact import forms
from booking.customer.wizard.form_fields import judged, posted
from booking.customer.wizard.texts import visitor_limit
from booking.i18n import current_language, gettext_noop
from booking.i18n import gettext as _
from booking.operations.lost_links import ask_for_links
from booking.operations.outbox import LETTER, Outbox
from booking.operations.plan import is_off
from booking.operations.requests import VisitorLimit
from booking.operations.visitors import seconds_left_of_day
from booking.state import current_flask, current_sidebook
from booking.storage.models import Shop
from booking.storage.outbox import LOST_LINK
from booking.tab_sessions import (
    read_transaction,
    read_whole,
    refuse_cross_site,
    refuse_too_large,
    run_in_transaction,
)
from booking.web.rendering import get_shop, render
from booking.web.visitor import visitor

from . import pages

MOST = 8 * 1024  # bytes: an address in letters of four bytes, each written as twelve, and more
ON_ITS_WAY = gettext_noop(
    "If there are coming appointments for this address, a letter with their links is on its way."
)
Answer = tuple[str, int, dict[str, str]]


def lost_url(shop: Shop | None) -> str:
    """Return where lost links are asked for; empty where no letter with them is sent.

    `shop` of None: it is not known what it says of that letter.
    """
    is_sent = current_sidebook().settings.mail_url and not is_off(
        shop.mail if shop else None, LOST_LINK
    )
    return url_for(".lost") if is_sent else ""


def _is_sent() -> bool:
    with read_transaction(current_sidebook().session) as session:
        return bool(lost_url(get_shop(session)))


def lost() -> Answer:
    """Show the form; and once it was sent, what is done about it."""
    if not _is_sent():
        return _page(404)
    return _page(200, notices=[_(ON_ITS_WAY)] if "asked" in request.args else [])


def ask() -> Response | Answer:
    """Write down that this address asks for its links, or say what is to be mended."""
    refuse_cross_site(request)
    refuse_too_large(request, MOST)
    read_whole(request)
    if not _is_sent():
        return _page(404)
    form = forms.details_form([_field()], {"email": posted("email")}, None, judged())
    if not form.validate():
        return _page(422, errors=forms.first_messages(form))
    return _asked(form.data["email"])


def _asked(address: str) -> Response | Answer:
    now, language = pages.now(), current_language().tag

    def work(session: Session) -> None:
        ask_for_links(session, address, visitor(), language=language, now=now)

    try:
        run_in_transaction(current_sidebook().session, work)
    except VisitorLimit as reached:
        wait = {"Retry-After": str(seconds_left_of_day(now))}
        return _page(429, alerts=[visitor_limit(reached.limit)], headers=wait)
    answer = redirect(url_for(".lost", asked=1), 303)
    answer.call_on_close(partial(_announce, current_flask(), current_sidebook().outbox))
    return answer


def _announce(app: Flask, outbox: Outbox) -> None:
    """Have it looked up once the answer has left: then its time says nothing of the address."""
    if outbox.announce:
        with app.app_context():
            outbox.announce(LETTER, "")


def _field() -> forms.FieldSpec:
    return next(each for each in forms.field_specs(()) if each.name == "email")


def _page(
    status: int,
    *,
    errors: Mapping[str, str] | None = None,
    alerts: Sequence[str] = (),
    notices: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Answer:
    field = _field()
    error = (errors or {}).get("email")
    context = {
        "heading": _("Lost the link to your appointment?"),
        "fields": [field._replace(value=posted("email"), error=error)],
        "errors": {"email": forms.summary_message(field, error)} if error else {},
        "alerts": alerts,
        "notices": notices,
    }
    with read_transaction(current_sidebook().session) as session:
        shop = get_shop(session)
        page = render("lost.html", shop, scripted=False, ask_url=lost_url(shop), **context)
    return page, status, dict(headers or {})
