"""A letter's style sheet written into its elements, once for all letters of one shape.

Which style an element gets depends on where it stands, not on what it says. So css-inline has each
shape of a letter once, with marks in place of texts and addresses, and its result is filled in. It
is tried with the first letter of a shape whether that comes to the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from css_inline import CSSInliner

_MOST = 100
"""Shapes that are kept: kinds, languages, and what of a letter may be left out."""
_SAID = re.compile(r'(>)([^<>]+)|( href=")([^"<>]+)')
_FIRST, _LAST = "\ue000", "\ue001"
_MARK = re.compile(f"{_FIRST}([0-9]+){_LAST}")


@dataclass
class _Shape:
    """A shape with its style: what stands between the marks, and which mark, in turns.

    `holds`: whether a letter made of it is right (None: untried).
    """

    parts: Sequence[str]
    holds: bool | None = None

    def filled(self, said: Sequence[str]) -> str:
        whole = list(self.parts)
        whole[1::2] = [said[int(number)] for number in whole[1::2]]
        return "".join(whole)


def inlined(css: str, html: str) -> str:
    """Return the page with the style sheet's rules at its elements."""
    # A selector in brackets may ask what an address says; and marks may have been typed.
    if "[" in css or _FIRST in html:
        return _inliner(css).inline(html)
    said: list[str] = []

    def mark(found: re.Match[str]) -> str:
        before, text = found[1] or found[3], found[2] or found[4]
        if text.isspace():
            return found[0]
        said.append(text)
        return f"{before}{_FIRST}{len(said) - 1}{_LAST}"

    shape = _shape(css, _SAID.sub(mark, html))
    if shape.holds:
        return shape.filled(said)
    whole = _inliner(css).inline(html)
    if shape.holds is None:
        shape.holds = unescape(shape.filled(said)) == unescape(whole)
    return whole


@lru_cache(maxsize=_MOST)
def _shape(css: str, html: str) -> _Shape:
    return _Shape(_MARK.split(_inliner(css).inline(html)))


@lru_cache(maxsize=10)
def _inliner(css: str) -> CSSInliner:
    return CSSInliner(
        extra_css=css, keep_at_rules=True, minify_css=True, load_remote_stylesheets=False
    )
