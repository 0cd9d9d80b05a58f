"""Where a structured field tells the platform beside something else."""

import re
from collections.abc import Mapping
from types import MappingProxyType

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("ios", "iphone", "ipad", "ipados", "app store", "appstore"), "ios"),
        **dict.fromkeys(("android", "google play", "play store", "playstore"), "android"),
        **dict.fromkeys(("windows", "win32", "win64"), "windows"),
        **dict.fromkeys(("macos", "mac os", "os x", "osx"), "macos"),
        "linux": "linux",
    }
)
_WORD = re.compile(
    rf"(?<![a-z])({'|'.join(sorted(_NAMES, key=len, reverse=True))})(?![a-z])", re.IGNORECASE
)


def platform_in(*fields: str | None) -> str | None:
    """The platform that a field such as `iOS 4.2` or `android_app` names beside something else.

    For fields that say one thing, never for what a customer writes: who mentions an iPhone may
    be asking about something else. Where fields name several, none is told.
    """
    told = (field.replace("_", " ").replace("-", " ") for field in fields if field)
    found = {_NAMES[match[1].lower()] for field in told for match in _WORD.finditer(field)}
    return found.pop() if len(found) == 1 else None
