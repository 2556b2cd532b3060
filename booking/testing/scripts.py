"""The tab-session scripts of a page: which requests each sends its id with, and where it is kept.

Each prefix has an id of its own, and so has each ``data-name`` and ``data-storage-key``;
``data-storage="local"`` has one that all tabs of a browser share.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient

from . import wire
from .forms import attribute, named


@dataclass(frozen=True)
class Script:
    """One script as its tag describes it: prefix, address of the lifecycle, name, storage."""

    prefix: str
    url: str
    key: str
    name: str = "TabSession"
    is_shared: bool = False

    def owns(self, url: str) -> bool:
        """Whether requests to this address carry its id."""
        parts = urlsplit(url)
        ours = parts.netloc in ("", "localhost")
        return ours and f"{parts.path}/".startswith(f"{self.prefix.rstrip('/')}/")


@dataclass
class Kept:
    """What storage holds for a script: the tab's id, and until an answer came whose copy it is."""

    id: str = field(default_factory=wire.new_id)
    copy_of: str | None = None


def default_script(base: str) -> Script:
    """The script of a page that shows none: the wizard's, mounted at ``base``."""
    return Script(base, _lifecycle(base), _key(None, base))


def scripts_of(page: BeautifulSoup, base: str) -> list[Script]:
    """The page's scripts in their order, or the wizard's where it has none."""
    ours = [_script(tag) for tag in named(page, "script") if "data-prefix" in tag.attrs]
    return ours or [default_script(base)]


def _script(tag: Tag) -> Script:
    given = {
        name: attribute(tag, f"data-{name}")
        for name in ("prefix", "url", "name", "storage-key", "storage")
    }
    prefix = given["prefix"] or "/"
    return Script(
        prefix,
        given["url"] or _lifecycle(prefix),
        given["storage-key"] or _key(given["name"], prefix),
        given["name"] or "TabSession",
        given["storage"] == "local",
    )


def _key(name: str | None, prefix: str) -> str:
    return f"{name or 'tab-session'} {prefix}"


def _lifecycle(prefix: str) -> str:
    return f"{prefix.rstrip('/')}/tab-session"


_LOCAL: WeakKeyDictionary[FlaskClient, dict[str, Kept]] = WeakKeyDictionary()


class Storage:
    """The browser's storage as one tab sees it: its own, and the browser's that all tabs share."""

    def __init__(self, client: FlaskClient) -> None:
        self._of_the_tab: dict[str, Kept] = {}
        self._of_the_browser = _LOCAL.setdefault(client, {})

    def of(self, script: Script) -> Kept:
        """What is kept for this script, made when it is first asked for."""
        place = self._of_the_browser if script.is_shared else self._of_the_tab
        return place.setdefault(script.key, Kept())

    def has(self, script: Script) -> bool:
        """Whether anything is kept for this script yet."""
        return script.key in (self._of_the_browser if script.is_shared else self._of_the_tab)

    def take_over(self, other: Storage, *, same_ids: bool) -> None:
        """Begin as a duplicated tab does: with new ids and word of whose copies they are.

        ``same_ids``: with the very same ones, as where nobody can tell a duplicate.
        """
        for key, kept in other._of_the_tab.items():
            copy = Kept(copy_of=kept.copy_of or kept.id)
            self._of_the_tab[key] = Kept(kept.id) if same_ids else copy
