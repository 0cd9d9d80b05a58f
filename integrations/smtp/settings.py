"""What sending mail needs to know."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One mail server and the address we send from."""

    host: str
    port: int = 25
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: str = "bridge@localhost"
    starttls: bool = True
    timeout_seconds: float = 30.0
