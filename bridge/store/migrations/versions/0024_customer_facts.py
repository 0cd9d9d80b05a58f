"""What the directory says of a customer: version, platform, plan, region, language."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "customer_fact",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("version_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.Column(name, sa.Text(), nullable=True)
            for name in ("platform", "plan", "region", "language")
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
            name=op.f("fk_customer_fact_customer_id_customer"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_customer_fact_product_id_product"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_fact")),
    )
    op.create_index(op.f("ix_customer_fact_product_id"), "customer_fact", ["product_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("customer_fact")
