"""How Alembic meets the database. `booking.migrate` hands in an open, locked connection."""

from alembic import context
from sqlalchemy import Connection

attributes = context.config.attributes
connection: Connection | None = attributes.get("connection")
if connection is None:
    raise RuntimeError(
        "These migrations run inside one locked transaction: use `flask booking init`, "
        "or booking.migrate.upgrade(engine), instead of the alembic command."
    )


def ours(name: str | None, kind: str, _parents: dict[str, str | None]) -> bool:
    """Whether a thing found in the database is ours: a host's tables are not looked at."""
    return kind != "table" or (name or "").startswith("booking_")


context.configure(
    connection=connection,
    target_metadata=attributes["target_metadata"],
    version_table=attributes["version_table"],
    transactional_ddl=True,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_server_default=True,
    include_name=ours,
)
context.run_migrations()
