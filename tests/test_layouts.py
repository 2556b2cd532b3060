"""What a page.html of a host's lacks is said at start: the template, and what to write."""

import pytest
from bs4 import BeautifulSoup
from flask import Blueprint

from booking import Sidebook
from booking.config import ConfigurationError
from tests.fixtures.hosts import loaded

LAYOUT = "<!doctype html><head>{% block head %}{% endblock %}<body>{% block main %}{% endblock %}"
WHOLE = """{% extends "shop/layout.html" %}
{% block head %}{% block title %}{% endblock %}{% block robots %}{% endblock %}
{% include "booking/parts/styles.html" %}
{% block scripts %}{% include "booking/parts/scripts.html" %}{% endblock %}{% endblock %}
{% block main %}
<main>{% block content %}{% include "booking/parts/wizard.html" %}{% endblock %}</main>
{% include "booking/parts/announcer.html" %}{% endblock %}"""


@pytest.fixture
def write(host, tmp_path):
    """Writes a template of the host's."""
    host.jinja_loader.searchpath[:] = [str(tmp_path)]

    def write(text, name="booking/page.html", folder=tmp_path):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    write(LAYOUT, "shop/layout.html")
    return write


def test_one_that_has_all_of_it_is_served(host, write):
    write(WHOLE)
    Sidebook(host)
    client = loaded(host).test_client()
    assert 'id="wizard"' in client.get("/book/").text
    assert 'id="step"' in client.get("/book/appointment/unknown").text


@pytest.mark.parametrize("path", ["/book/", "/book/appointment/unknown", "/book/appointment/lost"])
def test_all_that_is_ours_says_its_language_in_a_layout_that_speaks_another(host, write, path):
    write(LAYOUT.replace("<head>", '<html lang="pt"><head>'), "shop/layout.html")
    write(WHOLE)
    Sidebook(host)
    answer = loaded(host).test_client().get(path, headers={"Accept-Language": "de"})
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.html["lang"] == "pt"
    said = page.select("main > :not(template, noscript), noscript > *, #announcer")
    assert len(said) > 1
    assert {(each.get("lang"), each.get("dir")) for each in said} == {("de", "ltr")}


@pytest.mark.parametrize(
    "lacking",
    [
        '{% include "booking/parts/styles.html" %}',
        '{% include "booking/parts/scripts.html" %}',
        '{% include "booking/parts/wizard.html" %}',
        '{% include "booking/parts/announcer.html" %}',
        "{% block title %}{% endblock %}",
        "{% block robots %}{% endblock %}",
        "<main>",
    ],
)
def test_what_it_lacks_stops_the_start_by_name(host, write, lacking, tmp_path):
    write(WHOLE.replace(lacking, "{# " + lacking.replace("#", "") + " #}"))
    with pytest.raises(ConfigurationError) as said:
        Sidebook(host)
    assert lacking in said.value.message
    assert str(tmp_path / "booking/page.html") in said.value.message


@pytest.mark.parametrize("block", ["scripts", "content"])
def test_a_block_that_our_other_pages_fill_is_needed_as_well(host, write, block):
    write(WHOLE.replace(f"block {block} ", "block another "))
    with pytest.raises(ConfigurationError, match=rf"{{% block {block} %}}{{% endblock %}}"):
        Sidebook(host)


def test_one_that_has_written_it_all_out_needs_none_of_our_parts(host, write):
    write(
        "{% block title %}{% endblock %}{% block robots %}{% endblock %}booking.css"
        "{% block scripts %}{{ url_for('.tab_session_script') }} booking.js htmx{% endblock %}"
        "<main>{% block content %}<div id='wizard'></div>{% endblock %}</main><p id=announcer>"
    )
    Sidebook(host)


def test_what_is_chosen_at_run_time_cannot_be_read_and_is_let_through(host, write):
    write("{% extends layout %}")
    Sidebook(host)


def test_one_that_comes_later_is_told_in_the_log(host, write, tmp_path, caplog):
    Sidebook(host)
    write("<p>ours</p>", folder=tmp_path / "later")
    later = Blueprint("later", __name__, template_folder=str(tmp_path / "later"))
    host.register_blueprint(later)
    host.blueprints = {"later": later, **host.blueprints}
    loaded(host).test_client().get("/book/")
    assert "lacks what Sidebook's pages need" in caplog.text
