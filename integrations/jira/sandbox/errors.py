"""What the sandbox answers instead of a result."""

from collections.abc import Mapping


class JiraRefusal(Exception):
    """A call that Jira refuses, with the status and the body it answers.

    `messages` become `errorMessages`; `fields` become `errors`, field id to sentence.
    """

    def __init__(
        self,
        status: int,
        *messages: str,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(*messages, dict(fields or {}))
        self.status = status
        self.messages = messages
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """The JSON that every refusal of the REST API has."""
        return {"errorMessages": list(self.messages), "errors": self.fields}


def no_such_issue() -> JiraRefusal:
    """Deleted, hidden and never created look the same from outside."""
    return JiraRefusal(404, "Issue does not exist or you do not have permission to see it.")
