"""Mail that is tried out: a letter to whoever sets it up, and letters that are only looked at."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import localtime, make_msgid

from sqlalchemy.orm import Session

from booking.i18n import gettext as _
from booking.i18n import nearest, speaking
from booking.mail_settings import Mailbox
from booking.state import SidebookState, current_sidebook
from booking.storage.catalogue import read_catalogue

from .delivery import transport_of
from .dialogue import Hear
from .letters import address_in_header
from .mime import POLICY
from .sample import PAGE, Offer, sample
from .transport import Answer


def send_test_letter(
    sidebook: SidebookState, to: str, *, hear: Hear, seconds: float | None = None
) -> Answer | None:
    """Send a letter to that address now, outside any transaction; None: no letters are sent.

    `hear` is told what is said to the mail server, and what it answers. `seconds` is the time for
    connecting, and again for the letter; None: that of the settings.
    """
    transport = transport_of(sidebook, hear=hear, seconds=seconds)
    sender = sidebook.settings.mail_from
    if transport is None or sender is None:
        return None
    with transport.connected():
        return transport.send(_test_letter(sender, to), sender=sender.address, recipient=to)


def _test_letter(sender: Mailbox, to: str) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    message["From"] = address_in_header(sender.address, sender.name)
    message["To"] = address_in_header(to)
    message["Subject"] = _("A letter to try mail out")
    message["Date"], message["Message-ID"] = (
        localtime(),
        make_msgid(domain=sender.address.rpartition("@")[2]),
    )
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        _("Letters of your booking pages arrive here. There is nothing to do.") + "\n"
    )
    return message


def plain_text(message: EmailMessage) -> str:
    """Return what a letter says in plain text."""
    body = message.get_body(("plain",))
    return str(body.get_content() if body else "")


def preview(
    session: Session, kind: str, *, now: datetime, language: str = ""
) -> EmailMessage | None:
    """Return the letter of that kind (of LETTERS) about an appointment that nobody booked.

    In the words of the shop. None where nothing can be booked yet.
    """
    catalogue = read_catalogue(session)
    offers = (
        Offer(each, staff[0])
        for each in catalogue.services
        if (staff := catalogue.offering(each.id))
    )
    offer = next(offers, None)
    if offer is None or catalogue.shop is None:
        return None
    page = current_sidebook().links.address or PAGE
    # Staff's and the shop's are in the shop's language.
    to_customer = not kind.startswith(("staff_", "shop_"))
    with speaking(nearest(language if to_customer else "", catalogue.shop.language)):
        made = sample(catalogue.shop, offer, kind, now=now, language=language, page=page)
        return made.message()
