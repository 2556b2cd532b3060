"""Let the database itself say when the business changed, whoever changed it.

A migration that rebuilds one of these tables on SQLite drops its triggers with it: make them anew.
"""

from itertools import product
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = (
    "shop",
    "service",
    "question",
    "staff_member",
    "offer",
    "weekly_hours",
    "date_override",
    "time_off",
    "closure",
)
EVENTS = ("insert", "update", "delete")


def upgrade() -> None:
    op.create_table(
        "booking_catalogue_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_catalogue_state")),
    )
    # Another one each time: a process may live through a downgrade and remember the one before.
    op.execute(f"INSERT INTO booking_catalogue_state (id, token) VALUES (1, '{uuid4()}')")  # noqa: S608
    if op.get_bind().dialect.name == "sqlite":
        on_sqlite()
    else:
        on_postgresql()


def on_sqlite() -> None:
    for table, event in product(TABLES, EVENTS):
        name, change = f"booking_{table}_changed_by_{event}", "token = hex(randomblob(16))"
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON booking_{table}"  # noqa: S608
            f" BEGIN UPDATE booking_catalogue_state SET {change}; END"
        )


def on_postgresql() -> None:
    # By name of its schema, for whoever has another search path (pg_dump has none), and by the
    # right of its owner, for roles that may change the business and not this table.
    op.execute("""
        CREATE FUNCTION booking_catalogue_changed() RETURNS trigger AS $$ BEGIN
            EXECUTE pg_catalog.format(
                'UPDATE %I.booking_catalogue_state SET token = pg_catalog.gen_random_uuid()::text',
                TG_TABLE_SCHEMA
            );
            RETURN NULL;
        END $$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    """)
    for table in TABLES:
        op.execute(f"""
            CREATE TRIGGER booking_catalogue_changed
            AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON booking_{table}
            FOR EACH STATEMENT EXECUTE FUNCTION booking_catalogue_changed()
        """)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, event in product(TABLES, EVENTS):
            op.execute(f"DROP TRIGGER booking_{table}_changed_by_{event}")
    else:
        op.execute("DROP FUNCTION booking_catalogue_changed CASCADE")
    op.drop_table("booking_catalogue_state")
