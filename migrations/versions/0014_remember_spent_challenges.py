"""Remember the sums that browsers did for a hold, so that each is good once."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLE = "booking_spent_challenge"
INDEX = "ix_booking_spent_challenge_expires_at"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("mark", sa.LargeBinary(32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_booking_spent_challenge")),
    )
    op.create_index(op.f(INDEX), TABLE, ["expires_at"])


def downgrade() -> None:
    op.drop_index(op.f(INDEX), TABLE)
    op.drop_table(TABLE)
