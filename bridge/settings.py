"""Configuration: one typed object, read once at start."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bridge.domain.rank import RankRules, RankWeights

RankWorth = Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)]


class Settings(BaseSettings):
    """Environment variables with the prefix BRIDGE_ and `.env`; DATABASE_URL has no prefix."""

    model_config = SettingsConfigDict(env_prefix="BRIDGE_", env_file=".env", extra="ignore")

    data_dir: Path = Path("bridge-data")
    """Folder of the embedded database, the exported encoder, the secret key, sandbox and dumps."""
    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    """PostgreSQL 15 or newer with pgvector; absent: the embedded one in the data folder."""
    secret_key: SecretStr | None = None
    secret_key_file: Path | None = None
    public_url: str = "http://127.0.0.1:8000"
    """Address under which people reach the pages; links in tickets and notices start with it."""
    encoder: str = "minilm"
    """minilm, hashing (tests), or the name or path of any sentence-transformers model."""
    model_dir: Path | None = None
    """Folder that may hold an exported encoder; looked at before the data folder."""
    encoder_threads: int = 1
    filing_quiet_seconds: float = 120
    """Wait between a lost answer and its first proof; longer than a request may live."""
    filing_second_look_seconds: float = 600
    filing_looks: bool = True
    """Look through the tracker's existing tickets before a new one is filed."""
    filing_links_itself: bool = True
    """Link to an open ticket that says the same in the same words, without asking."""
    filing_waits_hours: float = 24
    """How long a filing waits for the answer about a similar ticket; 0: it never waits."""
    filing_look_seconds: float = 600
    """After this time a ticket is filed even if existing ones could not be read yet."""
    existing_seconds: float = 900
    """How often changes of existing tickets are read; a look reads what is missing."""
    existing_closed_days: float = 180
    """Closed tickets are looked at as long as their last change is not older."""
    poll_seconds: float = 60
    """How often trackers are polled; webhooks only lower the latency."""
    sweep_seconds: float = 3600
    """How often tickets are searched for some that were made twice."""
    consolidate_seconds: float = 3600
    refresh_seconds: float = 60
    """At most one count write per ticket in this time."""
    rank_weights: RankWeights = Field(default_factory=RankWeights)
    """What an issue's rank is made of (docs/rank.md); members left out keep their default."""
    rank_tiers: dict[str, RankWorth] = Field(default_factory=lambda: dict(RankRules().tiers))
    """How many customers an affected account of each tier counts for."""
    priority_ranks: list[float] = Field(default=[100, 30, 10], min_length=3, max_length=3)
    """From these ranks on a ticket's suggested priority is the highest, high and medium one."""
    verify_after_days: float = 14
    """Quiet time after which a shipped fix counts as verified."""
    regression_grace_days: float = 2
    """Without any version, contacts sooner than this after the release do not count as a return."""
    regression_share: float = Field(default=0.3, ge=0, le=10)
    """A regression needs so large a share of the customers a week that wrote before the fix, at
    least one, in a week, all of whom surely have it."""
    regression_settling_days: float = Field(default=7, ge=0)
    """So long after its roll-out it takes as many of them as wrote in a usual week before the fix:
    people also write late, about what they met before they had it."""
    notify_lease_seconds: float = 60
    """A message that was being sent when its worker died is looked after once this is over."""
    max_body_bytes: int = 8 * 1024 * 1024
    max_text_bytes: int = 50_000
    """Longer contact texts are cut here, and the cut is marked."""
    smtp_host: str | None = None
    smtp_port: int = 25
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str = "bridge@localhost"
    smtp_starttls: bool = True

    @property
    def rank_rules(self) -> RankRules:
        """How the rank of an issue is made."""
        return RankRules(self.rank_weights, self.rank_tiers)
