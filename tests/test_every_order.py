"""`every_order`: what is mixed up in some order is found, and what is refused says when."""

import pytest
from flask import Flask, render_template_string, request, session

from booking.testing import Order, TabClient, every_order
from booking.testing.orders import moments

FORM = """<main><p id="said">{{ said }}</p><form action="/" method="post">
<input name="word"><button>Go on</button></form></main>"""
ADA, BEN = [{"word": "a"}, {"word": "b"}], [{"word": "x"}, {"word": "y"}]


def cookie_wizard() -> Flask:
    """A wizard as one finds them: its answers in a cookie, which all tabs share."""
    app = Flask("words")
    app.secret_key = "of a test"

    @app.route("/", methods=["GET", "POST"])
    def words():
        if word := request.form.get("word"):
            if not word.isalpha():
                return '<main><p role="alert">Letters only.</p></main>', 422
            session["said"] = session.get("said", "") + word
        return render_template_string(FORM, said=session.get("said", ""))

    return app


def walked(order: Order, **options: bool) -> list[str]:
    tab = TabClient(cookie_wizard(), "/")
    tabs = tab, tab.new_tab("/")
    order.walk(tabs, **options)
    return [each.page.select_one("#said").text for each in tabs]


def test_a_wizard_that_mixes_tabs_up_is_found_in_every_order_where_it_does():
    assert {str(order): walked(order) for order in every_order(ADA, BEN)} == {
        "AABB": ["ab", "abxy"],
        "ABAB": ["axb", "axby"],
        "ABBA": ["axyb", "axy"],
        "BAAB": ["xab", "xaby"],
        "BABA": ["xayb", "xay"],
        "BBAA": ["xyab", "xy"],
    }


def test_refreshing_shows_what_the_others_did_meanwhile():
    assert walked(Order.of("ABAB", (ADA, BEN)), refreshing=True) == ["axb", "axby"]
    last = [*ADA, lambda tab: tab.refresh()]
    assert walked(Order.of("AABBA", (last, BEN))) == ["abxy", "abxy"]


@pytest.mark.parametrize(
    ("lengths", "number"), [((1, 1), 2), ((3, 3), 20), ((5, 5), 252), ((2, 2, 2), 90), ((3,), 1)]
)
def test_there_are_as_many_orders_as_there_must_be(lengths, number):
    orders = every_order(*([ADA[0]] * length for length in lengths))
    assert len(set(orders)) == len(orders) == number
    assert {tuple(map(order.count, "ABC"[: len(lengths)])) for order in orders} == {lengths}


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_few_that_cover_have_every_moment_of_all(turns):
    walks = [ADA[0]] * 4, [BEN[0]] * 3
    every, few = every_order(*walks), every_order(*walks, covering=turns)
    assert len(few) < len(every)
    assert set().union(*(moments(order, turns) for order in few)) == set().union(
        *(moments(order, turns) for order in every)
    )


def test_a_refused_answer_says_in_which_order_and_at_which_turn_it_was():
    order = Order.of("ABAB", (ADA, [{"word": "x"}, {"word": "7"}]))
    with pytest.raises(AssertionError, match=r"refused\. Letters only\.") as refused:
        walked(order)
    assert refused.value.__notes__ == ["In the order ABAB, turn 4: tab B, {'word': '7'}"]


def test_so_does_whatever_a_step_raises():
    with pytest.raises(LookupError, match="has no field 'wrod'") as failed:
        walked(Order.of("A", ([{"wrod": "x"}],)))
    assert failed.value.__notes__ == ["In the order A, turn 1: tab A, {'wrod': 'x'}"]


def test_more_orders_than_anybody_waits_for_are_refused_with_the_remedy():
    words = r"There are 12,870 orders of 8 and 8 steps\. Put steps.*or take a few.*covering=1"
    with pytest.raises(ValueError, match=words):
        every_order(ADA * 4, BEN * 4)
    few = every_order(ADA * 4, BEN * 4, covering=1)
    assert len(few) == 16
    assert len(set().union(*(moments(order, 1) for order in few))) == 2 * 8 * 9
    with pytest.raises(ValueError, match="or cover less"):
        every_order(ADA * 100, BEN * 100, covering=1)


def test_covering_more_turns_than_there_are_is_every_order():
    assert every_order(ADA[:1], BEN[:1], covering=3) == ["AB", "BA"]
