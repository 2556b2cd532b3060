"""Create what the desk's sign-in stands on: accounts, sessions, one-time links, counts of tries."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ACCOUNT = "booking_account"


def upgrade() -> None:
    op.create_table(
        ACCOUNT,
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("staff_member_id", sa.Integer()),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("may_change_own_hours", sa.Boolean(), nullable=False),
        sa.Column("sees_all_customers", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_account")),
        sa.UniqueConstraint("email", name=op.f("uq_booking_account_email")),
        sa.CheckConstraint(
            "role IN ('owner', 'reception', 'staff')", name=op.f("ck_booking_account_role")
        ),
        sa.ForeignKeyConstraint(
            ["staff_member_id"],
            ["booking_staff_member.id"],
            name=op.f("fk_booking_account_staff_member_id"),
            ondelete="SET NULL",
        ),
        sqlite_autoincrement=True,
    )
    _index(ACCOUNT, "staff_member_id")
    _create_sessions()
    _create_links()
    _create_browsers()
    op.create_table(
        "booking_sign_in",
        sa.Column("mark", sa.LargeBinary(32), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_booking_sign_in")),
    )
    _index("booking_sign_in", "until")


def _create_sessions() -> None:
    table = "booking_desk_session"
    op.create_table(
        table,
        sa.Column("id", ID, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("browser", sa.String(80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("idle_expires_at", sa.BigInteger(), nullable=False),
        sa.Column("absolute_expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("token_hash", name=op.f(f"uq_{table}_token_hash")),
        _of_an_account(table),
        sqlite_autoincrement=True,
    )
    _index(table, "account_id")
    _index(table, "idle_expires_at")


def _create_links() -> None:
    table = "booking_one_time_link"
    op.create_table(
        table,
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("purpose", sa.String(12), nullable=False),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f(f"pk_{table}")),
        sa.CheckConstraint(
            "purpose IN ('password', 'come_in', 'first_owner')", name=op.f(f"ck_{table}_purpose")
        ),
        sa.CheckConstraint(
            "(account_id IS NULL) = (purpose = 'first_owner')", name=op.f(f"ck_{table}_whose")
        ),
        _of_an_account(table),
    )
    _index(table, "account_id")
    _index(table, "expires_at")


def _create_browsers() -> None:
    table = "booking_known_browser"
    op.create_table(
        table,
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f(f"pk_{table}")),
        _of_an_account(table),
    )
    _index(table, "account_id")
    _index(table, "seen_at")


def _of_an_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"],
        [f"{ACCOUNT}.id"],
        name=op.f(f"fk_{table}_account_id"),
        ondelete="CASCADE",
    )


def _index(table: str, column: str) -> None:
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for name in ("sign_in", "known_browser", "one_time_link", "desk_session", "account"):
        op.drop_table(f"booking_{name}")
