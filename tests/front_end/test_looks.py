"""Every sample in a real Chromium: accessible, within its width, without a jump, on paper."""

import pytest

from tests.fixtures.axe import COLOURS, violations
from tests.front_end.conftest import look_at
from tests.front_end.samples import SCENARIOS, sample

pytestmark = pytest.mark.browser

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}
PARTS = ("page", "hold", "hold-refused", "service-preselected")  # never all there is to see
WHOLE = [name for name in SCENARIOS if name not in PARTS]
# Each template when it has most to show.
RICH = [
    *("service-unanswered", "staff", "time-elsewhere", "time-lost", "time-copy", "details-errors"),
    *("details-hold-late", "details-differing", "review", "done-elsewhere", "gone", "cleared"),
    *("appointment", "appointment-cancelled", "appointment-late", "problem-page", "not-found"),
    *("move-lost", "mend-errors"),
]
# A quarter of the samples in each way to look; all of them in every way by `--all`.
WAYS = [(size, scheme) for size in (DESK, PHONE) for scheme in ("light", "dark")]
VIEWS = [(WHOLE[place::4], *way) for place, way in enumerate(WAYS)] + [
    pytest.param(WHOLE, *way, marks=pytest.mark.extra) for way in WAYS
]
TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, summary, select, input")]
  .filter(each => each.getClientRects().length && !each.closest(".sb-visually-hidden, p, address"))
  .filter(each => !each.matches(".sb-skip, .sb-option input, [type=hidden], .sb-message a"))
  .map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([html, box]) => Math.min(box.width, box.height) < (html.includes("day-") ? 32 : 44))
  .map(([html]) => html)"""
# The rest of a sample is looked at meanwhile.
WATCH = """() => { window.moved = new Promise(resolve => {
  let moved = 0;
  new PerformanceObserver(list => list.getEntries().forEach(each => { moved += each.value; }))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(moved), 150);
}); }"""
MOVED = "window.moved"


def odd(window, name):
    """What is wrong with a sample, as it is shown."""
    look_at(window, name).evaluate(WATCH)
    found = [
        *["sideways"] * (window.evaluate(TOO_WIDE) > 0),
        *window.evaluate(SMALL_TARGETS),
        *violations(window, runOnly=STANDARDS),
    ]
    if window.evaluate(MOVED):
        # A busy machine may paint half a page first; whatever moves by itself does so again.
        look_at(window, name).evaluate(WATCH)
        found += ["it moves"] * (window.evaluate(MOVED) > 0)
    return found


@pytest.mark.parametrize(("names", "size", "scheme"), VIEWS)
def test_each_sample_is_accessible_within_its_width_and_without_a_jump(visit, names, size, scheme):
    window = visit(names[0], viewport=size, color_scheme=scheme)
    found = {name: odd(window, name) for name in names}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_forced_colours_still_show_what_is_chosen(visit):
    window = visit("time", forced_colors="active")
    width = "each => getComputedStyle(each).borderTopWidth"
    chips = window.locator(".sb-chip input")
    assert window.locator(".sb-chip input:checked").evaluate(width) != chips.first.evaluate(width)
    for name in ("time", "service-chosen", "done"):
        assert violations(look_at(window, name), **COLOURS) == []


OVERLAPS = """() => {
  const closed = "details:not([open]) > :not(summary)";
  const unseen = `.sb-visually-hidden, .sb-skip, dialog, option, noscript, ${closed}`;
  const lines = [...function* () {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text; (text = texts.nextNode()); ) {
      if (!text.data.trim() || text.parentElement.closest(unseen)) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const box of range.getClientRects()) yield { box, said: text.data.trim().slice(0, 40) };
    }
  }()].filter(({ box }) => box.width > 1);
  const share = (one, other, from, to) =>
    Math.min(one[to], other[to]) - Math.max(one[from], other[from]);
  const meet = (one, other) => share(one, other, "left", "right") > 2
    && share(one, other, "top", "bottom") > 0.35 * Math.min(one.height, other.height);
  return lines.flatMap(({ box, said }, place) => lines.slice(place + 1)
    .filter((other) => meet(box, other.box)).map((other) => `${said} | ${other.said}`));
}"""
OUTSIDE = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter((each) => !each.closest(".sb-visually-hidden, .sb-skip") && each.getClientRects().length)
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => each.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("names", [RICH[::2], ["page", *RICH[1::2]]])
def test_letters_twice_as_large_leave_nothing_sideways_or_on_top_of_each_other(visit, names):
    found, window = {}, visit(names[0])
    sizes = {"fontSizes": {"standard": 32, "fixed": 26}}
    window.context.new_cdp_session(window).send("Page.setFontSizes", sizes)
    for name in names:
        look_at(window, name)
        assert window.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        for width in (375, 320):
            window.set_viewport_size({"width": width, "height": 800})
            wide = ["sideways"] if window.evaluate(TOO_WIDE) > 0 else []
            wrong = [*wide, *window.evaluate(OUTSIDE), *window.evaluate(OVERLAPS)]
            found |= {(name, width): wrong} if wrong else {}
    assert found == {}


def test_the_confirmation_prints_as_an_appointment_card(visit):
    window = visit("done")
    window.emulate_media(media="print")
    assert window.get_by_text(sample("done").context["booking"]["reference"]).is_visible()
    assert window.get_by_text("Rua da Boavista 84, 2nd floor, 1200-068 Lisboa").first.is_visible()
    for hidden in (".sb-after", ".sb-another", ".sb-header-phone"):
        assert not window.locator(hidden).is_visible()


def test_who_asks_for_less_motion_sees_none(visit):
    moving = visit("details")
    still = visit("details", reduced_motion="reduce")
    for window, expected in ((moving, "sb-turn"), (still, "none")):
        window.evaluate(
            "() => { const form = document.querySelector('form');"
            " form.classList.add('htmx-request'); form.querySelector('button').disabled = true; }"
        )
        style = "each => getComputedStyle(each, '::after').animationName"
        assert window.locator("form .sb-button").evaluate(style) == expected


def test_one_property_gives_the_whole_page_another_colour(visit):
    window = visit("service-chosen")
    window.evaluate("document.documentElement.style.setProperty('--sidebook-accent', '#7a1f5c')")
    colour = "each => getComputedStyle(each).backgroundColor"
    assert window.locator("form .sb-button").evaluate(colour) == "rgb(122, 31, 92)"


def test_without_script_only_the_ways_to_reach_the_shop_are_shown(own_context):
    window = own_context(java_script_enabled=False).new_page()
    window.goto("/page/time")
    assert window.get_by_role("heading", level=1).all_inner_texts() == ["Book with us in person"]
    assert window.locator("noscript").get_by_role("link").first.is_visible()


def test_a_hosts_own_classes_and_properties_change_nothing_of_ours(visit):
    """A style sheet without layers wins over all of ours, wherever a name is the same."""
    window = visit("time")
    words = "button card day field hold icon message progress step summary header footer"
    hostile = ", ".join(f".{word}" for word in words.split()) + " { display: none }"
    colours = ":root { --accent: red; --line: red; --muted: red; --soft: red }"
    shown = "document.querySelector('main').innerText"
    before = window.screenshot(), window.evaluate(shown)
    window.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " document.adoptedStyleSheets = [sheet]; }",
        hostile + colours,
    )
    assert (window.screenshot(), window.evaluate(shown)) == before
