"""Addresses that mails come back from for good; a person's uses of a workaround, once a day."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "dead_address",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_dead_address_product_id_product"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_address")),
        sa.UniqueConstraint("product_id", "email", name=op.f("uq_dead_address_product_id_email")),
    )
    # Of several on one day the last word stays.
    op.execute(
        """
        DELETE FROM workaround_use earlier USING workaround_use later
        WHERE earlier.contact_id IS NULL AND later.contact_id IS NULL
          AND earlier.workaround_id = later.workaround_id AND earlier.user_id = later.user_id
          AND (earlier.used_at AT TIME ZONE 'UTC')::date
              = (later.used_at AT TIME ZONE 'UTC')::date
          AND (earlier.result <> 'unknown', earlier.id) < (later.result <> 'unknown', later.id)
        """
    )
    op.create_index(
        "uq_workaround_use_day",
        "workaround_use",
        ["workaround_id", "user_id", sa.text("((used_at AT TIME ZONE 'UTC')::date)")],
        unique=True,
        postgresql_where=sa.text("contact_id IS NULL AND user_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("uq_workaround_use_day", table_name="workaround_use")
    op.drop_table("dead_address")
