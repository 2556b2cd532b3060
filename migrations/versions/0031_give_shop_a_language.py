"""Let a shop have a language of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "booking_shop", sa.Column("language", sa.String(35), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("booking_shop", "language")
