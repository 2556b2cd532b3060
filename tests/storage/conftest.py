from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

from tests.fixtures.small_shop import shop

__all__ = ["counted", "shop"]


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)
