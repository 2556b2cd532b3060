"""Elements by name and attribute, in one plain walk of the page.

Most of what a tab does is looking for the few attributes it follows. Beautiful Soup's own searches
ask a filter about every node, which takes three times as long as the walk, and CSS six times.
"""

from collections.abc import Iterator

from bs4 import Tag


def attribute(element: Tag, name: str) -> str | None:
    """The attribute's text (None when it is absent); several class names come as one string."""
    value = element.attrs.get(name)
    return " ".join(value) if isinstance(value, list) else value


def elements(root: Tag) -> Iterator[Tag]:
    """All elements below this one, in page order."""
    return (node for node in root.descendants if isinstance(node, Tag))


def named(root: Tag, *names: str) -> Iterator[Tag]:
    """The elements with one of these names, as in ``<input>``."""
    return (element for element in elements(root) if element.name in names)


def having(root: Tag, name: str) -> Iterator[Tag]:
    """The elements with this attribute, whatever it says."""
    return (element for element in elements(root) if name in element.attrs)


def first_having(root: Tag, name: str) -> Tag | None:
    """The first element with this attribute, None when there is none."""
    return next(having(root, name), None)


def with_id(root: Tag, wanted: str) -> Tag | None:
    """The first element with this id, None when there is none."""
    return next((each for each in elements(root) if each.attrs.get("id") == wanted), None)


def closest_having(element: Tag, name: str) -> Tag | None:
    """The element itself or the nearest around it that has this attribute."""
    around = (element, *element.parents)
    return next((each for each in around if name in each.attrs), None)
