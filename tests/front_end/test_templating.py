"""How our templates are rendered inside a host's app."""

from gettext import NullTranslations
from pathlib import Path

import pytest
from flask import Blueprint, Flask, render_template_string
from jinja2 import UndefinedError
from markupsafe import Markup, escape

from booking.files import TEMPLATES
from booking.i18n import ENGLISH, Language, speaking
from booking.scheduling.clock import PartOfDay
from booking.web import templating

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def host(tmp_path):
    """An app with templates, a filter and a `_` of its own."""
    (tmp_path / "templates/booking").mkdir(parents=True)
    app = Flask("host", root_path=tmp_path)
    app.register_blueprint(Blueprint("ours", __name__, template_folder=str(TEMPLATES)))
    app.jinja_env.globals["_"] = "a host".__add__
    with app.test_request_context("/"):
        yield app


def page(host, text: str, **context) -> str:
    folder = Path(host.root_path, "templates/booking")
    name = f"own-{len(list(folder.iterdir()))}.html"
    (folder / name).write_text(text, encoding="utf-8")
    return templating.render_template(name, **context)


def test_a_name_that_nobody_gives_is_an_error_to_us_and_nothing_to_the_host(host):
    with pytest.raises(UndefinedError):
        page(host, "{% if unknown %}{% endif %}")
    assert render_template_string("{{ unknown }}") == ""


def test_a_hosts_filters_and_context_are_there_whenever_it_adds_them(host):
    page(host, "")
    host.jinja_env.filters["loud"] = str.upper
    host.context_processor(lambda: {"customer": "ann"})
    assert page(host, "{{ customer|loud }}") == "ANN"


def test_our_messages_are_ours_and_the_hosts_stay_its_own(host):
    assert page(host, '{{ _("Continue") }}') == "Continue"
    assert render_template_string('{{ _(" speaks") }}') == "a host speaks"


def test_our_templates_lose_their_indents_and_a_hosts_keep_theirs(host):
    assert "\n " not in templating.render_template("parts/overlap.html", service="Cut", when="now")
    assert page(host, "<pre>\n  two\n</pre>") == "<pre>\n  two\n</pre>"


class Bold:
    def __html__(self):
        return "<b>"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *[(SCRIPT, escape(SCRIPT)), (PartOfDay.MORNING, "morning"), (Markup("<i>"), "<i>")],
        *[(Bold(), "<b>"), ("it's \"", "it&#39;s &#34;"), ("a > b & c", "a &gt; b &amp; c")],
        *[(7, "7"), (None, "None"), ("plain", "plain"), (["<"], "[&#39;&lt;&#39;]")],
    ],
)
def test_every_value_is_escaped_that_is_not_markup(host, value, written):
    assert page(host, "{{ value }}", value=value) == written


def test_only_a_value_that_is_markup_brings_markup_into_a_message(host):
    message = '{{ _("Write to %(name)s & %(link)s", name=name, link=link) }}'
    shown = page(host, message, name=SCRIPT, link=Markup('<a href="mailto:a@b">a@b</a>'))
    assert "<script" not in shown
    assert shown.endswith('&amp; <a href="mailto:a@b">a@b</a>')


def test_no_value_of_a_plural_brings_markup(host):
    message = '{{ ngettext("%(number)s for %(name)s", "%(number)s for %(name)s", 2, name=name) }}'
    assert page(host, message, name=SCRIPT) == f"2 for {Markup.escape(SCRIPT)}"


def test_a_percent_sign_of_a_message_or_a_value_is_one(host):
    assert page(host, '{{ _("100 %") }} {{ _("%(x)s", x="5 %s") }}') == "100 % 5 %s"


def test_names_in_sentences_are_text(gallery):
    with gallery.test_request_context("/"):
        said = templating.render_template("parts/overlap.html", service=SCRIPT, when=SCRIPT)
    assert "<script" not in said
    assert said.count("&lt;script&gt;") == 2


class Shouted(NullTranslations):
    """Whatever is said, loudly."""

    def gettext(self, message):
        return f"{message.upper()} <!>"


def test_a_message_is_said_in_the_language_of_whoever_reads_it(host):
    message = '{{ _("Go on") }}{{- _("Back") if true }}'
    loud = Language("en-x-loud", ENGLISH.locale, Shouted())
    for language, said in (ENGLISH, "Go onBack"), (loud, "GO ON &lt;!&gt;BACK &lt;!&gt;"):
        with speaking(language):
            assert page(host, message) == said
            assert templating.render_template("own-0.html") == said
    assert templating.render_template("own-0.html") == "Go onBack"
