"""AT THE SHELL: `flask booking …`, what owners and operators do without pages of their own.

group.py is the group; business.py, agenda.py, appointments.py, held.py, revoking.py and upkeep.py
hold its commands, each a few lines that call an operation. days.py reads a time as it was typed,
caller.py a customer, named.py a reference or slug, search.py whatever is known of a customer;
lines.py writes an appointment, why_not.py why there is none; output.py prints it all, columns.py in
columns; doctor.py examines the installation with guard.py, pressure.py and file_modes.py,
troubles.py turns what went wrong into one sentence.
"""

from . import agenda, appointments, business, held, revoking, upkeep
from .group import booking_commands

__all__ = ["agenda", "appointments", "booking_commands", "business", "held", "revoking", "upkeep"]
