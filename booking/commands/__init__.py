"""AT THE SHELL: `flask booking …`, what owners and operators do without pages of their own.

group.py is the group; business.py, appointments.py and upkeep.py hold its commands, each a few
lines that call an operation; days.py reads a time as it was typed, lines.py writes an appointment
as a line, doctor.py examines the installation, troubles.py turns what went wrong into one sentence.
"""

from . import appointments, business, upkeep
from .group import booking_commands

__all__ = ["appointments", "booking_commands", "business", "upkeep"]
