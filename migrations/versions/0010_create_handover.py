"""Let one tab leave something for another, under a reference that is used once."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "booking_handover"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("tab_session_id", ROW_ID, nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_booking_handover")),
        sa.UniqueConstraint(
            "tab_session_id", "purpose", name=op.f("uq_booking_handover_tab_session_id_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["tab_session_id"],
            ["booking_tab_session.id"],
            name=op.f("fk_booking_handover_tab_session_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f("ix_booking_handover_expires_at"), TABLE, ["expires_at"])


def downgrade() -> None:
    op.drop_table(TABLE)
