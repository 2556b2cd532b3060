"""References: what a customer spells on the telephone."""

import secrets

# No vowels, so no words; nothing that is read as something else (0 O, 1 I L, 2 Z, 5 S, 8 B).
_ALPHABET = "34679CDFGHJKMNPQRTVWXY"
_LENGTH = 8


def random_reference() -> str:
    """Return a reference that most likely no booking has: of five times ten to the tenth."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
