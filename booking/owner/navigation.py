"""The desk's navigation: the pages that exist, in the order in which `routes` has them."""

from collections.abc import Sequence
from dataclasses import dataclass

from booking.state import current_flask

NAVIGATION = "booking.desk_navigation"


@dataclass(frozen=True)
class Place:
    """A page that the navigation leads to, for whom, and the endpoints that lie below it."""

    label: str
    endpoint: str
    roles: Sequence[str]
    below: frozenset[str]

    def covers(self, endpoint: str) -> bool:
        """Return whether this is where somebody is."""
        return endpoint == self.endpoint or endpoint in self.below


def entries() -> Sequence[Place]:
    """Return the entries of this app's desk."""
    found: Sequence[Place] = current_flask().extensions[NAVIGATION]
    return found
