"""A business for a test: what a business file says, as a dict."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask

from booking.business_file.load import plan_of
from booking.business_file.section import Report
from booking.business_file.toml_positions import Path
from booking.commands.letter_checks import texts_at
from booking.commands.loading import refuse_without_mail
from booking.now import utc_now
from booking.operations.shop import apply_business
from booking.state import current_sidebook
from booking.tab_sessions import run_in_transaction

SHOP: dict[str, Any] = {
    "shop": {
        "name": "The Barber",
        "zone": "Europe/Lisbon",
        "phone": "+351 21 000 00 00",
        "email": "hello@barber.example",
    },
    "services": [
        {"slug": "haircut", "name": "Haircut", "duration": "30 min"},
        {"slug": "beard-trim", "name": "Beard trim", "duration": "15 min"},
    ],
    "staff": [
        {
            "slug": "rui",
            "name": "Rui",
            "offers": ["haircut", "beard-trim"],
            "hours": {"mon-sun": "09:00-18:00"},
        }
    ],
}
"""Open every day, so that no test depends on the day it runs on."""


def load_shop(app: Flask, shop: Mapping[str, Any]) -> None:
    """Prepare the database of this app and make its business what the dict says.

    The keys are those of a business file (docs/business-file.md); `hours.mon-sat = "…"` is
    `{"hours": {"mon-sat": "…"}}`. Whatever is there already is changed, as by the command.

    Raises: BusinessFileError with every mistake and its place.
    """
    with app.app_context():
        sidebook = current_sidebook()
        made = app.test_cli_runner().invoke(args=[sidebook.name, "init"])
        if made.exit_code:
            raise RuntimeError(made.output) from made.exception
        now = utc_now()
        plan = plan_of(dict(shop), _PlacesInADict(shop), now=now, check=texts_at(now))
        refuse_without_mail(plan)
        session = sidebook.session
        run_in_transaction(session, lambda reading: apply_business(reading, plan), idempotent=True)


class _PlacesInADict(Report):
    """Names what is wrong by the way to it: `services[1].duration`."""

    def __init__(self, shop: Mapping[str, Any]) -> None:
        self._paths = [(), *_paths(shop)]
        super().__init__("the shop", {path: line for line, path in enumerate(self._paths)})

    def place(self, line: int) -> str:
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self._paths[line])
        return f"{self.name}: {''.join(parts).lstrip('.') or 'at the top'}"


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    inside: Any = ()
    if isinstance(value, Mapping):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for key, inner in inside:
        yield (*path, key)
        yield from _paths(inner, (*path, key))
