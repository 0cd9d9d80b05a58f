"""Every table in one place, longer than the house limit so that the schema reads as a whole.

Each table but the global ones names its product. Ids are 64-bit, moments are aware UTC.
"""

from datetime import datetime
from typing import Annotated, ClassVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bridge.store.arrays import Halves, Singles

Json = dict[str, object]
Floats = list[float]

IdColumn = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]


def refers(target: str, *, index: bool = False, primary_key: bool = False) -> Mapped[int]:
    """A 64-bit foreign key column."""
    key = ForeignKey(target, ondelete="CASCADE")
    return mapped_column(BigInteger, key, index=index, primary_key=primary_key)


def refers_maybe(target: str) -> Mapped[int | None]:
    """A 64-bit foreign key column that may be empty, with an index."""
    key = ForeignKey(target, ondelete="CASCADE")
    return mapped_column(BigInteger, key, index=True)


class Base(DeclarativeBase):
    """Names every constraint by convention, so that migrations can name them too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        str: Text,
        datetime: DateTime(timezone=True),
        bytes: LargeBinary,
        Json: JSONB,
        list[str]: ARRAY(Text),
    }


class ProductRow(Base):
    __tablename__ = "product"
    id: Mapped[IdColumn]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    region: Mapped[str] = mapped_column(default="US")
    min_contacts: Mapped[int] = mapped_column(default=5)
    min_customers: Mapped[int] = mapped_column(default=3)
    filing_auto: Mapped[bool] = mapped_column(default=False)
    next_number: Mapped[int] = mapped_column(default=1)
    raw_retention_days: Mapped[int] = mapped_column(default=30)
    same_shift: Mapped[float] = mapped_column(server_default=text("0"))
    join_shift: Mapped[float] = mapped_column(server_default=text("0"))
    copies_auto: Mapped[bool] = mapped_column(server_default=text("false"))
    on_regression: Mapped[str] = mapped_column(server_default=text("'comment'"))
    full_percent: Mapped[int] = mapped_column(server_default=text("100"))
    ship_rule: Mapped[str] = mapped_column(server_default=text("'versions'"))
    created_at: Mapped[CreatedAt]


class InstallationRow(Base):
    """What the running processes say of themselves, for those that cannot know; one row.

    is_address_given: a person configured the address; else it is the one that was listened on.
    """

    __tablename__ = "installation"
    id: Mapped[IdColumn]
    public_url: Mapped[str | None]
    is_address_given: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    channels: Mapped[list[str] | None]
    """By which workers can tell people, beside channels that are connected to a product."""
    server_at: Mapped[datetime | None]
    worker_at: Mapped[datetime | None]


class UserRow(Base):
    __tablename__ = "user"
    id: Mapped[IdColumn]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class MembershipRow(Base):
    __tablename__ = "membership"
    user_id: Mapped[int] = refers("user.id", primary_key=True)
    product_id: Mapped[int] = refers("product.id", primary_key=True)
    role: Mapped[str]
    removed_at: Mapped[datetime | None]
    """Since when the person has no part in the product any more; what they did stays theirs."""


class LoginRow(Base):
    """A one-time link (kind link) or a session (kind session); only hashes are stored."""

    __tablename__ = "login"
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[int] = refers("user.id")
    kind: Mapped[str]
    expires_at: Mapped[datetime]
    created_at: Mapped[CreatedAt]


class TokenRow(Base):
    """An API token; product_id is null for one that sees every product."""

    __tablename__ = "token"
    id: Mapped[IdColumn]
    hash: Mapped[bytes] = mapped_column(unique=True)
    prefix: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class ConnectionRow(Base):
    __tablename__ = "connection"
    __table_args__ = (UniqueConstraint("product_id", "integration", "name"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    integration: Mapped[str]
    name: Mapped[str]
    config: Mapped[Json]
    secrets: Mapped[bytes]
    paused_until: Mapped[datetime | None]
    trouble: Mapped[str | None]
    disabled_at: Mapped[datetime | None]
    """Since when nothing is sent there, for the reason in `trouble`; a person enables it again."""
    refused_at: Mapped[datetime | None]
    """When a delivery with a wrong signature came last, to the minute."""
    created_at: Mapped[CreatedAt]


class DeliveryRow(Base):
    """told is what it says, in words; reason what it led to, or why to nothing."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("connection_id", "event_id"),)
    id: Mapped[IdColumn]
    connection_id: Mapped[int] = refers("connection.id")
    event_id: Mapped[str]
    body: Mapped[bytes]
    state: Mapped[str]
    told: Mapped[str | None]
    reason: Mapped[str | None]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]


class CursorRow(Base):
    __tablename__ = "cursor"
    connection_id: Mapped[int] = refers("connection.id", primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[datetime]


class PaceRow(Base):
    """From when on calls may be made again: all of a connection, or those under one limit."""

    __tablename__ = "pace"
    connection_id: Mapped[int] = refers("connection.id", primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime]


class AccountRow(Base):
    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("product_id", "key"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    key: Mapped[str]
    name: Mapped[str | None]
    tier: Mapped[str | None]
    domains: Mapped[list[str]] = mapped_column(default=list)
    version: Mapped[str | None]
    version_at: Mapped[datetime | None]
    platform: Mapped[str | None]
    plan: Mapped[str | None]
    owner: Mapped[str | None]
    """Who looks after it on our side: an e-mail address, or a name that cannot be told."""
    created_at: Mapped[CreatedAt]


class CustomerRow(Base):
    """merged_into always points at the survivor itself, never at another merged customer."""

    __tablename__ = "customer"
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    name: Mapped[str | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    is_shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]


class CustomerFactRow(Base):
    """What the directory says of a customer, in lower case; version_at is of the version alone."""

    __tablename__ = "customer_fact"
    customer_id: Mapped[int] = refers("customer.id", primary_key=True)
    product_id: Mapped[int] = refers("product.id", index=True)
    version: Mapped[str | None]
    version_at: Mapped[datetime | None]
    platform: Mapped[str | None]
    plan: Mapped[str | None]
    region: Mapped[str | None]
    language: Mapped[str | None]
    told_at: Mapped[datetime]


class IdentityRow(Base):
    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("product_id", "kind", "key"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    customer_id: Mapped[int] = refers("customer.id", index=True)
    kind: Mapped[str]
    key: Mapped[str]
    base_key: Mapped[str | None] = mapped_column(index=True)
    is_weak: Mapped[bool]
    is_shared: Mapped[bool]
    evidence: Mapped[str]
    created_at: Mapped[CreatedAt]


class ContactRow(Base):
    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("product_id", "source", "external_id"),
        Index("ix_contact_waiting", "product_id", "id", postgresql_where=text("placed_at IS NULL")),
        Index("ix_contact_text_hash", "product_id", "text_hash"),
        Index("ix_contact_customer", "customer_id", "occurred_at"),
        Index(
            "ix_contact_conversation",
            "product_id",
            "source",
            "conversation",
            postgresql_where=text("conversation IS NOT NULL"),
        ),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    source: Mapped[str]
    external_id: Mapped[str]
    channel: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime | None]
    content_hash: Mapped[bytes]
    subject: Mapped[str]
    text: Mapped[str]
    text_hash: Mapped[bytes]
    nature: Mapped[str]
    kind: Mapped[str | None]
    kind_confidence: Mapped[float | None]
    outcome: Mapped[str]
    outcome_reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    lang: Mapped[str | None]
    version: Mapped[str | None]
    platform: Mapped[str | None]
    conversation: Mapped[str | None]
    satisfaction_metric: Mapped[str | None]
    satisfaction: Mapped[float | None]
    """From 0 (worst) to 1; null where the score cannot be placed on a scale."""
    satisfaction_max: Mapped[float | None]
    """The end of the scale, where it is not the usual one of the metric."""
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    placed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class ContactRawRow(Base):
    __tablename__ = "contact_raw"
    contact_id: Mapped[int] = refers("contact.id", primary_key=True)
    cipher: Mapped[bytes]
    created_at: Mapped[CreatedAt]


class RatingRow(Base):
    """An answer to a survey, or a question without one (score is null).

    It names its contact, or its conversation, as the source does: either may come later.
    """

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("product_id", "source", "external_id"),
        Index("ix_rating_contact", "product_id", "source", "contact"),
        Index("ix_rating_conversation", "product_id", "source", "conversation"),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    source: Mapped[str]
    external_id: Mapped[str]
    metric: Mapped[str]
    low: Mapped[float]
    high: Mapped[float]
    higher_is_better: Mapped[bool]
    score: Mapped[float | None]
    contact: Mapped[str | None]
    conversation: Mapped[str | None]
    offered_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class PartRow(Base):
    """A further problem that a contact states; the first one is the contact's own vector."""

    __tablename__ = "contact_part"
    contact_id: Mapped[int] = refers("contact.id", primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    encoder: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[int] = refers("product.id", index=True)
    text: Mapped[str]
    embedding: Mapped[Floats] = mapped_column(Halves())


class LineUseRow(Base):
    """A line of a contact; who is the customer, or the contact below zero when there is none."""

    __tablename__ = "line_use"
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = refers("contact.id", primary_key=True, index=True)
    product_id: Mapped[int] = refers("product.id", index=True)
    who: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(index=True)


class TemplateRow(Base):
    """A line that many unrelated contacts share; it is left out of new ones."""

    __tablename__ = "template_line"
    product_id: Mapped[int] = refers("product.id", primary_key=True)
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    words: Mapped[str]
    is_kept: Mapped[bool] = mapped_column(default=False)
    """A person says that it states something: it is no template."""
    found_at: Mapped[datetime]


class IssueRow(Base):
    """suggested_title is the machine's newest title where a person chose another."""

    __tablename__ = "issue"
    __table_args__ = (UniqueConstraint("product_id", "number"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    number: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    outcome: Mapped[str | None]
    title: Mapped[str]
    suggested_title: Mapped[str | None]
    key_terms: Mapped[list[str]] = mapped_column(default=list)
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("issue.id"), index=True)
    episode: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    fixed_in: Mapped[str | None]
    shipped_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    snoozed_customers: Mapped[int | None]
    created_at: Mapped[datetime]


class AssignmentRow(Base):
    __tablename__ = "assignment"
    __table_args__ = (
        Index(
            "uq_assignment_living",
            "contact_id",
            "part",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_assignment_issue",
            "issue_id",
            "contact_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    contact_id: Mapped[int] = refers("contact.id")
    part: Mapped[int] = mapped_column(default=0)
    issue_id: Mapped[int] = refers("issue.id")
    similarity: Mapped[float]
    threshold: Mapped[float]
    runner_up_id: Mapped[int | None] = mapped_column(BigInteger)
    runner_up_similarity: Mapped[float | None]
    encoder: Mapped[str]
    actor: Mapped[str]
    reason: Mapped[str]
    is_late: Mapped[bool] = mapped_column(server_default=text("false"))
    """It joined at even odds, because the fix was out; docs/decisions/0031."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ConstraintRow(Base):
    """Two contacts that a person put together or kept apart; a is the smaller id."""

    __tablename__ = "constraint"
    __table_args__ = (
        UniqueConstraint("product_id", "kind", "a", "b"),
        CheckConstraint("a < b", name="ordered"),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    kind: Mapped[str]
    a: Mapped[int] = refers("contact.id", index=True)
    b: Mapped[int] = refers("contact.id", index=True)
    actor: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]


class SuggestionRow(Base):
    """One question of the machine; the same one is open at most once.

    log_odds: of a yes, before anything was learned here. was_asked: false for what a person said
    by doing it, which is kept beside the answers. existing_id: a no is remembered even when the
    ticket is forgotten; the key names it.
    """

    __tablename__ = "suggestion"
    __table_args__ = (
        Index(
            "uq_suggestion_open",
            "product_id",
            "kind",
            "key",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_suggestion_key", "product_id", "kind", "key", "state"),
        Index("ix_suggestion_state", "product_id", "state", "worth"),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    kind: Mapped[str]
    key: Mapped[str]
    issue_id: Mapped[int | None] = refers_maybe("issue.id")
    other_id: Mapped[int | None] = refers_maybe("issue.id")
    contact_id: Mapped[int | None] = refers_maybe("contact.id")
    existing_id: Mapped[int | None] = mapped_column(
        ForeignKey("existing_ticket.id", ondelete="SET NULL"), index=True
    )
    contacts: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list)
    probability: Mapped[float | None]
    log_odds: Mapped[float | None]
    was_asked: Mapped[bool] = mapped_column(server_default=text("true"))
    similarity: Mapped[float | None]
    worth: Mapped[float] = mapped_column(default=0.0)
    question: Mapped[str]
    state: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class VectorRow(Base):
    """Called contact_vector: a table may not be named like the type vector."""

    __tablename__ = "contact_vector"
    __table_args__ = (Index("ix_contact_vector_text_hash", "encoder", "text_hash"),)
    contact_id: Mapped[int] = refers("contact.id", primary_key=True)
    encoder: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[int] = refers("product.id")
    text_hash: Mapped[bytes]
    embedding: Mapped[Floats] = mapped_column(Halves())


class ForeignVectorRow(Base):
    """What the encoder of many languages made of a contact: of those in other languages, and of
    English ones that teach its translation.

    taught_by: one more than the contacts that had taught the translation that a foreign contact's
    own vector came through; 0 for a contact that teaches.
    """

    __tablename__ = "foreign_vector"
    contact_id: Mapped[int] = refers("contact.id", primary_key=True)
    encoder: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[int] = refers("product.id", index=True)
    language: Mapped[str]
    taught_by: Mapped[int]
    embedding: Mapped[Floats] = mapped_column(Halves())


class CentroidRow(Base):
    """The sum of an issue's member vectors, and what the finder last thought of it.

    The latter, for candidates only: log-odds that it is an issue of its own, which issue it is
    likeliest the same as, and the log-odds for that. burst_at: when it began as a burst.
    looked_size: how large it was when it was last asked whether it is two. changed: a higher number
    with each change of total, size or burst_at, by a trigger.
    """

    __tablename__ = "centroid"
    __table_args__ = (Index("ix_centroid_changed", "product_id", "encoder", "changed"),)
    issue_id: Mapped[int] = refers("issue.id", primary_key=True)
    encoder: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[int] = refers("product.id")
    total: Mapped[Floats] = mapped_column(Singles())
    size: Mapped[int]
    new_issue: Mapped[float | None]
    nearest_id: Mapped[int | None] = mapped_column(ForeignKey("issue.id"), index=True)
    same_as_nearest: Mapped[float | None]
    burst_at: Mapped[datetime | None]
    looked_size: Mapped[int] = mapped_column(server_default=text("0"))
    changed: Mapped[int] = mapped_column(
        BigInteger, server_default=text("nextval('centroid_changed')")
    )


class DecisionRow(Base):
    """Who or what did a thing; append-only, kept so by a trigger."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_issue", "issue_id", "seq"),)
    seq: Mapped[IdColumn]
    product_id: Mapped[int] = mapped_column(BigInteger)
    issue_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_name: Mapped[str]
    action: Mapped[str]
    before: Mapped[Json]
    after: Mapped[Json]
    reason: Mapped[str]
    origin: Mapped[str]


class ReportRow(Base):
    """What was said about a week or a day; written once, never changed."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("product_id", "kind", "name"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    kind: Mapped[str]
    name: Mapped[str]
    content: Mapped[Json]
    made_at: Mapped[datetime]


class ReportPlanRow(Base):
    """Who gets the reports of a product, and when; no row, or no recipients: nobody."""

    __tablename__ = "report_plan"
    product_id: Mapped[int] = refers("product.id", primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    recipients: Mapped[list[str]]
    weekday: Mapped[int]
    hour: Mapped[int]
    since: Mapped[datetime]


class TicketRow(Base):
    __tablename__ = "ticket"
    __table_args__ = (UniqueConstraint("connection_id", "remote_id"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    connection_id: Mapped[int] = refers("connection.id")
    remote_id: Mapped[str]
    key: Mapped[str]
    old_keys: Mapped[list[str]] = mapped_column(default=list)
    url: Mapped[str]
    category: Mapped[str]
    outcome: Mapped[str | None]
    versions: Mapped[list[str]] = mapped_column(default=list)
    is_deleted: Mapped[bool] = mapped_column(default=False)
    written_customers: Mapped[int | None]
    written_at: Mapped[datetime | None]
    written_digest: Mapped[str | None]
    write_turn: Mapped[int] = mapped_column(default=0)
    duplicate_of: Mapped[int | None] = refers_maybe("ticket.id")
    duplicate_told_at: Mapped[datetime | None]
    duplicate_words: Mapped[str | None]
    created_at: Mapped[datetime]


class ExistingTicketRow(Base):
    """A ticket that people made: what we read of it before filing, redacted."""

    __tablename__ = "existing_ticket"
    __table_args__ = (UniqueConstraint("connection_id", "remote_id"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    connection_id: Mapped[int] = refers("connection.id")
    remote_id: Mapped[str]
    key: Mapped[str]
    url: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    category: Mapped[str]
    outcome: Mapped[str | None]
    updated_at: Mapped[datetime]
    encoder: Mapped[str]
    embedding: Mapped[Floats] = mapped_column(Halves())


class FilingRow(Base):
    __tablename__ = "filing"
    __table_args__ = (UniqueConstraint("issue_id", "connection_id", "episode"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    issue_id: Mapped[int] = refers("issue.id")
    connection_id: Mapped[int] = refers("connection.id")
    episode: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    fingerprint: Mapped[str] = mapped_column(index=True)
    token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    empty_looks: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    fields: Mapped[Json] = mapped_column(server_default=text("'{}'"), default=dict)
    """What people chose for fields of the ticket, by id or name."""
    asks: Mapped[list[Json]] = mapped_column(JSONB, server_default=text("'[]'"), default=list)
    """The fields that the tracker refused, with what they take."""
    looked_at: Mapped[datetime | None]
    left_ticket_id: Mapped[int | None] = refers_maybe("ticket.id")
    created_at: Mapped[datetime]


class FilingMoveRow(Base):
    __tablename__ = "filing_move"
    __table_args__ = (UniqueConstraint("filing_id", "ticket_id"),)
    id: Mapped[IdColumn]
    filing_id: Mapped[int] = refers("filing.id")
    ticket_id: Mapped[int] = refers("ticket.id", index=True)
    to_ticket_id: Mapped[int] = refers("ticket.id")


class ReopeningRow(Base):
    """A ticket that is opened again after a regression; one an episode, sent at most once."""

    __tablename__ = "reopening"
    __table_args__ = (UniqueConstraint("issue_id", "episode"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    issue_id: Mapped[int] = refers("issue.id")
    episode: Mapped[int]
    ticket_id: Mapped[int] = refers("ticket.id", index=True)
    state: Mapped[str]
    created_at: Mapped[datetime]


class FilingAttemptRow(Base):
    __tablename__ = "filing_attempt"
    filing_id: Mapped[int] = refers("filing.id", primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str]
    lower_bound: Mapped[int]
    sent_at: Mapped[datetime]
    result: Mapped[str | None]


class ReleaseRow(Base):
    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("product_id", "component", "version"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    component: Mapped[str] = mapped_column(default="")
    version: Mapped[str]
    shipped_at: Mapped[datetime]
    percent: Mapped[int]
    complete_at: Mapped[datetime | None]
    platforms: Mapped[list[str]] = mapped_column(server_default=text("'{}'"), default=list)
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class RolloutRow(Base):
    """What was told about a release, in the order we heard it; at is when it happened.

    release_id is null for a signal that named nothing of ours. event_id is null for what a person
    said; with one, the same signal is kept once.
    """

    __tablename__ = "rollout"
    __table_args__ = (UniqueConstraint("product_id", "source", "event_id"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    release_id: Mapped[int | None] = refers_maybe("release.id")
    source: Mapped[str]
    event_id: Mapped[str | None]
    kind: Mapped[str]
    at: Mapped[datetime]
    percent: Mapped[int | None]
    environment: Mapped[str] = mapped_column(default="")
    audience: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    platform: Mapped[str] = mapped_column(default="")
    commit: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    created_at: Mapped[CreatedAt]


class FixRow(Base):
    """is_refuted: a customer who had that release still met the problem."""

    __tablename__ = "fix"
    __table_args__ = (
        UniqueConstraint("issue_id", "ticket_id", "release_id", postgresql_nulls_not_distinct=True),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    issue_id: Mapped[int] = refers("issue.id")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"), index=True)
    episode: Mapped[int]
    is_refuted: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    created_at: Mapped[datetime]


class WorkaroundRow(Base):
    __tablename__ = "workaround"
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    issue_id: Mapped[int] = refers("issue.id", index=True)
    text: Mapped[str]
    customer_text: Mapped[str | None]
    after_fix_text: Mapped[str | None]
    steps: Mapped[list[str]] = mapped_column(server_default="{}")
    audience: Mapped[str]
    versions: Mapped[list[str]] = mapped_column(default=list)
    platforms: Mapped[list[str]] = mapped_column(server_default="{}")
    segments: Mapped[list[str]] = mapped_column(server_default="{}")
    below: Mapped[str | None]
    owner: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[str | None]
    replaced_by: Mapped[int | None] = refers_maybe("workaround.id")
    review_at: Mapped[datetime | None]
    reminded_for: Mapped[datetime | None]
    edition: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[str | None]


USE_DAY = text("((used_at AT TIME ZONE 'UTC')::date)")


class WorkaroundUseRow(Base):
    """One use: a contact counts once, and without one a person once a day."""

    __tablename__ = "workaround_use"
    __table_args__ = (
        UniqueConstraint("workaround_id", "contact_id"),
        Index(
            "uq_workaround_use_day",
            "workaround_id",
            "user_id",
            USE_DAY,
            unique=True,
            postgresql_where=text("contact_id IS NULL AND user_id IS NOT NULL"),
        ),
    )
    id: Mapped[IdColumn]
    workaround_id: Mapped[int] = refers("workaround.id")
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    used_at: Mapped[datetime]
    result: Mapped[str] = mapped_column(server_default="unknown")
    result_at: Mapped[datetime | None]


class WorkaroundCopyRow(Base):
    """A macro, an article or a link that holds a workaround outside."""

    __tablename__ = "workaround_copy"
    __table_args__ = (
        UniqueConstraint(
            "workaround_id", "connection_id", "url", postgresql_nulls_not_distinct=True
        ),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    workaround_id: Mapped[int] = refers("workaround.id")
    connection_id: Mapped[int | None] = refers_maybe("connection.id")
    kind: Mapped[str]
    remote_id: Mapped[str]
    locale: Mapped[str]
    url: Mapped[str]
    title: Mapped[str]
    content_hash: Mapped[str | None]
    kept: Mapped[str | None]
    wants_live: Mapped[bool]
    is_live: Mapped[bool | None]
    is_off_by_us: Mapped[bool]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class TaskRow(Base):
    """What waits for a person; one open task a key."""

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "uq_task_open",
            "product_id",
            "key",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    issue_id: Mapped[int] = refers("issue.id", index=True)
    copy_id: Mapped[int | None] = refers_maybe("workaround_copy.id")
    key: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    url: Mapped[str | None]
    owner: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]


class KnownPageRow(Base):
    """How a product tells its known issues to everybody; no row: not at all."""

    __tablename__ = "known_page"
    product_id: Mapped[int] = refers("product.id", primary_key=True)
    is_public: Mapped[bool]
    shows_counts: Mapped[bool]


class KnownIssueRow(Base):
    """What customers may read of an issue, in words that a person wrote for them."""

    __tablename__ = "known_issue"
    issue_id: Mapped[int] = refers("issue.id", primary_key=True)
    product_id: Mapped[int] = refers("product.id", index=True)
    title: Mapped[str]
    text: Mapped[str]
    workaround: Mapped[str]
    shown_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ReplyRow(Base):
    """What an agent answered to a contact, redacted."""

    __tablename__ = "reply"
    __table_args__ = (UniqueConstraint("product_id", "source", "external_id"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    source: Mapped[str]
    external_id: Mapped[str]
    contact_id: Mapped[int] = refers("contact.id", index=True)
    text: Mapped[str]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    sent_at: Mapped[datetime]
    created_at: Mapped[datetime]


class FaqRow(Base):
    """A recurring question that is worth an article, one an issue."""

    __tablename__ = "faq"
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"), unique=True)
    state: Mapped[str]
    question: Mapped[str]
    answer: Mapped[str]
    told: Mapped[int]
    """Customers who got the answer that the draft is made from, and had time to write again;"""
    quiet: Mapped[int]
    """those of them who did not."""
    is_edited: Mapped[bool] = mapped_column(default=False)
    edition: Mapped[int] = mapped_column(default=1)
    link: Mapped[str | None]
    published_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    decided_by: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class NoticeRow(Base):
    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("recipient_id", "issue_id", "kind", "episode", "about"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    recipient_id: Mapped[int] = refers("user.id")
    issue_id: Mapped[int] = refers("issue.id")
    kind: Mapped[str]
    episode: Mapped[int]
    about: Mapped[str] = mapped_column(server_default="")
    reasons: Mapped[list[str]] = mapped_column(server_default=text("'{}'"), default=list)
    """Why this person is told: agent, lead, workaround, owner, follower."""
    text: Mapped[str]
    state: Mapped[str]
    acknowledged_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class OutageRow(Base):
    """An outage that a lead declared on an issue; at most one is open."""

    __tablename__ = "outage"
    __table_args__ = (
        UniqueConstraint("issue_id", "number"),
        Index(
            "uq_outage_open", "issue_id", unique=True, postgresql_where=text("cleared_at IS NULL")
        ),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    issue_id: Mapped[int] = refers("issue.id")
    number: Mapped[int]
    text: Mapped[str]
    declared_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class FollowRow(Base):
    """A person who wants to be told about an issue."""

    __tablename__ = "follow"
    user_id: Mapped[int] = refers("user.id", primary_key=True)
    issue_id: Mapped[int] = refers("issue.id", primary_key=True, index=True)
    created_at: Mapped[CreatedAt]


class NoticePreferenceRow(Base):
    """How a person wants to be told outside the inbox; hours are those of their zone."""

    __tablename__ = "notice_preference"
    user_id: Mapped[int] = refers("user.id", primary_key=True)
    channels: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    digest_hour: Mapped[int | None]
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    zone: Mapped[str]


class OutgoingRow(Base):
    """One thing told to one recipient through one channel.

    Rows with one message_id went out, or go out, as one message; it never changes. due_at: when it
    is sent, looked up or tried again; null where it needs nothing, or a person.
    """

    __tablename__ = "outgoing"
    __table_args__ = (
        UniqueConstraint("event", "recipient", "channel", "template_version"),
        Index("ix_outgoing_bundle", "channel", "recipient", "bundle"),
        Index("ix_outgoing_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_outgoing_state", "product_id", "state", "id"),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    notice_id: Mapped[int | None] = refers_maybe("notice.id")
    connection_id: Mapped[int | None] = refers_maybe("connection.id")
    addressee_id: Mapped[int | None] = refers_maybe("addressee.id")
    reply_to: Mapped[str | None]
    stop_url: Mapped[str | None]
    """Where one click ends all letters to this reader; only letters to customers have it."""
    event: Mapped[str]
    recipient: Mapped[str]
    channel: Mapped[str]
    template_version: Mapped[int]
    bundle: Mapped[str]
    message_id: Mapped[str | None] = mapped_column(index=True)
    subject: Mapped[str]
    text: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    receipt: Mapped[str | None]
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LetterPlanRow(Base):
    """How a product writes to its customers; no row: by the project's texts, no check-ins."""

    __tablename__ = "letter_plan"
    product_id: Mapped[int] = refers("product.id", primary_key=True)
    reply_to: Mapped[str | None]
    language: Mapped[str]
    check_in_days: Mapped[int | None]
    texts: Mapped[Json]


class LetterRow(Base):
    """What affected customers are told of the fixes in one release; open until it begins."""

    __tablename__ = "letter"
    __table_args__ = (
        Index(
            "uq_letter_open",
            "product_id",
            "kind",
            "version",
            unique=True,
            postgresql_where=text("begun_at IS NULL AND dropped_at IS NULL"),
        ),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id", index=True)
    kind: Mapped[str]
    version: Mapped[str]
    texts: Mapped[Json]
    edition: Mapped[int] = mapped_column(default=1)
    approved_edition: Mapped[int | None]
    approved_by: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]


class LetterIssueRow(Base):
    """An issue that a letter tells of, with words for customers by language."""

    __tablename__ = "letter_issue"
    letter_id: Mapped[int] = refers("letter.id", primary_key=True)
    issue_id: Mapped[int] = refers("issue.id", primary_key=True, index=True)
    episode: Mapped[int]
    words: Mapped[Json]


class AddresseeRow(Base):
    """One customer a letter is for. Once a message carries it, the message says how far it is."""

    __tablename__ = "addressee"
    __table_args__ = (
        UniqueConstraint("letter_id", "customer_id"),
        Index("ix_addressee_state", "letter_id", "state", "id"),
        Index("ix_addressee_email", "product_id", "email"),
    )
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    letter_id: Mapped[int] = refers("letter.id")
    customer_id: Mapped[int] = refers("customer.id", index=True)
    email: Mapped[str | None]
    name: Mapped[str | None]
    language: Mapped[str]
    state: Mapped[str]
    why: Mapped[str | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]


class AddresseeFixRow(Base):
    """A fix that a customer is told of, in one letter of a kind only."""

    __tablename__ = "addressee_fix"
    __table_args__ = (UniqueConstraint("kind", "issue_id", "episode", "customer_id"),)
    addressee_id: Mapped[int] = refers("addressee.id", primary_key=True)
    issue_id: Mapped[int] = refers("issue.id", primary_key=True)
    kind: Mapped[str]
    episode: Mapped[int]
    customer_id: Mapped[int] = refers("customer.id", index=True)
    version: Mapped[str]
    has_it: Mapped[bool | None]


class OptOutRow(Base):
    """Somebody who wants no letters: an address, and the customer it belonged to."""

    __tablename__ = "opt_out"
    __table_args__ = (UniqueConstraint("product_id", "email"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    email: Mapped[str]
    customer_id: Mapped[int | None] = mapped_column(
        ForeignKey("customer.id", ondelete="SET NULL"), index=True
    )
    source: Mapped[str]
    created_at: Mapped[datetime]


class DeadAddressRow(Base):
    """An address that mails of a product come back from for good."""

    __tablename__ = "dead_address"
    __table_args__ = (UniqueConstraint("product_id", "email"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    email: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]


class IdempotencyRow(Base):
    """status is null while the first request is still under way."""

    __tablename__ = "idempotency"
    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    status: Mapped[int | None]
    body: Mapped[bytes | None]
    created_at: Mapped[datetime]


class ImportRunRow(Base):
    __tablename__ = "import_run"
    __table_args__ = (UniqueConstraint("product_id", "file_hash"),)
    id: Mapped[IdColumn]
    product_id: Mapped[int] = refers("product.id")
    file_hash: Mapped[bytes]
    name: Mapped[str]
    rows_done: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
