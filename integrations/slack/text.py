"""Our words in Slack's mark-up: nothing that a customer wrote becomes a mention or a link."""

from bridge.ports import Message

_MOST_SECTION = 3_000
_MOST_BLOCKS = 50
_MOST_TEXT = 13_000
"""Slack refuses about 13,200 characters in all blocks together."""
_CUT = " …"
ACKNOWLEDGE = "bridge_acknowledge"
"""What our button is called when it is pressed."""


def escaped(text: str) -> str:
    """Text in which the three characters that Slack gives a meaning have none.

    <!channel>, <@U1> and links with other words are written with them.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def sections(text: str) -> list[dict[str, object]]:
    """The text as blocks within Slack's limits; too much is cut, visibly."""
    whole = escaped(text)
    if len(whole) > _MOST_TEXT:
        whole = _before_entity(whole[:_MOST_TEXT]) + _CUT
    found: list[dict[str, object]] = []
    while whole and len(found) < _MOST_BLOCKS:
        part = whole[:_MOST_SECTION]
        if len(whole) > _MOST_SECTION:
            end = part.rfind("\n") + 1
            part = part[:end] if end > _MOST_SECTION // 2 else _before_entity(part)
        whole = whole[len(part) :]
        if part.strip():
            found.append({"type": "section", "text": {"type": "mrkdwn", "text": part}})
    return found


def body_of(message: Message) -> dict[str, object]:
    """What both ways to Slack send: blocks, and a line for those that show none."""
    return {
        "text": escaped(message.subject)[:_MOST_SECTION],
        "blocks": sections(message.text),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def button(message_id: str) -> dict[str, object]:
    """Below a message to one person: they have read it, here too."""
    pressed = {
        "type": "button",
        "action_id": ACKNOWLEDGE,
        "text": {"type": "plain_text", "text": "I have read it"},
        "value": message_id,
    }
    return {"type": "actions", "elements": [pressed]}


def _before_entity(part: str) -> str:
    """The text without half of an &amp; at its end."""
    start = part.rfind("&", max(len(part) - 5, 0))
    return part[:start] if start > 0 and ";" not in part[start:] else part
