"""What every text passes at the door: storable characters only, and a bounded length."""

import re
import unicodedata

_LINE_END = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters but tab and line feed
    "\ud800-\udfff"  # lone surrogates cannot be encoded
    "\u00ad\u180e\u200b\u2060-\u2065\ufeff\ufff9-\ufffb"  # invisible, and used to hide words
    "\U000e0000-\U000e0fff"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]"  # direction marks make text read as another
)


def plain_text(value: object) -> object:
    """What somebody typed, without characters that nobody sees; anything but a text as it is.

    The one place for names, titles and words that reach us through a form, the API or a command:
    what is stored has no control or direction characters that make it read as something else.
    """
    return _UNWANTED.sub("", _LINE_END.sub("\n", value)) if isinstance(value, str) else value


def door_text(raw: str, *, max_bytes: int) -> tuple[str, bool]:
    """Make a text safe to store: NFC, LF line ends, no control characters, at most `max_bytes`.

    Returns the text and whether it was cut; the cut never splits a UTF-8 character.
    """
    # Cut first: the steps below never make a text much longer, and a huge one costs time.
    rough = raw[: max_bytes + 1]
    text = _LINE_END.sub("\n", rough)
    text = _UNWANTED.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    encoded = text.encode("utf-8")
    if len(encoded) > max_bytes:
        text = encoded[:max_bytes].decode("utf-8", errors="ignore")
    was_cut = len(encoded) > max_bytes or len(rough) < len(raw)
    return text, was_cut
