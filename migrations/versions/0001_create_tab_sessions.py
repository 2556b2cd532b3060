"""Create the table of tab sessions: a row per tab and flow."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "booking_tab_session",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("flow", sa.String(64), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary()),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("result", sa.String(255)),
        sa.Column("user", sa.String(255)),
        sa.Column("forked_from", ROW_ID),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("idle_expires_at", sa.BigInteger(), nullable=False),
        sa.Column("absolute_expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_tab_session")),
        sa.UniqueConstraint(
            "token_hash", "flow", name=op.f("uq_booking_tab_session_token_hash_flow")
        ),
        sa.ForeignKeyConstraint(
            ["forked_from"],
            ["booking_tab_session.id"],
            name=op.f("fk_booking_tab_session_forked_from"),
            ondelete="SET NULL",
        ),
    )
    op.create_index(
        op.f("ix_booking_tab_session_state_idle_expires_at"),
        "booking_tab_session",
        ["state", "idle_expires_at"],
    )


def downgrade() -> None:
    op.drop_table("booking_tab_session")
