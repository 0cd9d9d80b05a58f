"""Tickets that people made are known by meaning; a filing looks among them, and may be let go."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from bridge.store.arrays import Halves

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "existing_ticket",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("embedding", Halves(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_existing_ticket_product_id_product"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name=op.f("fk_existing_ticket_connection_id_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_existing_ticket")),
        sa.UniqueConstraint(
            "connection_id", "remote_id", name=op.f("uq_existing_ticket_connection_id_remote_id")
        ),
    )
    op.create_index(op.f("ix_existing_ticket_product_id"), "existing_ticket", ["product_id"])
    op.add_column("suggestion", sa.Column("existing_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_suggestion_existing_id_existing_ticket"),
        "suggestion",
        "existing_ticket",
        ["existing_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(op.f("ix_suggestion_existing_id"), "suggestion", ["existing_id"])
    op.add_column("filing", sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("filing", sa.Column("left_ticket_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_filing_left_ticket_id_ticket"),
        "filing",
        "ticket",
        ["left_ticket_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(op.f("ix_filing_left_ticket_id"), "filing", ["left_ticket_id"])
    op.add_column("ticket", sa.Column("duplicate_words", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("ticket", "duplicate_words")
    op.drop_index(op.f("ix_filing_left_ticket_id"), "filing")
    op.drop_constraint(op.f("fk_filing_left_ticket_id_ticket"), "filing", type_="foreignkey")
    op.drop_column("filing", "left_ticket_id")
    op.drop_column("filing", "looked_at")
    op.drop_index(op.f("ix_suggestion_existing_id"), "suggestion")
    op.drop_constraint(
        op.f("fk_suggestion_existing_id_existing_ticket"), "suggestion", type_="foreignkey"
    )
    op.drop_column("suggestion", "existing_id")
    op.drop_index(op.f("ix_existing_ticket_product_id"), "existing_ticket")
    op.drop_table("existing_ticket")
