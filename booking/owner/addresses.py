"""Addresses of the desk that come from outside: where somebody wanted to go when they signed in.

Whatever is sent, an answer leads to a page of this desk and nowhere else.
"""

from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException

from booking.characters import is_unprintable
from booking.state import current_flask, current_request, current_sidebook

from . import cookies

LONGEST = 2000


def here() -> str | None:
    """Return the address that was asked for, to be led back to; None for the desk's first page."""
    request = current_request()
    address = f"{request.script_root}{request.full_path}".removesuffix("?")
    return own_address(address) or None


def asked() -> str:
    """Return the path that was asked for, as a form may be sent there once more."""
    request = current_request()
    return f"{request.script_root}{request.path}"


def of_page(url: str) -> str | None:
    """Return the address of the page that a browser says it shows; None for none of ours."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return own_address(f"{parts.path}?{parts.query}".removesuffix("?")) or None


def own_address(text: str, method: str = "GET") -> str:
    """Return the address if it is one of this desk's pages, else nothing.

    It is a path alone, without a host, below the desk's root, and one that is answered.
    """
    root = cookies.root()
    if len(text) > LONGEST or not text.startswith(root) or text == root:
        return ""
    if "\\" in text or any(is_unprintable(each) for each in text):
        return ""
    return text if _is_answered(text.partition("?")[0], method) else ""


def _is_answered(path: str, method: str) -> bool:
    request, sidebook = current_request(), current_sidebook()
    adapter = current_flask().create_url_adapter(request)
    if adapter is None:
        return False
    try:
        endpoint, values = adapter.match(path.removeprefix(request.script_root), method)
    except (HTTPException, RoutingException):
        return False
    ways_in = {"log_in", "sign_in", "log_out", "one_time_link", "use_one_time_link"}
    own, _, name = str(endpoint).rpartition(".")
    return own == sidebook.desk_name and name not in ways_in and "unknown" not in values
