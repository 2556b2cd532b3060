"""The addresses of an appointment, and that of what became of all of them."""

from . import acts, details, history, holds, page, times

ROUTES = (
    *(*page.ROUTES, *acts.ROUTES, *times.ROUTES, *details.ROUTES),
    *(*history.ROUTES, *holds.ROUTES),
)
