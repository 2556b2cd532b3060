"""Where the screens are, below one address: the tab's id goes along with them and nowhere else."""

from booking.owner import cookies


def page() -> str:
    """Return where the page is, and what its script calls the tab's prefix."""
    return f"{cookies.root()}bookings/new"


def screen() -> str:
    """Return where the screen comes from that is open."""
    return f"{page()}/screen"


def service() -> str:
    """Return where service and person are sent."""
    return f"{page()}/service"


def day() -> str:
    """Return where another day is asked for."""
    return f"{page()}/day"


def time() -> str:
    """Return where the time is sent."""
    return f"{page()}/time"


def customer() -> str:
    """Return where who comes is sent."""
    return f"{page()}/customer"


def dates() -> str:
    """Return where the dates of a series are sent."""
    return f"{page()}/dates"


def known() -> str:
    """Return where known customers are looked for."""
    return f"{page()}/known"


def over() -> str:
    """Return where a call is ended without a booking."""
    return f"{page()}/end"
