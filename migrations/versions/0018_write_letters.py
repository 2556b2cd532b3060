"""Write down who is to hear of a booking, and by which links it can be opened again.

What was booked before keeps its link and has no letters: none of these columns changes a row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def new_columns() -> dict[str, list[sa.Column]]:
    # SQLite drops a column only where nothing checks it, so none of these has a check.
    return {
        "booking_booking": [
            sa.Column("language", sa.String(35), nullable=False, server_default=""),
            sa.Column("link_number", sa.LargeBinary(16)),
            sa.Column("cancel_reason", sa.Text, nullable=False, server_default=""),
        ],
        "booking_staff_member": [
            sa.Column("email", sa.Text, nullable=False, server_default=""),
            sa.Column("letters", sa.String(8), nullable=False, server_default="at_once"),
        ],
        "booking_service": [
            sa.Column("is_online", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("cancel_until", sa.Integer, nullable=False, server_default="0"),
            sa.Column("move_until", sa.Integer, nullable=False, server_default="0"),
        ],
        "booking_shop": [sa.Column("mail", sa.JSON, nullable=False, server_default="{}")],
    }


def upgrade() -> None:
    for table, columns in new_columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "booking_letter",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("booking_id", sa.BigInteger),
        sa.Column("staff_member_id", sa.Integer),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("last_moment", sa.BigInteger),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("lease", sa.String(32)),
        sa.Column("leased_until", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking_booking.id"],
            name=op.f("fk_booking_letter_booking_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["staff_member_id"],
            ["booking_staff_member.id"],
            name=op.f("fk_booking_letter_staff_member_id"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'refused', 'withdrawn', 'too_late')",
            name=op.f("ck_booking_letter_state"),
        ),
        sa.CheckConstraint(
            "role IN ('customer', 'staff', 'shop', 'host')", name=op.f("ck_booking_letter_role")
        ),
        sqlite_autoincrement=True,
    )
    for columns in (
        ["booking_id", "state"],
        ["staff_member_id"],
        ["state", "due_at"],
        ["ended_at"],
    ):
        op.create_index(op.f(f"ix_booking_letter_{'_'.join(columns)}"), "booking_letter", columns)
    op.create_table(
        "booking_manage_link",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("booking_id", sa.BigInteger, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking_booking.id"],
            name=op.f("fk_booking_manage_link_booking_id"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_booking_manage_link_token_hash")),
    )
    op.create_index(
        op.f("ix_booking_manage_link_booking_id"), "booking_manage_link", ["booking_id"]
    )
    op.create_table(
        "booking_link_key",
        sa.Column("fingerprint", sa.String(32), primary_key=True),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("first_used_at", sa.BigInteger, nullable=False),
        sa.Column("last_used_at", sa.BigInteger, nullable=False),
        sa.CheckConstraint("source IN ('secret', 'file')", name=op.f("ck_booking_link_key_source")),
    )
    op.create_table(
        "booking_deliverer",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("lease", sa.String(32)),
        sa.Column("leased_until", sa.BigInteger, nullable=False),
        sa.Column("paused_until", sa.BigInteger, nullable=False),
        sa.Column("pauses", sa.Integer, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("booking_deliverer", "booking_link_key", "booking_manage_link", "booking_letter"):
        op.drop_table(table)
    for table, columns in new_columns().items():
        for column in columns:
            op.drop_column(table, column.name)
