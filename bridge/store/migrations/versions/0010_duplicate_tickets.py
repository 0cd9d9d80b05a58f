"""A ticket may be known as the duplicate of another; filings are found by their fingerprint."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("ticket", sa.Column("duplicate_of", sa.BigInteger(), nullable=True))
    op.add_column("ticket", sa.Column("duplicate_told_at", sa.DateTime(timezone=True)))
    op.create_foreign_key(
        op.f("fk_ticket_duplicate_of_ticket"),
        "ticket",
        "ticket",
        ["duplicate_of"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(op.f("ix_ticket_duplicate_of"), "ticket", ["duplicate_of"])
    op.create_index(op.f("ix_filing_fingerprint"), "filing", ["fingerprint"])


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_filing_fingerprint"), "filing")
    op.drop_index(op.f("ix_ticket_duplicate_of"), "ticket")
    op.drop_constraint(op.f("fk_ticket_duplicate_of_ticket"), "ticket", type_="foreignkey")
    op.drop_column("ticket", "duplicate_told_at")
    op.drop_column("ticket", "duplicate_of")
