"""A tab's history: what the address bar shows, and where Back and Forward lead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A place in the history. Between entries of one document, a browser does not load anew."""

    url: str
    document: int


class History:
    """The entries of one tab and the place it stands at."""

    def __init__(self, entries: tuple[Entry, ...] = (), at: int = -1) -> None:
        self._entries = list(entries)
        self._at = at

    @property
    def url(self) -> str:
        """The address bar, without scheme and host; ``LookupError`` before the first page."""
        if not self._entries:
            raise LookupError("This tab shows nothing yet: open(path) first.")
        return self._entries[self._at].url

    def visit(self, url: str) -> None:
        """A new page: an entry and a document of its own."""
        self._append(url, 1 + max((entry.document for entry in self._entries), default=0))

    def push(self, url: str) -> None:
        """A new entry of the page that is shown (``history.pushState``)."""
        self._append(url, self._entries[self._at].document)

    def replace(self, url: str) -> None:
        """Another address for the page that is shown (``history.replaceState``)."""
        self._entries[self._at] = Entry(url, self._entries[self._at].document)

    def move(self, by: int) -> bool:
        """Go back (-1) or forward (+1); True when that stays in one document.

        Raises: ``LookupError`` at the end of the history.
        """
        there = self._at + by
        if not 0 <= there < len(self._entries):
            raise LookupError("The tab's history ends here.")
        stays = self._entries[there].document == self._entries[self._at].document
        self._at = there
        return stays

    def copy(self) -> History:
        """The same places for another tab, each tab going its own way from here."""
        return History(tuple(self._entries), self._at)

    def _append(self, url: str, document: int) -> None:
        del self._entries[self._at + 1 :]
        self._entries.append(Entry(url, document))
        self._at += 1
