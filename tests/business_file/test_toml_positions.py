"""The locator says where in a TOML file each value stands."""

import tomllib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from booking.business_file.toml_positions import line_near, lines_of


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def is_toml(text):
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def numbered(text):
    """Every @ becomes the number of the line it stands on: the file knows the right answers."""
    lines = text.split("\n")
    return "\n".join(line.replace("@", str(n)) for n, line in enumerate(lines, start=1))


def disagreements(text):
    text = numbered(text)
    lines = lines_of(text)
    return {
        path: (lines.get(path), value)
        for path, value in leaves(tomllib.loads(text))
        if lines.get(path) != int(value)
    }


@pytest.mark.parametrize(
    "text",
    [
        "one = @\ntwo = @",
        "\r\none = @\r\n\r\ntwo = @\r\n",
        '# = [ " \none = @ # "quoted" ] }\ntwo = @',
        'dotted . key."with.dot".\'and "quotes"\' = @\ndotted.other = @',
        '"\\u00e9 \\" key" = @',
        '[table]\nkey = @\n[table.inner]\nkey = @\n[ other . "x.y" ] # note\nkey = @',
        "[[list]]\nkey = @\n[[list]]\nkey = @\n[list.inner]\nkey = @\n[[list]]\nkey = @",
        "[[a]]\n[[a.b]]\nx = @\n[[a.b]]\nx = @\n[[a]]\n[[a.b]]\nx = @\n[a.b.c]\nx = @",
        "items = [\n  @, # first ] ,\n\n  @,\n  [@, [\n @]], ]\nafter = @",
        "row = { a = @, b.c = @, d = [ { e = @ }, { f = @ } ], g = {} }\nafter = @",
        "spread = [\n{ a = @ },\n{ a = @, b = [\n@\n] },\n]\nafter = @",
        "empty = []\nnone = {}\nlater = @",
        "[implicit.deep]\nkey = @\n[implicit]\nkey = @",
    ],
)
def test_every_value_is_found_on_its_own_line(text):
    assert disagreements(text) == {}


@pytest.mark.parametrize(
    "string",
    [
        '"plain # ] } = \\" \\\\"',
        "'literal \\'",
        '"""three\nlines\n# [x]\n"""',
        '"""ends in two quotes"""""',
        '"""\\""" \n"""',
        "'''raw \\\n''two'''''",
        '""',
        "''",
        '""""""',
        "2026-12-24 14:00:00",
        "-1.5e3",
        "true",
    ],
)
def test_no_kind_of_value_leads_it_astray(string):
    text = f"before = 1\nvalue = {string}\nlist = [{string}, {string}]\nlast = 9\n"
    tomllib.loads(text)
    wanted = text.split("\n").index("last = 9") + 1
    assert lines_of(text)[("last",)] == wanted
    assert lines_of(text)[("value",)] == 2


def test_tables_have_lines_too():
    lines = lines_of('\n[[staff]]\nslug = "a"\n\n[[staff]]\n[staff.hours]\n')
    assert lines[("staff", 0)] == 2
    assert lines[("staff", 1)] == 5
    assert lines[("staff", 1, "hours")] == 6


def test_what_is_not_written_is_near_the_table_it_belongs_to():
    lines = lines_of("[shop]\nname = 1\n\n[[services]]\n")
    assert line_near(lines, ("services", 0, "slug")) == 4
    assert line_near(lines, ("shop", "zone")) == 1
    assert line_near(lines, ("staff",)) == 1


NAMES = st.sampled_from(["a", "b-c", '"d e"', "'f.g'", "1", '"\\u0041"'])
BLANKS = st.sampled_from(["", "\n", "\n\n", " # note ]}\n", "\n# \"\"\" '''\n"])


def joined(items):
    return st.lists(st.tuples(BLANKS, items, BLANKS), max_size=3).map(
        lambda found: "[" + ",".join("".join(item) for item in found) + "]"
    )


def inline(items):
    pairs = st.lists(st.tuples(NAMES, items), max_size=3, unique_by=lambda pair: pair[0])
    return pairs.map(lambda found: "{" + ", ".join(f"{k} = {v}" for k, v in found) + "}")


VALUES = st.recursive(st.just("@"), lambda inner: joined(inner) | inline(inner), max_leaves=8)
TABLE = st.tuples(
    st.sampled_from(
        ["", "[[rows]]", "[[rows.inner]]", "[one{n}]", "[one{n}.'two']", "[rows.t{n}]"]
    ),
    st.lists(st.tuples(BLANKS, NAMES, VALUES), max_size=3, unique_by=lambda entry: entry[1]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(TABLE, max_size=5))
def test_the_locator_agrees_with_files_that_know_their_own_lines(tables):
    parts = ["[[rows]]"]
    for number, (header, entries) in enumerate(tables):
        parts.append((header or "[plain{n}]").format(n=number))
        for blank, name, value in entries:
            parts.append(f"{blank.lstrip(' ')}\n{name} = {value}" if blank else f"{name} = {value}")
    text = "\n".join(parts)
    assume(is_toml(numbered(text)))  # not with a name twice in one table
    assert disagreements(text) == {}
