"""How much is measured: a quarter of an hour by default, `./run bench --long` for the night."""

import sys

SWITCH = "--long"
LONG = SWITCH in sys.argv


def size(short: int, long: int) -> int:
    """How many, of whatever it is, this time."""
    return long if LONG else short
