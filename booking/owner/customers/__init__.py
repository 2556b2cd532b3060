"""Customers at the desk: a list, a search, a page each; who is one, and how one is erased."""

from . import erasing, grouping, listing, one, taking

ROUTES = (*listing.ROUTES, *taking.ROUTES, *one.ROUTES, *grouping.ROUTES, *erasing.ROUTES)
