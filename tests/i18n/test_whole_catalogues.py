"""Each catalogue that is installed says every message, with the values that it is given."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from booking.i18n.language import CATALOGUES
from tests.i18n.english import english_in, german
from tests.i18n.test_catalogue import NAMED, messages  # noqa: F401 - a fixture

FILES = sorted(CATALOGUES.rglob("*.po"))
EDGES = re.compile(r"^(\s*).*?(\s*)$", re.DOTALL)
HOW = "the commands are in CONTRIBUTING.md, “A text that people read”"


def catalogue(path: Path):
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def texts(said):
    return said if isinstance(said, tuple) else (said,)


def test_german_is_installed():
    assert [path.parts[-3] for path in FILES] == ["de"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parts[-3])
def test_a_catalogue_says_every_message_and_no_others(path, messages):  # noqa: F811
    read = catalogue(path)
    missing = [each.id for each in messages if not (found := read.get(each.id)) or not found.string]
    assert not missing, f"translate them in {path.name} ({HOW})"
    known = {each.id for each in messages}
    gone = [each.id for each in read if each.id and each.id not in known] + [*read.obsolete]
    assert not gone, f"nobody says these any more; take them out of {path.name} ({HOW})"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parts[-3])
def test_it_is_sure_of_each_and_fills_in_every_value(path):
    wrong, read = [], catalogue(path)
    for each in read:
        if not each.id:
            continue
        many = set(NAMED.findall(texts(each.id)[-1]))
        forms = texts(each.string)
        plural = isinstance(each.id, tuple)
        # A language may say one without its number.
        right = [
            set(NAMED.findall(form)) | ({"number"} & many if plural else set()) == many
            and EDGES.match(form).groups() == EDGES.match(texts(each.id)[0]).groups()
            for form in forms
        ]
        if not all(right) or each.fuzzy or len(forms) != (read.num_plurals if plural else 1):
            wrong.append(each.id)
    assert not wrong, f"each form has the same %(values)s as the message, and none is fuzzy ({HOW})"


def test_a_text_in_english_would_be_found():
    assert english_in("Heute: Who is coming? Ja") == {"Who is coming?"}
    assert english_in("Wer kommt?") == set()
    assert german().locale.language == "de"
