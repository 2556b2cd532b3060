"""AT THE SHELL: `flask booking …`, what owners and operators do without pages of their own.

`group` is the group; `business`, `appointments` and `holds` hold its commands, each a few
lines that call an operation. `dates` reads a time as it was typed, `lookup` what a word names: an
appointment, a service, a person, a customer. `output` prints it all. `doctor` examines
the installation, with `database_checks`.
"""

from . import appointments, business, holds
from .group import booking_commands

__all__ = ["appointments", "booking_commands", "business", "holds"]
