"""What people decide about groups: pairs that hold, questions with answers, chosen titles."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_REFERENCES = {
    "product_id": "product",
    "a": "contact",
    "b": "contact",
    "issue_id": "issue",
    "other_id": "issue",
    "contact_id": "contact",
}


def upgrade() -> None:
    """Apply."""
    op.add_column("issue", sa.Column("suggested_title", sa.Text(), nullable=True))
    op.add_column("issue", sa.Column("snoozed_customers", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_issue_merged_into"), "issue", ["merged_into"], unique=False)
    op.create_table(
        "constraint",
        _id(),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("product_id", "a", "b")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "actor", "reason")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_constraint")),
        sa.UniqueConstraint(
            "product_id", "kind", "a", "b", name=op.f("uq_constraint_product_id_kind_a_b")
        ),
        sa.CheckConstraint("a < b", name=op.f("ck_constraint_ordered")),
        *_foreign_keys("constraint", "product_id", "a", "b"),
    )
    op.create_index(op.f("ix_constraint_a"), "constraint", ["a"], unique=False)
    op.create_index(op.f("ix_constraint_b"), "constraint", ["b"], unique=False)
    op.create_table(
        "suggestion",
        _id(),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "key")),
        sa.Column("issue_id", sa.BigInteger(), nullable=True),
        sa.Column("other_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("contacts", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("similarity", sa.Float(), nullable=True),
        sa.Column("worth", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("question", "state")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
        *_foreign_keys("suggestion", "product_id", "issue_id", "other_id", "contact_id"),
    )
    op.create_index(
        "uq_suggestion_open",
        "suggestion",
        ["product_id", "kind", "key"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_suggestion_key", "suggestion", ["product_id", "kind", "key", "state"], unique=False
    )
    op.create_index(
        "ix_suggestion_state", "suggestion", ["product_id", "state", "worth"], unique=False
    )
    for name in ("issue_id", "other_id", "contact_id"):
        op.create_index(op.f(f"ix_suggestion_{name}"), "suggestion", [name], unique=False)


def downgrade() -> None:
    """Forget what people decided; their decisions stay in the record."""
    op.drop_table("suggestion")
    op.drop_table("constraint")
    op.drop_index(op.f("ix_issue_merged_into"), table_name="issue")
    op.drop_column("issue", "snoozed_customers")
    op.drop_column("issue", "suggested_title")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _foreign_keys(table: str, *columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column],
            [f"{_REFERENCES[column]}.id"],
            name=op.f(f"fk_{table}_{column}"),
            ondelete="CASCADE",
        )
        for column in columns
    ]
