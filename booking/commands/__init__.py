"""AT THE SHELL: `flask booking …`, what owners and operators do without pages of their own.

`group` is the group, and prints all that its commands say; `business`, `appointments`, `decisions`,
`holds`, `letters`, `loading`, `deliver`, `accounts` and `backup` hold these, each a few lines that
call an operation. `lookup` reads what was typed: a time, and what a word names (an appointment, a
service, a person, a customer); `given` takes numbers of rows and files to write into. `purge`
erases what nobody needs; `demo` fills the demo's week; `doctor` examines the installation, with
`database_checks`.
"""

from . import (
    accounts,
    appointments,
    backup,
    business,
    customers,
    decisions,
    deliver,
    demo,
    holds,
    letter_preview,
    letters,
    loading,
    purge,
)
from .group import booking_commands

__all__ = [
    "accounts",
    "appointments",
    "backup",
    "booking_commands",
    "business",
    "customers",
    "decisions",
    "deliver",
    "demo",
    "holds",
    "letter_preview",
    "letters",
    "loading",
    "purge",
]
