"""For testers: browser tabs in a test suite, without a browser.

``TabClient`` is one tab over Flask's test client; ``every_order`` lets several take their steps in
turn. ``plugin`` has fixtures for pytest, ``shop.load_shop`` a business from a dict. Needs
``beautifulsoup4``, which the ``testing`` extra brings: ``pip install 'sidebook[testing]'``.
"""

try:
    import bs4 as _bs4  # noqa: F401  (asked for here, so that its absence is explained once)
except ModuleNotFoundError as missing:
    if missing.name != "bs4":
        raise
    raise ModuleNotFoundError(
        "booking.testing reads pages with beautifulsoup4, which is not installed. "
        "Run: pip install 'sidebook[testing]'   (or: pip install beautifulsoup4)",
        name="bs4",
    ) from missing

from .forms import File
from .orders import Order, every_order
from .tab import TabClient

__all__ = ["File", "Order", "TabClient", "every_order"]
