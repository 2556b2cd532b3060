"""Create bookings, holds, and the claims that guard both."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_bookings()
    create_holds()
    create_claims()


def downgrade() -> None:
    op.drop_table("booking_claim")
    op.drop_table("booking_hold")
    op.drop_table("booking_booking")


def create_bookings() -> None:
    op.create_table(
        "booking_booking",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("draft", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("staff_member_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("buffer_before", sa.Integer(), nullable=False),
        sa.Column("buffer_after", sa.Integer(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("customer_email", sa.Text(), nullable=False),
        sa.Column("customer_phone", sa.Text(), nullable=False),
        sa.Column("customer_note", sa.Text(), nullable=False),
        sa.Column("customer_zone", sa.String(64), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(128), nullable=False),
        sa.Column("manage_token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("cancelled_by", sa.String(16)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_booking")),
        sa.UniqueConstraint("reference", name=op.f("uq_booking_booking_reference")),
        sa.UniqueConstraint("draft", name=op.f("uq_booking_booking_draft")),
        sa.UniqueConstraint("manage_token_hash", name=op.f("uq_booking_booking_manage_token_hash")),
        points_to("booking_booking", "service_id", "booking_service"),
        points_to("booking_booking", "staff_member_id", "booking_staff_member"),
        sa.CheckConstraint(
            "state IN ('pending', 'confirmed', 'cancelled', 'completed', 'no_show')",
            name=op.f("ck_booking_booking_state"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_booking_booking_range")),
    )
    index("booking_booking", "service_id")
    index("booking_booking", "starts_at")
    index("booking_booking", "staff_member_id", "starts_at")


def create_holds() -> None:
    op.create_table(
        "booking_hold",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("tab_session_id", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("staff_member_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("visitor", sa.LargeBinary(32)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_hold")),
        sa.UniqueConstraint("tab_session_id", name=op.f("uq_booking_hold_tab_session_id")),
        points_to("booking_hold", "tab_session_id", "booking_tab_session", ondelete="CASCADE"),
        points_to("booking_hold", "service_id", "booking_service", ondelete="CASCADE"),
        points_to("booking_hold", "staff_member_id", "booking_staff_member", ondelete="CASCADE"),
        # A hold's number never comes back, so no claim can seem to belong to a later one.
        sqlite_autoincrement=True,
    )
    index("booking_hold", "service_id")
    index("booking_hold", "staff_member_id")
    index("booking_hold", "visitor", "expires_at")


def create_claims() -> None:
    op.create_table(
        "booking_claim",
        sa.Column("resource_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tick", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hold_id", sa.BigInteger()),
        sa.Column("booking_id", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("resource_id", "tick", name=op.f("pk_booking_claim")),
        points_to("booking_claim", "resource_id", "booking_resource"),
        points_to("booking_claim", "hold_id", "booking_hold", ondelete="CASCADE"),
        points_to("booking_claim", "booking_id", "booking_booking"),
        sa.CheckConstraint(
            "(hold_id IS NOT NULL AND booking_id IS NULL AND expires_at IS NOT NULL)"
            " OR (hold_id IS NULL AND booking_id IS NOT NULL AND expires_at IS NULL)",
            name=op.f("ck_booking_claim_owner"),
        ),
        sqlite_with_rowid=False,
    )
    index("booking_claim", "hold_id")
    index("booking_claim", "booking_id")
    index("booking_claim", "expires_at")


def points_to(
    table: str, column: str, target: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete
    )


def index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
