"""Count what each visitor, and each network around, begins in a day."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLE = "booking_visitor_drafts"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("mark", sa.LargeBinary(32), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("drafts", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_day"), TABLE, ["day"])


def downgrade() -> None:
    op.drop_table(TABLE)
