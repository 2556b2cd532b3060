"""Add the place of a service: where it is given, when not at the shop's address."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default stays: the services that are there get it, and so do those that a program of the
    # version before writes while it is still running.
    op.add_column(
        "booking_service", sa.Column("place", sa.Text(), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("booking_service", "place")
