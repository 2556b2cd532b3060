"""Let bookings be of a series: single ones, with a common number."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TABLE, INDEX = "booking_booking", "ix_booking_booking_series"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("series", sa.String(16)))
    repeated = sa.text("series IS NOT NULL")
    op.create_index(
        op.f(INDEX), TABLE, ["series"], sqlite_where=repeated, postgresql_where=repeated
    )


def downgrade() -> None:
    op.drop_index(op.f(INDEX), TABLE)
    op.drop_column(TABLE, "series")
