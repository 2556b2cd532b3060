"""What a flow's draft is in Python: a dict, a dataclass, or whatever turns into JSON and back."""

import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping, MutableSequence, Sequence
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, is_dataclass
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Generic,
    Literal,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from werkzeug.datastructures import MultiDict

from .checks import is_unicode, require_call
from .errors import NewerDraft, TabSessionError, UnusableValue

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Data = TypeVar("Data", default=dict[str, Any])
else:
    from typing import TypeVar

    Data = TypeVar("Data")

Content = dict[str, Any]
_NESTED = (dict, list, tuple)
_DEEPEST = 100  # levels of nesting: more is a list in itself
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_VALUES = {Any, object, str, int, float, bool, None, NoneType, dict, list}
_LISTS = {list, Sequence, MutableSequence}
_DICTS = {dict, Mapping, MutableMapping}


@dataclass(frozen=True)
class Schema(Generic[Data]):
    """How a draft is read and written.

    `load` makes the object from JSON values, `{}` for an empty draft; `dump` makes JSON values of
    it. When their shape changes, raise `version` and let `upgrades[n]` turn version n into n + 1:
    drafts that lie in the database are brought up when they are next opened.

    Raises: TabSessionError where an upgrade is missing, and for what is no such function.
    """

    load: Callable[[Content], Data]
    dump: Callable[[Data], Mapping[str, Any]]
    version: int = 1
    upgrades: Mapping[int, Callable[[Content], Content]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_call("load", self.load, "content")
        require_call("dump", self.dump, "data")
        missing = [number for number in range(1, self.version) if number not in self.upgrades]
        if missing:
            raise TabSessionError(
                f"Schema version {self.version} cannot open older drafts: give upgrades a function "
                f"for version {missing[0]}."
            )

    def read(self, stored: bytes) -> Data:
        """Read the draft in a stored text.

        Raises: NewerDraft when a newer release wrote it.
        """
        envelope = json.loads(stored.decode())
        if envelope.keys() != {"version", "data"}:  # of a route that had no schema yet
            envelope = {"version": self.version, "data": envelope}
        version, content = envelope["version"], envelope["data"]
        if version > self.version:
            raise NewerDraft
        for number in range(version, self.version):
            content = self.upgrades[number](content)
        return self.load(content)

    def write(self, data: Data) -> bytes:
        """Write the text to store; an empty draft is always the same.

        Raises: what `canonical` does, TabSessionError where `dump` returns no dict.
        """
        dumped = self.dump(data)
        if not isinstance(dumped, Mapping):
            raise TabSessionError(
                f"dump of Schema returned {_kind(dumped)}, and has to return a dict."
            )
        content = dict(dumped)
        if not content:
            return b"{}"
        return b'{"data":%b,"version":%d}' % (canonical(content), self.version)


class _Plain(Schema[Content]):
    """A dict as it is: what flows without a schema have."""

    def read(self, stored: bytes) -> Content:
        return cast("Content", json.loads(stored.decode()))

    def write(self, data: Content) -> bytes:
        return canonical(data)


PLAIN: Schema[Content] = _Plain(load=dict, dump=dict)


def schema_of(data: Schema[Data] | type[Data] | None) -> Schema[Data]:
    """Return the schema for what a route was given: itself, one for a dataclass, or the plain one.

    Raises: TabSessionError for what cannot begin empty or would not come back as it was: see the
    checks below.
    """
    if data is None:
        return cast("Schema[Data]", PLAIN)
    if isinstance(data, Schema):
        return data
    check_fields(data)
    kind = cast("Any", data)
    known = [each.name for each in fields(kind)]

    def dump(value: Any) -> dict[str, Any]:
        _require_only_fields(kind, known, value)
        return asdict(value)

    return Schema(
        load=lambda content: kind(**{name: content[name] for name in known if name in content}),
        dump=dump,
    )


def _require_only_fields(kind: Any, known: list[str], value: Any) -> None:
    """Refuse what is no draft of this kind, or has something that would not be stored with it.

    Raises: TabSessionError.
    """
    if not isinstance(value, kind):
        raise TabSessionError(
            f"tab.data is of type {_kind(value)}, and this route has data={kind.__name__}: assign "
            "one of those, or its fields."
        )
    more = [name for name in getattr(value, "__dict__", ()) if name not in known]
    if more := [name for name in more if not hasattr(kind, name)]:  # of a cached_property
        own = vars(kind())  # what __post_init__ adds to each
        for name in more:
            if name not in own:
                raise TabSessionError(
                    f"tab.data.{name} is no field of {kind.__name__}, so it would be lost. Add it "
                    "to the class, with a default, or write one that is there: "
                    f"{', '.join(known)}."
                )


# -- JSON: the same text for the same values, and a mistake that names its field ------------------


def canonical(content: Mapping[str, Any], place: str = "tab.data") -> bytes:
    """Write JSON of a dict, in its order; `place` is what a mistake is looked for in.

    Raises: UnusableValue for what a client's own JSON may hold and none of ours does, and
    TabSessionError for what only code can have put there.
    """
    if not isinstance(content, dict):
        raise TabSessionError(
            f"{place} is of type {_kind(content)}, and has to be a dict: keep that in it, under a "
            f'name, as in {place}["answers"].'
        )
    try:
        text = _ENCODER.encode(content)
        if not _holds_what_is_lost(content):
            return text.encode()
        wrong: Exception | None = None
    except (TypeError, ValueError, RecursionError) as error:
        wrong = error
    nothing = (place, f"a value ({wrong})", False)
    where, what, may_be_sent = next(_culprits(content, place, 0), nothing)
    said = f"{where} is {what}, which JSON does not give back as it was."
    if may_be_sent and "Circular" not in str(wrong):
        raise UnusableValue(said) from wrong
    raise TabSessionError(
        f"{said} It takes text, numbers, true, false, None, lists, and dicts with text as keys: "
        "store str() of it, or give the route a Schema(load, dump) that turns it into such a value "
        "and back."
    ) from wrong


def is_same(text: bytes, other: bytes) -> bool:
    """Say whether two texts hold the same values, in whichever order."""
    return text == other or json.loads(text) == json.loads(other)


def _holds_what_is_lost(value: Any) -> bool:
    """Whether a dict in there has keys that JSON would turn into text, or more values of one key.

    JSON takes either without a word.
    """
    inside = value
    if isinstance(value, dict):
        if type(value) is not dict and isinstance(value, MultiDict):
            return True
        if {*map(type, value)} != {str} and not all(isinstance(key, str) for key in value):
            return True
        inside = value.values()
    return any(_holds_what_is_lost(each) for each in inside if isinstance(each, _NESTED))


def _culprits(value: Any, place: str, depth: int) -> Iterator[tuple[str, str, bool]]:
    """Where something is wrong, what it is, and whether request.json may have held it."""
    if depth > _DEEPEST:
        yield place.split("[", 1)[0], "a value that holds itself, or is nested too deeply", True
    elif isinstance(value, dict):
        yield from _culprits_in_dict(value, place, depth)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _culprits(inner, f"{place}[{number}]", depth + 1)
    elif isinstance(value, str) and not is_unicode(value):
        yield place, "a text with half of a character", True
    elif not _is_json(value):
        what = f"the number {value}" if isinstance(value, float) else f"of type {_kind(value)}"
        yield place, what, isinstance(value, float)


def _culprits_in_dict(
    value: dict[Any, Any], place: str, depth: int
) -> Iterator[tuple[str, str, bool]]:
    if isinstance(value, MultiDict):
        cure = ".to_dict(flat=False) of it has all values of each name, .to_dict() the first"
        yield place, f"of type {_kind(value)} ({cure})", False
        return
    for key, inner in value.items():
        if not isinstance(key, str):
            yield place, f"a dict with the key {key!r:.40}", False
        elif not is_unicode(key):
            yield place, f"a dict with half of a character in the key {key!a:.40}", True
        yield from _culprits(inner, f"{place}[{key!a:.40}]", depth + 1)


def _kind(value: Any) -> str:
    return type(value).__name__


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError):
        return False
    return True


# -- what the fields of a dataclass may be: values that JSON gives back as they were --------------


def check_fields(data: Any) -> None:
    """Refuse what is no dataclass or has a field that no draft can.

    Raises: TabSessionError.
    """
    if not isinstance(data, type) or not is_dataclass(data):
        raise TabSessionError(
            f"data={data!r} is neither a dataclass nor a Schema(load, dump); give the class itself."
        )
    for each in fields(data):
        _check_start(data.__name__, each)
    for each in fields(data):
        for mistake in _mistakes(_hints(data)[each.name]):
            raise TabSessionError(f"{data.__name__}.{each.name} {mistake}")


def _check_start(name: str, each: Field[Any]) -> None:
    if each.default is MISSING and each.default_factory is MISSING:
        raise TabSessionError(f"{name}.{each.name} needs a default, because a draft begins empty.")
    if not each.init:
        raise TabSessionError(
            f"{name}.{each.name} has init=False, so a stored draft cannot be given back to it."
        )


def _hints(data: type) -> dict[str, Any]:
    try:
        return get_type_hints(data, include_extras=True)
    except NameError as unknown:
        raise TabSessionError(
            f"{data.__name__}: {unknown}. Its annotations are read when the route is registered: "
            "import what they name, and define the class in a module."
        ) from unknown


def _mistakes(hint: Any) -> Iterator[str]:
    """What in this type JSON does not give back as it was, each with the remedy."""
    origin, inner = get_origin(hint), get_args(hint)
    if hasattr(hint, "__supertype__"):  # a NewType
        yield from _mistakes(hint.__supertype__)
    elif origin is Annotated:
        yield from _mistakes(inner[0])
    elif origin in _DICTS:
        if inner[0] not in (str, Any) and get_origin(inner[0]) is not Literal:
            yield f"has keys of {_name(inner[0])}, and JSON gives back text. {_remedy('str')}"
        yield from _mistakes(inner[1])
    elif origin in _LISTS or origin in (Union, UnionType):
        for each in inner:
            yield from _mistakes(each)
    elif origin is not Literal and not is_typeddict(hint) and not _is_value(hint):
        yield _mistake(hint)


def _is_value(hint: Any) -> bool:
    try:
        return hint in _VALUES
    except TypeError:  # not hashable: nothing of ours
        return False


def _mistake(hint: Any) -> str:
    if is_dataclass(hint):
        return f"holds the dataclass {_name(hint)}: JSON gives back a dict. {_remedy('dict')}"
    if (get_origin(hint) or hint) is tuple:
        return f"is a tuple, and JSON gives back a list. {_remedy('list')}"
    return f"holds {_name(hint)}, which is no JSON value. {_remedy('str')}"


def _remedy(other: str) -> str:
    return f"Write a Schema(load, dump) that turns it into JSON values and back, or use a {other}."


def _name(hint: Any) -> str:
    return str(getattr(hint, "__name__", hint))
