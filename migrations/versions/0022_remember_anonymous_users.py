"""Remember whom a host made for a tab in which nobody has logged in yet.

Apart from the tab's own row, which every request reads: most hosts make nobody.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLE = "booking_anonymous_user"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column(
            "tab_session_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey(
                "booking_tab_session.id",
                name=op.f("fk_booking_anonymous_user_tab_session_id"),
                ondelete="CASCADE",
            ),
            nullable=False,
            autoincrement=False,
        ),
        sa.Column("user", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("tab_session_id", name=op.f("pk_booking_anonymous_user")),
    )
    op.create_index(op.f("ix_booking_anonymous_user_user"), TABLE, ["user"])


def downgrade() -> None:
    op.drop_table(TABLE)
