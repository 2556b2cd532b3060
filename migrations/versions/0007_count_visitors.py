"""Count visitors in the database: keys by the day, and a mark on what each of them booked."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEX = "ix_booking_booking_visitor_created_at"


def upgrade() -> None:
    op.create_table(
        "booking_visitor_key",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_booking_visitor_key")),
    )
    op.add_column("booking_booking", sa.Column("visitor", sa.LargeBinary(32)))
    op.create_index(op.f(INDEX), "booking_booking", ["visitor", "created_at"])


def downgrade() -> None:
    op.drop_index(op.f(INDEX), "booking_booking")
    op.drop_column("booking_booking", "visitor")
    op.drop_table("booking_visitor_key")
