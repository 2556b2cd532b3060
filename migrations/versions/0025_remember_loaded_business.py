"""Remember what the business was when a file was loaded last.

So a file does not undo unseen what was changed at the desk since.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLE = "booking_loaded_business"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_loaded_business")),
    )


def downgrade() -> None:
    op.drop_table(TABLE)
