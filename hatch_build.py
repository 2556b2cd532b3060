"""What a package index shows: README.md, in which no link leads nowhere from there.

In the repository its links are relative, so that they work in a checkout and on any host of it. The
index knows none of these files, so there they become absolute, below `home` of pyproject.toml; as
long as that is empty they become plain words, and there are no project URLs.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(?P<is_picture>!?)\[(?P<words>[^\]]*)\]\((?P<path>(?!\w+:|#)[^)\s]+)\)")


class ForTheIndex(MetadataHookInterface):
    """Adds the readme and the URLs to the metadata; hatchling calls it at every build."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Write both into `metadata`."""
        home, version = self.config["home"].rstrip("/"), metadata["version"]
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": readme_for_the_index(text, home, version),
        }
        metadata["urls"] = urls(home)


def readme_for_the_index(text: str, home: str, version: str) -> str:
    """Return the readme with links to this version's files below `home`, or without them."""

    def replaced(link: re.Match[str]) -> str:
        if home:
            kind = "raw" if link["is_picture"] else "blob"
            address = f"{home}/{kind}/v{version}/{link['path']}"
            return f"{link['is_picture']}[{link['words']}]({address})"
        return "" if link["is_picture"] else link["words"]

    return LINK.sub(replaced, text)


def urls(home: str) -> dict[str, str]:
    """Return the project's URLs: real ones or none."""
    if not home:
        return {}
    files = f"{home}/blob/main"
    return {
        "Source": home,
        "Documentation": f"{files}/docs",
        "Changelog": f"{files}/CHANGELOG.md",
    }
