"""AT THE SHELL: `flask booking …`, what owners and operators do without pages of their own.

`group` is the group, and prints all that its commands say; `business`, `appointments`, `decisions`,
`holds`, `letters` and `deliver` hold these, each a few lines that call an operation. `lookup` reads
what was typed: a time, and what a word names (an appointment, a service, a person, a customer).
`doctor` examines the installation, with `database_checks`.
"""

from . import appointments, business, decisions, deliver, holds, letter_preview, letters
from .group import booking_commands

__all__ = [
    "appointments",
    "booking_commands",
    "business",
    "decisions",
    "deliver",
    "holds",
    "letter_preview",
    "letters",
]
