"""A letter's style is written into its elements once for each shape, and right in each letter."""

from html import unescape

import pytest
from css_inline import CSSInliner

from booking.notifications import inlining
from booking.notifications.inlining import inlined

CSS = (
    ".a { color: red } td .a { color: blue } @media (prefers-color-scheme: dark) { .a { top: 0 } }"
)
TYPED = [
    "Ada",
    "",
    "&lt;b class=&#34;a&#34;&gt; &amp;amp; \u00a0 &#39;x&#39;",
    "\ue0000\ue001 \ue0001\ue001",
    "0",
    "ä ö 漢字 \U0001f44d",
    "two\nlines",
]
PAGES = {
    "plain": '<!doctype html><body><p class="a">{0}</p><a href="{0}">{0}, {1}</a></body>',
    "a table": '<table><tr><td><b class="a">{0}</b>\n<br>{1}</td></tr></table>',
    "a comment": '<!--[if mso]><table><tr><td>{1}<![endif]--><p class="a">{0}</p>',
    "a style sheet of its own": '<style>p > i {{ top: 0 }}</style><p class="a">{0}<i>{1}</i></p>',
    "an angle in an attribute": '<p title="a > b" class="a">{0}</p><i>{1}</i>',
    "what is put elsewhere": '<table><p class="a">{0}</p><tr><td>{1}</td></tr></table>',
    "a text twice": '<p class="a">{0}</p><p>{0}{1}</p>',
}
SHEETS = [CSS, f'{CSS} a[href^="https://"] {{ color: green }}', f"{CSS} p:empty {{ color: green }}"]


@pytest.fixture(autouse=True)
def shapes():
    inlining._shape.cache_clear()


@pytest.mark.parametrize("css", SHEETS, ids=["classes", "addresses", "emptiness"])
@pytest.mark.parametrize("page", PAGES)
def test_a_letter_of_a_known_shape_is_what_css_inline_makes_of_it(page, css):
    by_itself = CSSInliner(extra_css=css, keep_at_rules=True, minify_css=True)
    for first in TYPED:
        for second in (*TYPED, "https://shop.example/?a=1&amp;b=2"):
            html = PAGES[page].format(first, second)
            assert unescape(inlined(css, html)) == unescape(by_itself.inline(html))


def test_what_was_typed_is_written_as_it_was_escaped():
    for typed in TYPED:
        html = PAGES["plain"].format(typed, typed)
        inlined(CSS, html)
        assert f">{typed}, {typed}</a>" in inlined(CSS, html) or "\ue000" in typed


def test_letters_of_one_shape_are_inlined_once(monkeypatch):
    for name in ("Ada", "Ben"):
        inlined(CSS, PAGES["plain"].format(name, name))
    monkeypatch.setattr(inlining, "_inliner", lambda _css: pytest.fail("inlined once more"))
    assert 'style="color:red">Cy<' in inlined(CSS, PAGES["plain"].format("Cy", "Cy"))
