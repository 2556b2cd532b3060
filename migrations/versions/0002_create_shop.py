"""Create what the shop is and sells, and when it works."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RANGE = "starts >= 0 AND starts < ends AND ends <= 1440 AND starts % 5 = 0 AND ends % 5 = 0"


def upgrade() -> None:
    create_shop()
    create_resources()
    create_services()
    create_staff()
    create_hours()
    create_absences()


def downgrade() -> None:
    for table in (
        "closure",
        "time_off",
        "date_override",
        "weekly_hours",
        "offer",
        "staff_member",
        "question",
        "service",
        "resource",
        "shop",
    ):
        op.drop_table(f"booking_{table}")


def create_shop() -> None:
    op.create_table(
        "booking_shop",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("phone", sa.String(64), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_shop")),
        sa.CheckConstraint("id = 1", name=op.f("ck_booking_shop_single")),
    )


def create_resources() -> None:
    op.create_table(
        "booking_resource",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_resource")),
        sa.CheckConstraint(
            "kind IN ('staff', 'service_day')", name=op.f("ck_booking_resource_kind")
        ),
    )


def create_services() -> None:
    op.create_table(
        "booking_service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("price", sa.String(80), nullable=False),
        sa.Column("duration", sa.Integer(), nullable=False),
        sa.Column("buffer_before", sa.Integer(), nullable=False),
        sa.Column("buffer_after", sa.Integer(), nullable=False),
        sa.Column("minimum_notice", sa.Integer(), nullable=False),
        sa.Column("slot_step", sa.Integer(), nullable=False),
        sa.Column("booking_window", sa.Integer(), nullable=False),
        sa.Column("daily_limit", sa.Integer()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_service")),
        sa.UniqueConstraint("slug", name=op.f("uq_booking_service_slug")),
        sa.UniqueConstraint("resource_id", name=op.f("uq_booking_service_resource_id")),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["booking_resource.id"], name=op.f("fk_booking_service_resource_id")
        ),
        sa.CheckConstraint(
            "duration > 0 AND slot_step > 0", name=op.f("ck_booking_service_lengths")
        ),
        sa.CheckConstraint(
            "buffer_before >= 0 AND buffer_after >= 0 AND minimum_notice >= 0",
            name=op.f("ck_booking_service_margins"),
        ),
        sa.CheckConstraint(
            "duration % 5 = 0 AND slot_step % 5 = 0"
            " AND buffer_before % 5 = 0 AND buffer_after % 5 = 0",
            name=op.f("ck_booking_service_grid"),
        ),
        sa.CheckConstraint("booking_window >= 0", name=op.f("ck_booking_service_booking_window")),
        sa.CheckConstraint(
            "daily_limit BETWEEN 1 AND 9999", name=op.f("ck_booking_service_daily_limit")
        ),
    )
    op.create_table(
        "booking_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("label", sa.String(500), nullable=False),
        sa.Column("help", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_question")),
        sa.UniqueConstraint("service_id", "key", name=op.f("uq_booking_question_service_id_key")),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["booking_service.id"],
            name=op.f("fk_booking_question_service_id"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "kind IN ('text', 'choice', 'checkbox')", name=op.f("ck_booking_question_kind")
        ),
    )


def create_staff() -> None:
    op.create_table(
        "booking_staff_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_staff_member")),
        sa.UniqueConstraint("slug", name=op.f("uq_booking_staff_member_slug")),
        sa.UniqueConstraint("resource_id", name=op.f("uq_booking_staff_member_resource_id")),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["booking_resource.id"],
            name=op.f("fk_booking_staff_member_resource_id"),
        ),
    )
    op.create_table(
        "booking_offer",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("staff_member_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("service_id", "staff_member_id", name=op.f("pk_booking_offer")),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["booking_service.id"],
            name=op.f("fk_booking_offer_service_id"),
            ondelete="CASCADE",
        ),
        of_staff_member("booking_offer"),
    )
    op.create_index(op.f("ix_booking_offer_staff_member_id"), "booking_offer", ["staff_member_id"])


def create_hours() -> None:
    op.create_table(
        "booking_weekly_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_member_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_weekly_hours")),
        of_staff_member("booking_weekly_hours"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_booking_weekly_hours_weekday")),
        sa.CheckConstraint(RANGE, name=op.f("ck_booking_weekly_hours_range")),
        sa.CheckConstraint("kind IN ('open', 'break')", name=op.f("ck_booking_weekly_hours_kind")),
    )
    op.create_index(
        op.f("ix_booking_weekly_hours_staff_member_id"), "booking_weekly_hours", ["staff_member_id"]
    )
    op.create_table(
        "booking_date_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_member_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.Integer()),
        sa.Column("ends", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_date_override")),
        of_staff_member("booking_date_override"),
        sa.CheckConstraint(
            "(starts IS NULL AND ends IS NULL)"
            f" OR (starts IS NOT NULL AND ends IS NOT NULL AND {RANGE})",
            name=op.f("ck_booking_date_override_range"),
        ),
    )
    op.create_index(
        op.f("ix_booking_date_override_staff_member_id_day"),
        "booking_date_override",
        ["staff_member_id", "day"],
    )


def create_absences() -> None:
    op.create_table(
        "booking_time_off",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_member_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", instant(), nullable=False),
        sa.Column("ends_at", instant(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_time_off")),
        of_staff_member("booking_time_off"),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_booking_time_off_range")),
    )
    op.create_index(
        op.f("ix_booking_time_off_staff_member_id_ends_at"),
        "booking_time_off",
        ["staff_member_id", "ends_at"],
    )
    op.create_table(
        "booking_closure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_closure")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_booking_closure_range")),
    )


def of_staff_member(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["staff_member_id"],
        ["booking_staff_member.id"],
        name=op.f(f"fk_{table}_staff_member_id"),
        ondelete="CASCADE",
    )


def instant() -> sa.DateTime:
    return sa.DateTime(timezone=True)
