"""Short names for addresses, made of what somebody is called."""

import re
import unicodedata
from collections.abc import Collection

LONGEST = 50


def short_name(name: str, taken: Collection[str], otherwise: str) -> str:
    """Return a name of small letters, digits and hyphens that is not taken.

    `otherwise` is what it begins with where nothing of the name can be written so.
    """
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    first = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].rstrip("-") or otherwise
    made, number = first, 1
    while made in taken:
        number += 1
        made = f"{first}-{number}"
    return made


def short_key(label: str, taken: Collection[str]) -> str:
    """Return a key for the answer to a question: as a short name, a letter first."""
    made = short_name(label, (), "question")
    key = made if made[0].isalpha() else f"q-{made}"
    return short_name(key, taken, "question")
