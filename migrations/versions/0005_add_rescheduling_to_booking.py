"""Count what is changed about a booking, and note when it was moved."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    count = sa.Column("changes", sa.Integer(), nullable=False, server_default="0")
    moved = sa.Column("rescheduled_at", sa.DateTime(timezone=True))
    op.add_column("booking_booking", count)
    op.add_column("booking_booking", moved)
    op.execute("UPDATE booking_booking SET changes = 1 WHERE state = 'cancelled'")


def downgrade() -> None:
    op.drop_column("booking_booking", "rescheduled_at")
    op.drop_column("booking_booking", "changes")
