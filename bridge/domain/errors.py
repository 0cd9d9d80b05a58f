"""Every error raised on purpose; anything else is a bug and should be loud.

BridgeError
├── InvalidInput      the caller sent something we cannot use
├── NotSignedIn       the caller did not prove who they are
├── NotFound          no such thing, or not in this product
├── NotAllowed        known caller, missing right
├── InvalidMove       the thing is not in a state that allows this
├── Outdated          the caller decided on an older version of the thing
├── NotConfigured     a setting or connection is missing
└── OutsideError      an outside system failed us
    ├── TryAgainLater    nothing happened: the worker retries
    │   └── SignInRefused    nothing happened and the credentials are the reason: retry slowly
    ├── Refused          understood and rejected: a person must look
    │   ├── NotReachable     the channel knows nobody of that name: nothing to mend
    │   └── EndpointGone     the receiver wants no more: stop until a person says otherwise
    ├── AnswerLost       it may have happened: look before trying again
    ├── BadSignature     a webhook that does not prove where it comes from
    └── UnknownEvent     a webhook event that nobody translates
"""

from collections.abc import Mapping


class BridgeError(Exception):
    """Base of every error raised on purpose."""


class InvalidInput(BridgeError):
    """The caller sent something we cannot use; `pointer` names the member (JSON pointer)."""

    def __init__(self, message: str, *, pointer: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer


class NotSignedIn(BridgeError):
    """The caller did not prove who they are, or the proof is no longer good."""


class NotFound(BridgeError):
    """No such thing, or it belongs to another product."""


class NotAllowed(BridgeError):
    """The caller is known and lacks the right."""


class InvalidMove(BridgeError):
    """The thing is not in a state that allows this."""


class Outdated(BridgeError):
    """The caller decided on an older version of the thing (If-Match)."""


class NotConfigured(BridgeError):
    """A setting or a connection is missing; the message says which and how to add it."""


class OutsideError(BridgeError):
    """An outside system failed us."""


class TryAgainLater(OutsideError):
    """Nothing happened; `retry_after_seconds` is the other side's wish, if it gave one."""

    is_everywhere = True
    """Whether other calls to the same system would meet the same."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class SignInRefused(TryAgainLater):
    """The other side does not accept our credentials; nothing happened."""


class Refused(OutsideError):
    """Understood and rejected; `fields` maps a field name to the other side's sentence."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class NotReachable(Refused):
    """The channel works and knows nobody of that name."""


class EndpointGone(Refused):
    """The receiver says that it wants nothing more."""


class AnswerLost(OutsideError):
    """It may have happened: look before trying again."""


class BadSignature(OutsideError):
    """A webhook that does not prove where it comes from."""


class UnknownEvent(OutsideError):
    """A webhook event that nobody translates."""
