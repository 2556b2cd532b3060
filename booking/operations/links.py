"""The links by which customers look after their bookings: made, found again, ended.

A link's token is derived from a number of its booking by a key that is not in the database, which
keeps hashes alone. So a letter can say the link again, and a stolen database opens none. A token is
given out only after its hash was compared with a stored one.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.orm import Session

from booking.addresses import lowered
from booking.now import utc_now
from booking.storage.links import add_link, delete_links, hashes_of_links
from booking.storage.models import Booking
from booking.transactions.sessions import run_in_transaction
from booking.transactions.watching import is_writing

from .pending import lock

_NUMBER = 16  # bytes
_PURPOSE = b"manage:"
CONFIRMATION, DECISION = "confirmation", "decision"
"""What else a link may be for: its customer confirms a booking, or the shop decides about it."""


def numbers_of(booking: Booking, purpose: str) -> list[bytes | None]:
    """Return what links for that purpose about a booking are derived from: first that of new ones.

    The shop's stays when the customer's links end, for it is not theirs. Earlier ones were derived
    from what theirs are.
    """
    own = [booking.reference.encode()] if purpose == DECISION else []
    return [*own, booking.link_number]


class TwoKeys(Exception):
    """Raised where another machine makes links with a key of its own; the message says what to do.

    Either could not say the other's links again.
    """


class NoLink(Exception):
    """Raised where no link can be said again, and one more has to be added first."""

    def __init__(self, booking_id: int) -> None:
        self.booking_id = booking_id
        super().__init__(f"booking {booking_id} has no link that can be said again")


class NewLink(NamedTuple):
    """The first link of a booking that is about to be made: its number, and its token's hash."""

    number: bytes
    token_hash: bytes


def token_hash(token: str) -> bytes:
    """Return what is stored of a link's token, and what it is looked up by."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True)
class Links:
    """How an app makes its links. Of its `keys` the first makes them, the others made some.

    `address` is what comes before the token; empty where BOOKING_PUBLIC_URL does not say it.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    address: str = ""

    def new(self) -> NewLink:
        """Return the number and the hash to write down with a new booking."""
        number = secrets.token_bytes(_NUMBER)
        return NewLink(number, token_hash(_token(self.keys[0], number)))

    def first_token(self, booking: Booking) -> str | None:
        """Return the token of its first link, without asking; None where these keys made none."""
        return _among(self._tokens(booking), {booking.manage_token_hash})

    def token(self, session: Session, booking: Booking) -> str | None:
        """Return the token of a link that is good; None where these keys made none."""
        if first := self.first_token(booking):
            return first
        if booking.link_number is None:
            return None
        return _among(self._tokens(booking), hashes_of_links(session, booking.id))

    def known_url(self, session: Session, booking: Booking) -> str:
        """Return what `manage_url` does, and add nothing.

        Raises: NoLink.
        """
        if self.address and not self.token(session, booking):
            raise NoLink(booking.id)
        return self.manage_url(session, booking)

    def manage_url(self, session: Session, booking: Booking) -> str:
        """Return a link that is good; one more is added where these keys made none.

        So it is for a booking made before there were keys, and where the key was lost or is
        another; its earlier links stay good. It is added in the session's transaction if that
        writes, else in one of its own. Empty where nobody said what addresses begin with.
        """
        token = self.address and self.token(session, booking)
        if self.address and not token:
            token = self._add(session, booking)
        return f"{self.address}{token}" if token else ""

    def url_for(self, booking: Booking, purpose: str, number: bytes | None) -> str:
        """Return the link for what waits: CONFIRMATION or DECISION; empty where there is none.

        `number` is the booking's, or that of a move that it is asked for. Nothing of the link is
        stored. It is known again by working it out once more.
        """
        if not self.address or number is None:
            return ""
        token = _token(self.keys[0], number, f"{purpose}:".encode())
        return f"{self.address}{booking.reference}/{purpose}/{token}"

    def is_token(self, number: bytes | None, purpose: str, token: str) -> bool:
        """Tell whether that is the token of the link of that number for this purpose."""
        sent = token.encode()
        return number is not None and any(
            hmac.compare_digest(_token(key, number, f"{purpose}:".encode()).encode(), sent)
            for key in self.keys
        )

    def hashed_address(self, address: str) -> str:
        """Return what is kept in place of an address: to know it again, and not to read it."""
        return self.hashed_addresses(address)[0]

    def hashed_addresses(self, address: str) -> list[str]:
        """Return that of each key that addresses were kept by, the present one first."""
        small = lowered(address).encode()
        return [f"erased-{_token(key, small, b'address:')}" for key in self.keys]

    def renew(self, session: Session, booking: Booking, by: str = "") -> str:
        """End all links of the booking, and return the token of a new one. The caller commits.

        `by` is the token of the link by which it was asked for: of what it led to `renewed` knows.
        """
        delete_links(session, booking.id)
        number = _number_after(self.keys[0], by) if by else secrets.token_bytes(_NUMBER)
        token = _token(self.keys[0], number)
        booking.link_number, booking.manage_token_hash = number, token_hash(token)
        session.flush()
        return token

    def renewed(self, token: str) -> list[bytes]:
        """Return the hashes of the links that may have been made when this one was renewed by it.

        Nothing of an ended link is stored; the next one is worked out of it by the key, so that
        nobody else can.
        """
        return [token_hash(_token(key, _number_after(key, token))) for key in self.keys]

    def _tokens(self, booking: Booking) -> Iterator[str]:
        number = booking.link_number
        return (_token(key, number) for key in self.keys if number is not None)

    def _add(self, session: Session, booking: Booking) -> str:
        if is_writing(session):
            return self._added(session, booking.id)
        own = Session(session.get_bind().engine)
        return run_in_transaction(own, lambda writing: self._added(writing, booking.id))

    def _added(self, session: Session, number: int) -> str:
        booking = session.get_one(Booking, number)
        lock(session, booking)
        # Somebody may have added it a moment ago.
        if token := self.token(session, booking):
            return token
        booking.link_number = booking.link_number or secrets.token_bytes(_NUMBER)
        session.flush()
        token = _token(self.keys[0], booking.link_number)
        add_link(session, booking.id, token_hash(token), now=int(utc_now().timestamp()))
        return token


def _among(tokens: Iterator[str], stored: Collection[bytes]) -> str | None:
    return next((token for token in tokens if token_hash(token) in stored), None)


def _number_after(key: bytes, token: str) -> bytes:
    return hmac.digest(key, b"renewed:" + token.encode(), "sha256")[:_NUMBER]


def _token(key: bytes, number: bytes, purpose: bytes = _PURPOSE) -> str:
    derived = hmac.digest(key, purpose + number, "sha256")
    return urlsafe_b64encode(derived).rstrip(b"=").decode()
