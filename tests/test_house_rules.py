"""The house rules of docs/design.md, kept by a machine. Each message teaches its rule."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "templates"


def where(path: Path, line: int | None = None) -> str:
    name = path.relative_to(ROOT).as_posix()
    return f"{name}:{line}" if line else name


def forbid(offences: list[str], rule: str) -> None:
    assert not offences, "\n".join(["", *offences, "", rule])


# -- who may import whom ---------------------------------------------------------------------------


class Walls(NamedTuple):
    rooms: frozenset[str]
    libraries: frozenset[str]


def walls(*, rooms: str = "", libraries: str = "") -> Walls:
    return Walls(frozenset(rooms.split()), frozenset(libraries.split()))


# of sqlalchemy the type, to pass it on
PAGES = "flask werkzeug markupsafe sqlalchemy.orm.Session"
ROOMS = {
    "scheduling": walls(),
    "i18n": walls(rooms="scheduling", libraries="babel"),
    "contact": walls(rooms="i18n", libraries="wtforms email_validator phonenumbers babel"),
    "transactions": walls(libraries="sqlalchemy"),
    # typing_extensions comes with sqlalchemy; only type checkers read it here
    "tab_sessions": walls(
        rooms="transactions",
        libraries="flask werkzeug sqlalchemy cryptography typing_extensions",
    ),
    "storage": walls(rooms="scheduling transactions", libraries="sqlalchemy"),
    "operations": walls(rooms="storage scheduling transactions", libraries="sqlalchemy"),
    "business_file": walls(rooms="scheduling i18n operations", libraries=""),
    "notifications": walls(
        rooms="i18n scheduling storage operations transactions state",
        libraries="css_inline flask icalendar jinja2 markupsafe sqlalchemy",
    ),
    "web": walls(
        rooms="state contact i18n scheduling storage transactions operations tab_sessions",
        libraries=f"{PAGES} jinja2",
    ),
    "customer": walls(
        rooms="state web contact i18n tab_sessions transactions scheduling storage operations "
        "notifications",
        libraries=f"{PAGES} altcha",
    ),
    "owner": walls(
        rooms="state config web contact i18n tab_sessions transactions scheduling storage "
        "operations notifications business_file",
        libraries=f"{PAGES} argon2",
    ),
}
WALLS = (
    "A room imports only the rooms and libraries named for it in docs/design.md (“Who may import "
    "whom”): it stays readable by itself and can be moved by itself. Pass in what it needs as an "
    "argument, or put the code into the room that may know both."
)
OURS = "booking"
MEETING_PLACES = {"commands", "testing"}  # they may import everything
LEAVES = {
    "addresses",
    "characters",
    "files",
    "mail_settings",
    "now",
    "spreadsheet",
}  # beside the rooms, and importing none of them


class Import(NamedTuple):
    path: Path
    line: int
    target: str


@cache
def parsed(path: Path) -> list[ast.AST]:
    return [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


def modules(folder: Path = ROOT / OURS) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def nodes(path: Path, *kinds: type) -> Iterator:
    return (node for node in parsed(path) if isinstance(node, kinds))


def imports(path: Path) -> Iterator[Import]:
    package = path.relative_to(ROOT).parent.parts
    for node in nodes(path, ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            targets = [name.name for name in node.names]
        else:
            base = package[: len(package) + 1 - node.level] if node.level else ()
            origin = ".".join([*base, *filter(None, [node.module])])
            # `from booking import x` may name a room, so the name is part of the target
            targets = [f"{origin}.{name.name}" for name in node.names]
        yield from (Import(path, node.lineno, target) for target in targets)


def crosses(found: Import, room: str) -> bool:
    top, _, rest = found.target.partition(".")
    if top == OURS:
        return rest.split(".")[0] not in {room, *ROOMS[room].rooms, *LEAVES}
    return top not in sys.stdlib_module_names and not {top, found.target} & ROOMS[room].libraries


def test_rooms_import_only_what_their_walls_allow():
    found = [
        (room, found)
        for room in ROOMS
        for path in modules(ROOT / OURS / room)
        for found in imports(path)
    ]
    offences = [
        f"{where(found.path, found.line)} imports {found.target}; {room} may import the rooms "
        f"{sorted(ROOMS[room].rooms)} and the libraries {sorted(ROOMS[room].libraries)}"
        for room, found in found
        if crosses(found, room)
    ]
    assert found
    forbid(offences, WALLS)


def test_pages_and_commands_do_not_import_each_other():
    ways_in = {"customer", "owner", "commands"}
    offences = [
        f"{where(found.path, found.line)} imports {found.target}"
        for way_in in ways_in
        for path in modules(ROOT / OURS / way_in)
        for found in imports(path)
        if found.target.startswith(tuple(f"{OURS}.{other}." for other in ways_in - {way_in}))
    ]
    forbid(
        offences,
        "What pages and commands both need lies below both: contact/, i18n/, web/ or operations/.",
    )


def graph() -> dict[str, set[str]]:
    """Every module of ours with those it imports, also the ones only a type checker reads."""
    names = {name_of(path): path for path in modules()}
    return {
        name: {
            target
            for found in imports(path)
            for target in (found.target, found.target.rpartition(".")[0])
            if target in names and target != name and not name.startswith(f"{target}.")
        }
        for name, path in names.items()
    }


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_module_imports_itself_by_a_detour():
    arrows = graph()
    assert len(arrows) > 50
    while bare := {name for name, targets in arrows.items() if not targets & set(arrows)}:
        arrows = {name: targets for name, targets in arrows.items() if name not in bare}
    offences = [
        f"{name} imports {sorted(targets & set(arrows))}" for name, targets in arrows.items()
    ]
    forbid(
        offences,
        "These lie on a circle of imports, or lead into one: move what both need below both.",
    )


def test_every_room_has_walls():
    rooms = {path.parent.name for path in (ROOT / OURS).glob("*/__init__.py")}
    assert rooms - set(ROOMS) <= MEETING_PLACES, "A new room? Give it walls here and in design.md."


def test_the_house_in_design_md_has_a_place_for_every_module_beside_the_rooms():
    design = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    house = design.partition("## The house")[2].partition("\n## ")[0]
    beside = {path.name for path in (ROOT / OURS).glob("*.py")} - {"__init__.py"}
    rooms = {f"{path.parent.name}/" for path in (ROOT / OURS).glob("*/__init__.py")}
    unnamed = sorted(name for name in beside | rooms if f"`{name}`" not in house)
    forbid(unnamed, "Name it in docs/design.md (“Who may import whom”).")


# -- one request, one transaction, one commit ------------------------------------------------------

COMMITTING = ("booking/tab_sessions/", "booking/transactions/", "booking/migrate.py")
COMMIT = (
    "No view commits: `session_route`, or `with write_transaction(session)` for routes and "
    "commands without a tab. So the tab's draft and the rows its view wrote land together or not "
    "at all."
)


def test_no_view_or_command_commits_by_itself():
    offences = [
        f"{where(path, call.lineno)} calls .{call.func.attr}()"
        for path in modules()
        if not where(path).startswith(COMMITTING)
        for call in nodes(path, ast.Call)
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("commit", "begin")
    ]
    forbid(offences, COMMIT)


BEHIND_CODE = r"[;{,] +(//|/\*)"
OWN_LINE = "A comment has a line of its own, which browsers are not sent (tab_sessions/client)."
OPEN_TEXT = r"^[^`]*`([^`]*`[^`]*`)*[^`]*$"
ONE_LINE = "Indents are not sent, so a text between backticks that goes on would lose its own."

NEVER = {
    "a comment behind code in a style sheet or script": ("static/[cj]*/*", BEHIND_CODE, OWN_LINE),
    "a comment behind code in the tab's script": ("booking/**/*.js", BEHIND_CODE, OWN_LINE),
    "a text of several lines in a script": ("static/js/*.js", OPEN_TEXT, ONE_LINE),
    "a text of several lines in the tab's script": ("booking/**/*.js", OPEN_TEXT, ONE_LINE),
    "text whose indents are shown": (
        "templates/**/*.html",
        "<pre|<textarea[^>]*>[^{<]",
        "Templates lose their indents as they are compiled.",
    ),
    "settings changed by a test": (
        "tests/**/*.py",
        r"settings\.__dict__|object\.__setattr__",
        "Settings are frozen. Give them to the app: @pytest.mark.settings(hold_minutes=5).",
    ),
    "a wait that the page's policy forbids": (
        "tests/**/*.py",
        r"\.wait_for_function\(",
        "The page's policy forbids it as soon as it has to wait. Write `wait_until(page, …)`.",
    ),
    "a request that slips past its route": (
        "tests/**/*.py",
        r"\b(page|context|window|twin|tab|copy)\.route\(",
        "A page that is open may send its next request past a new one. Write `intercept(page, …)`.",
    ),
    "an instant without a zone": (
        "booking/**/*.py",
        "utcnow",
        "utcnow() knows no zone. Use datetime.now(UTC).",
    ),
    "a look at a clock": (
        "booking/**/*.py",
        r"datetime\.now\((?!UTC\)( \+ _ahead|, for example))",
        "One module looks at the clock, so that tests can move it: booking.now.utc_now().",
    ),
    "an instant without a zone in a migration": (
        "migrations/**/*.py",
        "utcnow",
        "utcnow() knows no zone. Use datetime.now(UTC).",
    ),
    "a line of a template wider than a screen": (
        "templates/**/*.html",
        ".{161}",
        "What stands in many templates is a macro of parts/macros.html; break the rest.",
    ),
    "a name guarded by a default": (
        "templates/**/*.html",
        r"\|\s*d(efault)?\b|\bis (un)?defined\b",
        "Whoever renders it gives every name, or templating.ONLY_SOMETIMES does.",
    ),
    "a fragment that extends a page": (
        "templates/**/_*.html",
        r"{%-?\s*extends\b",
        "A fragment (_name.html) is swapped in as one element: HTMX replaces it as a whole.",
    ),
}


@pytest.mark.parametrize("what", NEVER)
def test_what_is_never_written(what):
    files, written, rule = NEVER[what]
    lines = [
        (where(path, number), line)
        for path in ROOT.glob(files)
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]
    assert lines
    forbid([place for place, line in lines if re.search(written, line)], rule)


# -- names and sizes -------------------------------------------------------------------------------

VAGUE = re.compile(r"(Manager|Helpers?|Utils?|Utilities|Processor|Handler|Service)$")
NAMES = (
    "A name says who lives there. Manager, Helper and Util fit anything; and a service is what the "
    "shop sells, so only the model, and the step that asks for one, may be called Service."
)


def test_names_say_what_they_name():
    classes = [
        f"{where(path, node.lineno)} class {node.name}"
        for path in modules()
        for node in nodes(path, ast.ClassDef)
        if VAGUE.search(node.name) and node.name != "Service"
    ]
    stems = {path: path.stem.strip("_").title() for path in modules()}
    files = [
        where(path) for path, stem in stems.items() if VAGUE.search(stem) and stem != "Service"
    ]
    forbid(classes + files, NAMES)


LIMITS = {".py": 400, ".html": 80, ".js": 100, ".css": 250}
# Looked at again, and better whole. Each with its reason; a reason no longer needed fails too.
BETTER_WHOLE = {
    "booking/tab_sessions/client/tab-session.js": "one tag and one request, without a build step",
}
SIZES = (
    "Look again: is there a second idea in this file that deserves a name of its own? If it truly "
    "reads better whole, say why in BETTER_WHOLE."
)


def test_files_stay_short_enough_to_read_at_once():
    candidates = [
        *modules(),
        *TEMPLATES.rglob("*.html"),
        *ROOT.glob("booking/**/*.js"),
        *ROOT.glob("static/js/*.js"),
        *ROOT.glob("static/css/*.css"),
    ]
    lengths = {
        where(path): len(path.read_text(encoding="utf-8").splitlines()) for path in candidates
    }
    long = {name for name, lines in lengths.items() if lines > LIMITS[Path(name).suffix]}
    offences = [f"{name}: {lengths[name]} lines" for name in sorted(long - set(BETTER_WHOLE))]
    forbid(offences, SIZES)
    assert set(BETTER_WHOLE) <= long, "Short enough now: take it out of BETTER_WHOLE."


# -- templates -------------------------------------------------------------------------------------

JINJA = re.compile(r"{#.*?#}|{%.*?%}|({{.*?}})", re.DOTALL)


def markup(template: Path) -> BeautifulSoup:
    """The template's own HTML: Jinja's blocks taken out, its expressions left as bare words."""
    text = template.read_text(encoding="utf-8")
    plain = JINJA.sub(lambda found: re.sub(r"[^\w./-]", "", found[1] or ""), text)
    return BeautifulSoup(plain, "html.parser")


def templates(pattern: str = "*.html") -> list[Path]:
    found = sorted(TEMPLATES.rglob(pattern))
    assert found, f"no templates match {pattern}"
    return found


STYLE_NAMES = re.compile(r"\.(?=[a-z])[\w-]+|(?<![\w-])--[a-z][\w-]*|@keyframes [\w-]+")
OWN_NAMES = re.compile(r"\.(sb-|htmx-request$)|--(sb|sidebook)-|@keyframes sb-")


def test_names_in_style_sheets_cannot_be_a_hosts():
    offences = [
        f"{where(path)}: {name}"
        for path in sorted(ROOT.glob("static/css/*.css"))
        for name in STYLE_NAMES.findall(re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL))
        if not OWN_NAMES.match(name)
    ]
    offences += [
        f"{where(path)}: {name}"
        for path in templates()
        for tag in BeautifulSoup(JINJA.sub("", path.read_text()), "html.parser").select("[class]")
        for name in tag["class"]
        if not name.startswith("sb-")
    ]
    forbid(
        sorted(set(offences)),
        "Classes begin with sb-, properties with --sb- (those a host sets: --sidebook-): a host's "
        "style sheet has no layers, so it wins wherever a name is the same.",
    )


INLINE = (
    "The Content-Security-Policy allows no inline script or style: behaviour lives in static/js/, "
    "looks in static/css/, and state in attributes that those two read."
)


def is_inline(tag: Tag) -> bool:
    if tag.name == "style" or (tag.name == "script" and not tag.get("src")):
        return True
    scripted = any(name.startswith(("on", "hx-on", "style")) for name in tag.attrs)
    return scripted or any(
        str(value).startswith(("js:", "javascript:")) for value in tag.attrs.values()
    )


def test_templates_carry_no_inline_script_or_style():
    offences = [
        f"{where(path, tag.sourceline)} <{tag.name}>"
        for path in templates()
        for tag in markup(path).find_all(is_inline)
    ]
    forbid(offences, INLINE)


def test_every_form_has_an_action_and_a_method():
    forms = [(path, form) for path in templates() for form in markup(path).find_all("form")]
    offences = [
        where(path, form.sourceline)
        for path, form in forms
        if not form.get("action") or form.get("method") not in ("post", "get")
    ]
    assert forms
    forbid(offences, "Without HTMX a form still goes somewhere, where its answers are shown again.")


def test_htmx_is_the_last_script_of_a_page():
    pages = {path: markup(path).find_all("script", src=True) for path in templates()}
    with_htmx = {path: scripts for path, scripts in pages.items() if "htmx" in str(scripts)}
    offences = [
        where(path) for path, scripts in with_htmx.items() if "htmx" not in str(scripts[-1])
    ]
    assert with_htmx
    forbid(
        offences,
        "HTMX starts by a timer as soon as it has run, not when all deferred scripts have: one "
        "that comes later may miss the first request, which then goes without the tab's id.",
    )


def test_commands_print_through_one_place():
    spoken = {"echo", "secho", "echo_via_pager", "prompt", "confirm", "print"}
    offences = [
        f"{where(path, call.lineno)} calls {name}()"
        for path in modules(ROOT / OURS / "commands")
        if path.name != "group.py"
        for call in nodes(path, ast.Call)
        if (name := getattr(call.func, "attr", getattr(call.func, "id", ""))) in spoken
    ]
    forbid(
        offences,
        "Commands print by `say` of commands/group.py: what strangers typed must neither drive a "
        "terminal nor fail where it cannot be printed.",
    )
