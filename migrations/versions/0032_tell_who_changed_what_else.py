"""Keep in the history, too, what was done to customers, the business and the accounts.

On the way back these entries are lost: whoever reads the table of the version before takes each for
one about appointments.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLE = "booking_history"
CUSTOMER, ABOUT = f"ix_{TABLE}_customer_id", f"ix_{TABLE}_about_id"
KEY, CHECK = f"fk_{TABLE}_customer_id", f"ck_{TABLE}_about"


def upgrade() -> None:
    with op.batch_alter_table(TABLE, copy_from=_of_before(), table_kwargs=AUTO) as batch:
        batch.add_column(sa.Column("customer_id", sa.BigInteger()))
        batch.add_column(
            sa.Column("about", sa.String(12), nullable=False, server_default="booking")
        )
        batch.create_foreign_key(
            op.f(KEY), "booking_customer", ["customer_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_check_constraint(
            op.f(CHECK), "about IN ('booking', 'customer', 'business', 'account')"
        )
    op.create_index(op.f(CUSTOMER), TABLE, ["customer_id"])
    op.create_index(op.f(ABOUT), TABLE, ["about", "id"])


def downgrade() -> None:
    op.execute(sa.text(f"DELETE FROM {TABLE} WHERE about <> 'booking'"))  # noqa: S608
    op.drop_index(op.f(ABOUT), TABLE)
    op.drop_index(op.f(CUSTOMER), TABLE)
    with op.batch_alter_table(TABLE, copy_from=_of_now(), table_kwargs=AUTO) as batch:
        batch.drop_constraint(op.f(KEY), type_="foreignkey")
        batch.drop_constraint(op.f(CHECK), type_="check")
        batch.drop_column("about")
        batch.drop_column("customer_id")


AUTO = {"sqlite_autoincrement": True}


def _of_before() -> sa.Table:
    """The table as 0028 made it: SQLite makes it anew, and would read all that it points to."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Table(
        TABLE,
        sa.MetaData(),
        sa.Column("id", number, nullable=False),
        sa.Column("booking_id", sa.BigInteger()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(24), nullable=False),
        sa.Column("door", sa.String(12), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "door IN ('customer', 'link', 'desk', 'shell', 'clock')", name=f"ck_{TABLE}_door"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking_booking.id"],
            name=f"fk_{TABLE}_booking_id",
            ondelete="CASCADE",
        ),
        sa.Index(f"ix_{TABLE}_booking_id", "booking_id"),
        sqlite_autoincrement=True,
    )


def _of_now() -> sa.Table:
    table = _of_before()
    table.append_column(sa.Column("customer_id", sa.BigInteger()))
    table.append_column(sa.Column("about", sa.String(12), nullable=False, server_default="booking"))
    table.append_constraint(
        sa.ForeignKeyConstraint(
            ["customer_id"], ["booking_customer.id"], name=KEY, ondelete="SET NULL"
        )
    )
    table.append_constraint(
        sa.CheckConstraint("about IN ('booking', 'customer', 'business', 'account')", name=CHECK)
    )
    return table
