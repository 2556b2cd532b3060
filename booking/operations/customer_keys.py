"""By what a booking's customer is known again: an address or a number. It only suggests.

Families and offices share an address. Where the desk has parted one from the others, who is meant
is known by the address and the name together, so that new bookings go to the right one by
themselves.
"""

from typing import NamedTuple

from booking.addresses import lowered
from booking.characters import bare, folded

_MAIL, _PHONE, _NAME = "mail:", "tel:", " name:"
_EXTENSION = "ext"
"""What phonenumbers writes before the number within a house, which calls nobody from outside."""


class CustomerKeys(NamedTuple):
    """The address or number alone, and together with the name; both empty where neither is known.

    `address` is that of the customer's e-mail, else that of the phone number.
    """

    address: str = ""
    person: str = ""

    @property
    def name(self) -> str:
        """The name as the second key has it."""
        return self.person.removeprefix(self.address)


NOBODY = CustomerKeys()


def keys_of(name: str, email: str, phone: str) -> CustomerKeys:
    """Return the keys of whoever typed that.

    Only ASCII's capitals are forgiven in an address: what else a database takes for one letter, a
    mail server may take for two. A number is E.164's digits: each door has it written by
    phonenumbers, in the shop's region, before it is kept.
    """
    address = f"{_MAIL}{lowered(email)}" if email else phone_key(phone)
    return CustomerKeys(address, f"{address}{_NAME}{folded(name)}") if address else NOBODY


def phone_key(phone: str) -> str:
    """Return the key of a number as it is kept: '+49 30 123 ext. 4' is tel:+4930123.

    Empty where there is no digit in it.
    """
    number = bare(phone).partition(_EXTENSION)[0]
    digits = "".join(str(int(each)) for each in number if each.isdecimal())
    sign = "+" if number.lstrip().startswith("+") else ""
    return f"{_PHONE}{sign}{digits}" if digits else ""
