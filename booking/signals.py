"""Flask signals of what has just happened to a booking: `booked`, `moved`, `cancelled`.

They are sent with the reference alone, in the process where it happened, as soon as it is
committed; so not where that process dies at that moment. `sidebook.on` misses nothing.
"""

from blinker import Namespace
from flask import current_app

_ours = Namespace()
booked = _ours.signal("booked", "A new booking is committed: receiver(app, reference=…).")
moved = _ours.signal("moved", "A booking has another time or person: receiver(app, reference=…).")
cancelled = _ours.signal("cancelled", "A booking is cancelled: receiver(app, reference=…).")
letter = _ours.signal("letter", "Of what hosts do not hear somebody is to be told: ours alone.")


def announce(event: str, reference: str) -> None:
    """Send the signal of that name. A receiver that fails is logged, and the others hear it."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - as Flask's manual says
    for receiver in _ours[event].receivers_for(app):
        try:
            receiver(app, reference=reference)
        except Exception:
            app.logger.exception("A receiver of booking.signals.%s failed.", event)
