"""Let a shop have a colour of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "booking_shop", sa.Column("accent", sa.String(7), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("booking_shop", "accent")
