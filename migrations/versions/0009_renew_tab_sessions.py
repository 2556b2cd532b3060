"""Let a tab's id be renewed, and find the tabs of a user."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = "booking_tab_session"
INDEXED = ("previous_hash", "user")


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("previous_hash", sa.LargeBinary(32)))
    op.add_column(TABLE, sa.Column("previous_key", sa.LargeBinary()))
    op.add_column(TABLE, sa.Column("previous_until", sa.BigInteger()))
    due = sa.Column("renewal_due", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column(TABLE, due)
    for column in INDEXED:
        op.create_index(op.f(f"ix_booking_tab_session_{column}"), TABLE, [column])


def downgrade() -> None:
    for column in INDEXED:
        op.drop_index(op.f(f"ix_booking_tab_session_{column}"), TABLE)
    for column in ("renewal_due", "previous_until", "previous_key", "previous_hash"):
        op.drop_column(TABLE, column)
