"""Keep what became of each booking, and the shop's own notes about it.

On the way back both are lost: nobody of the version before reads them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

HISTORY, NOTE = "booking_history", "booking_note"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        HISTORY,
        sa.Column("id", number, nullable=False),
        sa.Column("booking_id", sa.BigInteger()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(24), nullable=False),
        sa.Column("door", sa.String(12), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "door IN ('customer', 'link', 'desk', 'shell', 'clock')",
            name=op.f(f"ck_{HISTORY}_door"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{HISTORY}")),
        _of_booking(HISTORY),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f(f"ix_{HISTORY}_booking_id"), HISTORY, ["booking_id"])
    op.create_table(
        NOTE,
        sa.Column("id", number, nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{NOTE}")),
        _of_booking(NOTE),
    )
    op.create_index(op.f(f"ix_{NOTE}_booking_id"), NOTE, ["booking_id"])


def downgrade() -> None:
    op.drop_table(NOTE)
    op.drop_table(HISTORY)


def _of_booking(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["booking_id"],
        ["booking_booking.id"],
        name=op.f(f"fk_{table}_booking_id"),
        ondelete="CASCADE",
    )
