"""Write docs/api.md: every public name, with what its docstring says.

python docs/make_api.py
"""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

DOCS = Path(__file__).resolve().parent
OURS = ("booking", "booking.tab_sessions", "booking.testing")
NOT_MADE_BY_HOSTS = {"DeferredResponse", "Order", "TabSession"}
INTRODUCTION = """# Every public name

Made from the docstrings by `python docs/make_api.py`, and checked by a test. Explained, with
examples: [tutorial.md](tutorial.md), [host.md](host.md), [tab-sessions.md](tab-sessions.md),
[own-rows.md](own-rows.md), [testing.md](testing.md), where the fixtures of `booking.testing.plugin`
are. `import booking` and `import booking.tab_sessions` load no wizard.
"""


def reference() -> str:
    """Return the whole text of docs/api.md."""
    parts = [INTRODUCTION]
    for name in OURS:
        module = import_module(name)
        parts.append(f"## `{name}`\n")
        parts += [_entry(name, module, each) for each in sorted(module.__all__, key=str.lower)]
    return "\n".join(parts)


def _entry(module_name: str, module: ModuleType, name: str) -> str:
    value = getattr(module, name)
    if module_name == "booking" and name in import_module("booking.tab_sessions").__all__:
        return f"### `{name}`\n\nThe one of [`booking.tab_sessions`](#bookingtab_sessions).\n"
    heading = f"### `{name}`\n"
    if inspect.isclass(value):
        return "\n".join([heading, *_of_class(name, value)])
    if inspect.isfunction(value):
        return "\n".join([heading, *_described(_signature(name, value), value)])
    if inspect.ismodule(value):
        inside = [each for each in vars(value).values() if inspect.isfunction(each)]
        shown = [each for each in inside if each.__module__ == value.__name__]
        public = [each for each in shown if not each.__name__.startswith("_")]
        calls = [_described(_signature(f"{name}.{f.__name__}", f), f) for f in public]
        return "\n".join(
            [heading, _text(value.__doc__), *(line for call in calls for line in call)]
        )
    return "\n".join([heading, _text(_said_below(name))])


def _of_class(name: str, kind: type) -> Iterator[str]:
    is_error, fields = issubclass(kind, BaseException), _fields(kind)
    has_own = not is_error and not fields and _is_ours(kind.__init__)
    if name not in NOT_MADE_BY_HOSTS and (fields or has_own):
        yield _code(f"{name}({fields})" if fields else _signature(name, kind.__init__))
    yield _text(kind.__doc__)
    if has_own:
        yield from (f"`.{name}`: {_text(said)}" for name, said in _attributes(kind))
    for member, value in () if is_error else _members(kind):
        if isinstance(value, property | cached_property):
            function = value.fget if isinstance(value, property) else value.func
            yield _line(f"`.{member}`", function)
        else:
            inner = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            yield from _described("." + _signature(member, inner), inner)


def _is_ours(function: Any) -> bool:
    return inspect.isfunction(function) and function.__module__.startswith("booking.")


def _members(kind: type) -> list[tuple[str, Any]]:
    """The public members with a docstring, of the class and of what of ours it inherits."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("booking."):
            found |= {
                name: value
                for name, value in vars(base).items()
                if not name.startswith("_") and _docstring(value)
            }
    return list(found.items())


def _attributes(kind: type) -> Iterator[tuple[str, str]]:
    """The attributes that `__init__` sets and explains below."""
    (node,) = ast.parse(dedent(inspect.getsource(kind.__init__))).body  # type: ignore[misc]
    body = getattr(node, "body", [])
    for line, following in pairwise(body):
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        said = getattr(getattr(following, "value", None), "value", None)
        if isinstance(target, ast.Attribute) and isinstance(said, str):
            yield target.attr, said


def _docstring(value: Any) -> str | None:
    kinds = (property, cached_property, classmethod, staticmethod)
    return value.__doc__ if inspect.isfunction(value) or isinstance(value, kinds) else None


def _signature(name: str, function: Any) -> str:
    """The call as it is written in the source, so that it is the same on every Python."""
    (node,) = ast.parse(dedent(inspect.getsource(function))).body
    if not isinstance(node, ast.FunctionDef):
        raise TypeError(f"{name} is no function in the source.")
    arguments = re.sub(r"^self(, /)?(, |$)|^cls(, |$)", "", ast.unparse(node.args))
    returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{name}({arguments})" + ("" if node.name == "__init__" else returned)


def _fields(kind: type) -> str:
    """The fields of a dataclass or a named tuple, as they are written."""
    if not (hasattr(kind, "__dataclass_fields__") or hasattr(kind, "_fields")):
        return ""
    (node,) = ast.parse(dedent(inspect.getsource(kind))).body
    if not isinstance(node, ast.ClassDef):
        raise TypeError(f"{kind} is no class in the source.")
    lines = [ast.unparse(each) for each in node.body if isinstance(each, ast.AnnAssign)]
    return ", ".join(line for line in lines if "ClassVar" not in line and line[0] != "_")


def _said_below(name: str) -> str:
    """What stands below an assignment, as text: a constant has no docstring of its own."""
    rooms = [DOCS.parent / "booking" / room for room in ("tab_sessions", "transactions")]
    for file in sorted(file for room in rooms for file in room.rglob("*.py")):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        for node, following in pairwise(body):
            if name in _assigned(node) and isinstance(following, ast.Expr):
                return str(ast.literal_eval(following.value))
    raise LookupError(f"{name} is not explained: write a text below its assignment.")


def _assigned(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _described(call: str, function: Any) -> list[str]:
    return [_code(call), _text(function.__doc__)]


def _line(what: str, function: Any) -> str:
    return f"{what}: {_text(function.__doc__)}"


def _code(call: str) -> str:
    if len(call) > 88:  # an argument a line
        before, arguments, after = re.fullmatch(r"([\w.]+\()(.*)(\).*?)", call).groups()  # type: ignore[union-attr]
        each = "".join(f"    {argument},\n" for argument in _split(arguments))
        call = f"{before}\n{each}{after}"
    return f"```python\n{call}\n```\n"


def _split(arguments: str) -> list[str]:
    """The arguments one by one: a comma inside brackets divides nothing."""
    depth, found = 0, [""]
    for letter in arguments:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [each.strip() for each in found]


def _text(docstring: str | None) -> str:
    if not docstring:
        raise LookupError("A public name without a docstring.")
    return inspect.cleandoc(docstring).replace("``", "`") + "\n"


if __name__ == "__main__":
    (DOCS / "api.md").write_text(reference(), encoding="utf-8")
