"""AT THE SHELL: `flask booking …`, what owners and operators do without pages of their own.

group.py holds the commands, each a few lines that call an operation; days.py reads a day as it was
typed, lines.py writes an appointment as a line, doctor.py examines the installation, troubles.py
turns what went wrong into one sentence.
"""

from .group import booking_commands

__all__ = ["booking_commands"]
