"""What one connection to a Zendesk account needs to know."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ZendeskSettings:
    """One account, and how we sign in there."""

    url: str
    """Address of the account, such as https://acme.zendesk.com."""
    email: str
    """Address of the agent or admin whose token it is."""
    token: str = field(repr=False)
    allow_private: bool = False
    """Allows plain HTTP and private addresses: a stand-in on this machine."""
    calls_per_second: float = 5.0
    connect_timeout_seconds: float = 5.0
    read_timeout_seconds: float = 30.0

    @property
    def base_url(self) -> str:
        """The address without a slash at its end."""
        return self.url.rstrip("/")
