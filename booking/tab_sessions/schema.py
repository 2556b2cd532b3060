"""What a flow's draft is in Python: a dict, a dataclass, or whatever turns into JSON and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, cast

from .fields import check_fields
from .refusals import NewerDraft, TabSessionError
from .values import canonical

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Data = TypeVar("Data", default=dict[str, Any])
else:
    from typing import TypeVar

    Data = TypeVar("Data")

Content = dict[str, Any]


@dataclass(frozen=True)
class Schema(Generic[Data]):
    """How a draft is read and written.

    `load` makes the object from JSON values, `{}` for an empty draft; `dump` makes JSON values of
    it. When their shape changes, raise `version` and let `upgrades[n]` turn version n into n + 1:
    drafts that lie in the database are brought up when they are next opened. Raises
    TabSessionError where an upgrade is missing.
    """

    load: Callable[[Content], Data]
    dump: Callable[[Data], Mapping[str, Any]]
    version: int = 1
    upgrades: Mapping[int, Callable[[Content], Content]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [number for number in range(1, self.version) if number not in self.upgrades]
        if missing:
            raise TabSessionError(
                f"Schema version {self.version} cannot open older drafts: give upgrades a function "
                f"for version {missing[0]}."
            )

    def read(self, stored: bytes) -> Data:
        """The draft in a stored text. Raises NewerDraft when a newer release wrote it."""
        envelope = json.loads(stored)
        if envelope.keys() != {"version", "data"}:  # of a route that had no schema yet
            envelope = {"version": self.version, "data": envelope}
        version, content = envelope["version"], envelope["data"]
        if version > self.version:
            raise NewerDraft
        for number in range(version, self.version):
            content = self.upgrades[number](content)
        return self.load(content)

    def write(self, data: Data) -> bytes:
        """The text to store; an empty draft is always the same."""
        content = dict(self.dump(data))
        if not content:
            return b"{}"
        return b'{"data":%b,"version":%d}' % (canonical(content), self.version)


class _Plain(Schema[Content]):
    """A dict as it is: what flows without a schema have."""

    def read(self, stored: bytes) -> Content:
        return cast("Content", json.loads(stored))

    def write(self, data: Content) -> bytes:
        return canonical(data)


PLAIN: Schema[Content] = _Plain(load=dict, dump=dict)


def schema_of(data: Schema[Data] | type[Data] | None) -> Schema[Data]:
    """The schema that a route was given: itself, one for a dataclass, or the plain one.

    Raises TabSessionError for what cannot begin empty or would not come back as it was: see
    fields.py.
    """
    if data is None:
        return cast("Schema[Data]", PLAIN)
    if isinstance(data, Schema):
        return data
    check_fields(data)
    kind = cast("Any", data)
    known = {each.name for each in fields(kind)}
    return Schema(
        load=lambda content: kind(**{name: content[name] for name in known & content.keys()}),
        dump=lambda value: asdict(cast("Any", value)),
    )
