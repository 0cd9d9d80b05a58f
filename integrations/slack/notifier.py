"""The notifier port on Slack: an app that can look up what it sent, or a webhook that cannot."""

import json
import time
from http import HTTPStatus

from pydantic import BaseModel, TypeAdapter, ValidationError

from bridge.domain.errors import AnswerLost, EndpointGone, Refused, TryAgainLater
from bridge.domain.messages import AfterLoss
from bridge.ports import Message
from integrations.posting import Poster
from integrations.slack.client import SlackClient
from integrations.slack.text import body_of, button, sections

_EVENT = "bridge_message"
_LOOKED_THROUGH = "200"


class _Metadata(BaseModel):
    event_payload: dict[str, object] = {}


class _Sent(BaseModel):
    ts: str
    metadata: _Metadata = _Metadata()


class _Named(BaseModel):
    id: str


_SENT = TypeAdapter(list[_Sent])
_NAMED = TypeAdapter(_Named)


class SlackNotifier:
    """Writes to a channel by its id, or to a person by e-mail address."""

    name = "slack"
    after_loss = AfterLoss.LOOK

    def __init__(self, client: SlackClient, *, has_button: bool = False) -> None:
        """has_button: messages to people have one, which the app's interactivity brings back."""
        self._client = client
        self._has_button = has_button

    def send(self, message: Message, recipient: str, message_id: str) -> str:
        """Post it once, with its id in the metadata; the receipt is channel and ts.

        Raises TryAgainLater, SignInRefused, Refused, NotReachable (nobody of that address) or
        AnswerLost.
        """
        channel = self._channel(recipient)
        metadata = {"event_type": _EVENT, "event_payload": {"id": message_id}}
        body = {"channel": channel, **body_of(message), "metadata": metadata}
        if self._has_button and "@" in recipient:
            body["blocks"] = [*sections(message.text), button(message_id)]
        sent = self._client.write("chat.postMessage", body)
        return f"{sent.get('channel', channel)} {sent.get('ts', '')}".strip()

    def find(self, recipient: str, message_id: str) -> str | None:
        """The receipt of our message of that id among the newest of the channel."""
        channel = self._channel(recipient)
        asked = {"channel": channel, "limit": _LOOKED_THROUGH, "include_all_metadata": "true"}
        found = self._client.read("conversations.history", asked)
        for one in _SENT.validate_python(found.get("messages", [])):
            if one.metadata.event_payload.get("id") == message_id:
                return f"{channel} {one.ts}"
        return None

    def _channel(self, recipient: str) -> str:
        if "@" not in recipient:
            return recipient
        user = self._client.read("users.lookupByEmail", {"email": recipient}).get("user")
        try:
            # Opening what is open already changes nothing.
            opened = self._client.write("conversations.open", {"users": _id_in(user)})
        except AnswerLost as error:
            raise TryAgainLater(str(error)) from error
        return _id_in(opened.get("channel"))


def _id_in(member: object) -> str:
    try:
        return _NAMED.validate_python(member).id
    except ValidationError as error:
        raise Refused("Slack answered without the id that we need") from error


class SlackWebhookNotifier:
    """Posts to one channel; there is no id and no way to look."""

    name = "slack_webhook"
    after_loss = AfterLoss.ASK

    def __init__(self, url: str, *, allow_private: bool = False) -> None:
        self._url = url
        self._poster = Poster(allow_private=allow_private)

    def send(self, message: Message, recipient: str, message_id: str) -> str:
        """Post it once; raises as the app's does, EndpointGone when the webhook was removed."""
        headers = {"Content-Type": "application/json"}
        body = {"text": body_of(message)["text"], "blocks": body_of(message)["blocks"]}
        answer = self._poster.post(self._url, json.dumps(body).encode(), headers)
        if answer.status == HTTPStatus.OK:
            return answer.body.decode("utf-8", "replace")[:200]
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            wish = answer.retry_after(time.time())
            raise TryAgainLater("Slack asks us to slow down", retry_after_seconds=wish)
        if answer.status >= 500:
            raise AnswerLost(f"Slack answered {answer.status}")
        told = f"Slack answered {answer.status}: {answer.body.decode('utf-8', 'replace')[:200]}"
        if answer.status in (HTTPStatus.GONE, HTTPStatus.NOT_FOUND):
            raise EndpointGone(told)
        raise Refused(told)

    def find(self, recipient: str, message_id: str) -> str | None:
        """It cannot be asked."""
        return None
