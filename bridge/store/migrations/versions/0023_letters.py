"""Letters to customers: to whom, how far, and who wants none."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    _add_letters()
    _add_addressees()
    _add_opt_outs()
    op.add_column("outgoing", sa.Column("addressee_id", sa.BigInteger(), nullable=True))
    op.add_column("outgoing", sa.Column("reply_to", sa.Text(), nullable=True))
    op.add_column("outgoing", sa.Column("stop_url", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_outgoing_addressee_id_addressee"),
        "outgoing",
        "addressee",
        ["addressee_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(op.f("ix_outgoing_addressee_id"), "outgoing", ["addressee_id"])


def downgrade() -> None:
    """Take back."""
    for name in ("stop_url", "reply_to", "addressee_id"):
        op.drop_column("outgoing", name)
    for name in ("opt_out", "addressee_fix", "addressee", "letter_issue", "letter", "letter_plan"):
        op.drop_table(name)


def _refers(table: str, column: str, target: str, **more: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=name, ondelete=more.get("ondelete", "CASCADE")
    )


def _add_letters() -> None:
    op.create_table(
        "letter_plan",
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("check_in_days", sa.Integer(), nullable=True),
        sa.Column("texts", postgresql.JSONB(), nullable=False),
        _refers("letter_plan", "product_id", "product"),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_letter_plan")),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("texts", postgresql.JSONB(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("approved_edition", sa.Integer(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        _refers("letter", "product_id", "product"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index(op.f("ix_letter_product_id"), "letter", ["product_id"])
    op.create_index(
        "uq_letter_open",
        "letter",
        ["product_id", "kind", "version"],
        unique=True,
        postgresql_where=sa.text("begun_at IS NULL AND dropped_at IS NULL"),
    )
    op.create_table(
        "letter_issue",
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("words", postgresql.JSONB(), nullable=False),
        _refers("letter_issue", "letter_id", "letter"),
        _refers("letter_issue", "issue_id", "issue"),
        sa.PrimaryKeyConstraint("letter_id", "issue_id", name=op.f("pk_letter_issue")),
    )
    op.create_index(op.f("ix_letter_issue_issue_id"), "letter_issue", ["issue_id"])


def _add_addressees() -> None:
    op.create_table(
        "addressee",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _refers("addressee", "product_id", "product"),
        _refers("addressee", "letter_id", "letter"),
        _refers("addressee", "customer_id", "customer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addressee")),
        sa.UniqueConstraint(
            "letter_id", "customer_id", name=op.f("uq_addressee_letter_id_customer_id")
        ),
    )
    op.create_index(op.f("ix_addressee_customer_id"), "addressee", ["customer_id"])
    op.create_index("ix_addressee_state", "addressee", ["letter_id", "state", "id"])
    op.create_index("ix_addressee_email", "addressee", ["product_id", "email"])
    op.create_table(
        "addressee_fix",
        sa.Column("addressee_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("has_it", sa.Boolean(), nullable=True),
        _refers("addressee_fix", "addressee_id", "addressee"),
        _refers("addressee_fix", "issue_id", "issue"),
        _refers("addressee_fix", "customer_id", "customer"),
        sa.PrimaryKeyConstraint("addressee_id", "issue_id", name=op.f("pk_addressee_fix")),
        sa.UniqueConstraint(
            "kind",
            "issue_id",
            "episode",
            "customer_id",
            name=op.f("uq_addressee_fix_kind_issue_id_episode_customer_id"),
        ),
    )
    op.create_index(op.f("ix_addressee_fix_customer_id"), "addressee_fix", ["customer_id"])


def _add_opt_outs() -> None:
    op.create_table(
        "opt_out",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _refers("opt_out", "product_id", "product"),
        _refers("opt_out", "customer_id", "customer", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_out")),
        sa.UniqueConstraint("product_id", "email", name=op.f("uq_opt_out_product_id_email")),
    )
    op.create_index(op.f("ix_opt_out_customer_id"), "opt_out", ["customer_id"])
