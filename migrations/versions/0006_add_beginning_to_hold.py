"""Note since when a time is held, so that it cannot be held for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# What a hold lasts where nobody chose otherwise: near enough for those that are live just now.
SECONDS = 600


def upgrade() -> None:
    since = sa.Column("held_since", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("booking_hold", since)
    op.execute(f"UPDATE booking_hold SET held_since = expires_at - {SECONDS}")  # noqa: S608


def downgrade() -> None:
    op.drop_column("booking_hold", "held_since")
