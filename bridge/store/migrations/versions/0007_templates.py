"""Lines of contacts and who used them, and the lines that are templates."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "line_use",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_foreign_keys("line_use", "contact", "product"),
        sa.PrimaryKeyConstraint("hash", "contact_id", name=op.f("pk_line_use")),
    )
    op.create_index(op.f("ix_line_use_product_id"), "line_use", ["product_id"])
    op.create_index(op.f("ix_line_use_at"), "line_use", ["at"])
    op.create_index(op.f("ix_line_use_contact_id"), "line_use", ["contact_id"])
    op.create_table(
        "template_line",
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        *_foreign_keys("template_line", "product"),
        sa.PrimaryKeyConstraint("product_id", "hash", name=op.f("pk_template_line")),
    )


def _foreign_keys(table: str, *targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [f"{target}_id"],
            [f"{target}.id"],
            name=op.f(f"fk_{table}_{target}_id_{target}"),
            ondelete="CASCADE",
        )
        for target in targets
    ]


def downgrade() -> None:
    """Take back."""
    op.drop_table("template_line")
    op.drop_table("line_use")
