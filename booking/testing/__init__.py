"""For testers: browser tabs in a test suite, without a browser.

``TabClient`` is one tab over Flask's test client. Needs ``beautifulsoup4``, which the ``test``
extra brings: ``pip install 'sidebook[test]'``.
"""

try:
    import bs4 as _bs4  # noqa: F401  (asked for here, so that its absence is explained once)
except ModuleNotFoundError as missing:
    if missing.name != "bs4":
        raise
    raise ModuleNotFoundError(
        "booking.testing reads pages with beautifulsoup4, which is not installed. "
        "Run: pip install 'sidebook[test]'   (or: pip install beautifulsoup4)",
        name="bs4",
    ) from missing

from .forms import File
from .tab import TabClient

__all__ = ["File", "TabClient"]
