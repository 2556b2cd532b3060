"""How much is measured: some twenty minutes by default, more with `./run bench --long`."""

import sys

SWITCH = "--long"
LONG = SWITCH in sys.argv


def size(short: int, long: int) -> int:
    """How many, of whatever it is, this time."""
    return long if LONG else short
