"""What translators are given: every message whole, with names for what is put in."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup, Comment, Doctype
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


def test_one_and_many_stand_where_they_are_said():
    """Marked apart they are two messages, and no language can say the plural of either."""
    offences = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted((ROOT / "booking").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "ngettext"
        if not all(isinstance(text, ast.Constant) for text in call.args[:2])
        if path.name != "templating.py"  # whose callers do
    ]
    assert not offences, f"{offences}: ngettext('one', 'many', number)"


def test_no_message_of_a_template_is_put_together():
    offences = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for call in Environment().parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in NAMES:
                texts = call.args[: 2 if call.node.name == "ngettext" else 1]
                if not all(isinstance(text, nodes.Const) for text in texts):
                    offences.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert not offences, f"{offences}: values come by name, _('With %(who)s', who=who)"


JINJA = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"')
READ_ALOUD = ("title", "aria-label", "placeholder", "alt", "label")
PROSE = re.compile(r"[a-z,.] [a-z]")


def words_of(template):
    """What stands in a template's own HTML for people to read, and in its expressions."""
    page = BeautifulSoup(JINJA.sub(" ", template), "html.parser")
    kept = [text for text in page.strings if not isinstance(text, (Comment, Doctype))]
    yield from (ATTRIBUTE.sub("", text) for text in kept)
    for element in page.select("*"):
        yield from (element.get(name, "") for name in READ_ALOUD)
    tree = Environment().parse(template)
    messages = [
        call for call in tree.find_all(nodes.Call) if getattr(call.node, "name", "") in NAMES
    ]
    said = {id(text) for call in messages for text in call.find_all(nodes.Const)}
    constants = [text for text in tree.find_all(nodes.Const) if id(text) not in said]
    yield from (str(text.value) for text in constants if is_prose(text.value))


def is_prose(value):
    return isinstance(value, str) and PROSE.search(value) and not value.startswith("sb-")


def test_a_template_has_no_words_beside_its_messages():
    """No state of a page can show one that is not translated, whether a walk comes by it or not."""
    offences = [
        f"{path.name}: {' '.join(words.split())}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for words in words_of(path.read_text(encoding="utf-8"))
        if re.search(r"[^\W\d_]", words)
    ]
    assert not offences


# Where pages are made: what is prose there and no message is for a log, a header or a developer.
LOGGED = {
    "trouble_log.py",
    "visitor.py",
    "delivery.py",
    "handlers.py",
    "transport.py",
    "dialogue.py",
}
FOR_MACHINES = re.compile(r"^(public, max-age|camera=|\{said\} <a |<a class=)")
NEVER_SHOWN = {"a sum under pressure", "An answer to a question of which nothing is known yet"}


def unmarked(tree):
    """The prose of a module that is in no message, no docstring and nothing that is raised."""
    silent = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Call) and getattr(node.func, "id", "") in NAMES)
    ]
    said = {id(text) for node in silent for text in ast.walk(node)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in constants if id(node) not in said and is_prose(node.value)}


def test_what_the_code_of_pages_says_is_a_message():
    offences = [
        f"{path.name}: {text}"
        for room in ("customer", "web", "contact", "notifications")
        for path in sorted((ROOT / "booking" / room).rglob("*.py"))
        for text in unmarked(ast.parse(path.read_text(encoding="utf-8"))) - NEVER_SHOWN
        if path.name not in LOGGED and not FOR_MACHINES.search(text)
    ]
    assert not offences


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
