"""One call budget per connection, and what a ticket was last told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pace",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_pace_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "scope", name=op.f("pk_pace")),
    )
    op.add_column("ticket", sa.Column("written_digest", sa.Text(), nullable=True))
    op.add_column(
        "ticket",
        sa.Column("write_turn", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.alter_column("ticket", "write_turn", server_default=None)


def downgrade() -> None:
    """Take back."""
    op.drop_column("ticket", "write_turn")
    op.drop_column("ticket", "written_digest")
    op.drop_table("pace")
