"""What agents answered, and questions that are worth an article."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reply",
        *_owned("reply"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _refers("reply", "contact_id", "contact"),
        sa.ForeignKeyConstraint(["agent_id"], ["user.id"], name=op.f("fk_reply_agent_id_user")),
        sa.UniqueConstraint(
            "product_id",
            "source",
            "external_id",
            name=op.f("uq_reply_product_id_source_external_id"),
        ),
    )
    op.create_index(op.f("ix_reply_contact_id"), "reply", ["contact_id"])
    op.create_table(
        "faq",
        *_owned("faq"),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "question", "answer")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("told", "quiet")),
        sa.Column("is_edited", sa.Boolean(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("reason", "decided_by")),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("created_at", "updated_at")
        ),
        _refers("faq", "issue_id", "issue"),
        sa.UniqueConstraint("issue_id", name=op.f("uq_faq_issue_id")),
    )
    op.create_index(op.f("ix_faq_product_id"), "faq", ["product_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("faq")
    op.drop_table("reply")


def _owned(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """The columns of a row that belongs to a product."""
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        _refers(table, "product_id", "product"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")
