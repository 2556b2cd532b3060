"""What translators are given: every message whole, with names for what is put in."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"_", "gettext", "ngettext", "gettext_noop"}
NAMED = re.compile(r"%\((\w+)\)s")


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """What `pybabel extract` finds as CONTRIBUTING.md calls it."""
    target = tmp_path_factory.mktemp("catalogue") / "sidebook.pot"
    asked = f"pybabel -q extract -k gettext_noop -F {ROOT / 'pyproject.toml'} -o {target} {ROOT}"
    CommandLineInterface().run(asked.split())
    with target.open("rb") as file:
        return [message for message in read_po(file) if message.id]


def texts(message):
    return message.id if isinstance(message.id, tuple) else (message.id,)


def is_put_together(text):
    method = getattr(text.func, "attr", "") if isinstance(text, ast.Call) else ""
    return isinstance(text, (ast.JoinedStr, ast.BinOp)) or method in {"format", "join"}


def test_messages_of_code_and_of_templates_are_extracted(messages):
    found = {text for message in messages for text in texts(message)}
    assert len(found) > 200
    assert {"Please answer the previous question first.", "Confirm appointment"} <= found
    assert "%(number)s free times" in found


def test_what_is_put_into_a_message_has_a_name(messages):
    unnamed = [
        text for message in messages for text in texts(message) if re.search(r"%[sdr]|\{", text)
    ]
    assert not unnamed


def test_one_and_many_are_given_the_same_values(messages):
    def values(text):
        return set(NAMED.findall(text)) - {"number"}

    plurals = [message.id for message in messages if isinstance(message.id, tuple)]
    assert plurals
    assert [one for one, many in plurals if values(one) != values(many)] == []


def test_no_message_of_the_code_is_put_together():
    offences = []
    for path in sorted((ROOT / "booking").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in NAMES:
                texts = call.args[: 2 if call.func.id == "ngettext" else 1]
                if any(map(is_put_together, texts)):
                    offences.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert not offences, f"{offences}: values come by name, _('With %(who)s', who=who)"


def test_no_message_of_a_template_is_put_together():
    offences = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for call in Environment().parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in NAMES:
                texts = call.args[: 2 if call.node.name == "ngettext" else 1]
                if not all(isinstance(text, nodes.Const) for text in texts):
                    offences.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert not offences, f"{offences}: values come by name, _('With %(who)s', who=who)"


def test_scripts_have_no_words_of_their_own():
    """They take them from data- attributes of the page, or ask the browser's CLDR."""
    literal = re.compile(r"""(["'`])((?:[A-Z0-9]\w*|\$\{\w+\}) [a-z][^"'`\n]*)\1""")
    comment = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
    offences = [
        f"{path.name}: {found[2]}"
        for path in sorted((ROOT / "static/js").glob("*.js"))
        for found in literal.finditer(comment.sub("", path.read_text(encoding="utf-8")))
    ]
    assert not offences
