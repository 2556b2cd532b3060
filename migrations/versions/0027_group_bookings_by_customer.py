"""Group bookings by customer. Those that are there are grouped afterwards, a portion at a time.

`flask booking init` and `purge` do that, each portion in a transaction of its own: a shop of many
years need not stop for it, and what an older process books beside this one is taken along. On the
way back the grouping goes, and with it what the desk wrote of customers; bookings stay as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TABLE, BOOKINGS = "booking_customer", "booking_booking"
GROUPED = "customer_id IS NOT NULL"
UNGROUPED = "customer_id IS NULL AND customer_name <> ''"
EMAIL = "ix_booking_booking_customer_email"
KEY = "fk_booking_booking_customer_id"


def upgrade() -> None:
    instant = sa.DateTime(timezone=op.get_bind().dialect.name != "sqlite")
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        TABLE,
        sa.Column("id", number, nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("blocked_at", instant),
        sa.Column("merged_into", sa.BigInteger()),
        sa.Column("created_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("key", name=op.f(f"uq_{TABLE}_key")),
        sa.ForeignKeyConstraint(
            ["merged_into"], [f"{TABLE}.id"], name=op.f(f"fk_{TABLE}_merged_into")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f(f"ix_{TABLE}_sort_name_id"), TABLE, ["sort_name", "id"])
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index(
        op.f(f"ix_{TABLE}_merged_into"),
        TABLE,
        ["merged_into"],
        sqlite_where=merged,
        postgresql_where=merged,
    )
    with keeping_the_index_by_email(), op.batch_alter_table(BOOKINGS) as batch:
        batch.add_column(sa.Column("customer_id", sa.BigInteger()))
        batch.create_foreign_key(op.f(KEY), TABLE, ["customer_id"], ["id"])
    index_part(f"ix_{BOOKINGS}_customer_id_starts_at", ["customer_id", "starts_at"], GROUPED)
    index_part(f"ix_{BOOKINGS}_ungrouped", ["created_at"], UNGROUPED)


def downgrade() -> None:
    op.drop_index(op.f(f"ix_{BOOKINGS}_ungrouped"), BOOKINGS)
    op.drop_index(op.f(f"ix_{BOOKINGS}_customer_id_starts_at"), BOOKINGS)
    with keeping_the_index_by_email(), op.batch_alter_table(BOOKINGS) as batch:
        batch.drop_constraint(op.f(KEY), type_="foreignkey")
        batch.drop_column("customer_id")
    op.drop_table(TABLE)


def index_part(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(op.f(name), BOOKINGS, columns, sqlite_where=where, postgresql_where=where)


@contextmanager
def keeping_the_index_by_email() -> Iterator[None]:
    # SQLite makes the table anew, from what SQLAlchemy reads of it; an expression it does not read.
    op.drop_index(op.f(EMAIL), BOOKINGS)
    yield
    op.create_index(op.f(EMAIL), BOOKINGS, [sa.text("lower(customer_email)"), "starts_at"])
