"""A filing remembers which duplicate it was moved off, so that it can go back."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "filing_move",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("filing_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("to_ticket_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["filing_id"],
            ["filing.id"],
            name=op.f("fk_filing_move_filing_id_filing"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["ticket.id"],
            name=op.f("fk_filing_move_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["to_ticket_id"],
            ["ticket.id"],
            name=op.f("fk_filing_move_to_ticket_id_ticket"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_move")),
        sa.UniqueConstraint(
            "filing_id", "ticket_id", name=op.f("uq_filing_move_filing_id_ticket_id")
        ),
    )
    op.create_index(op.f("ix_filing_move_ticket_id"), "filing_move", ["ticket_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("filing_move")
