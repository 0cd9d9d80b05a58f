"""Who has left a product is remembered, and the running processes say where and how they are."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("membership", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "installation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_url", sa.Text(), nullable=True),
        sa.Column(
            "is_address_given", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("channels", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("server_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("installation")
    op.drop_column("membership", "removed_at")
