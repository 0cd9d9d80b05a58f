"""What every text passes at the door: storable characters only, and a bounded length."""

import re
import unicodedata

_LINE_END = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters but tab and line feed
    "\ud800-\udfff"  # lone surrogates cannot be encoded
    "\u200b\u2060\ufeff\ufff9-\ufffb"  # invisible, and used to hide words
    "\u202a-\u202e\u2066-\u2069]"  # direction overrides can make text read as something else
)


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
