"""A platform is told by fields that say one thing."""

import pytest

from bridge.domain.platforms import platform_in


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (("iOS 4.2",), "ios"),
        (("5.2 on iPhone",), "ios"),
        (("4.2 (Android)", "app"), "android"),
        (("4.2", "android_app"), "android"),
        (("4.2", "app-store"), "ios"),
        (("Mac OS X 10.15",), "macos"),
        (("Windows 11, 4.2",), "windows"),
        (("4.2", None), None),
        (("kiosk 4.2",), None),
        (("iOS 4.2", "android_app"), None),
        (("curios",), None),
        ((), None),
    ],
)
def test_a_field_that_names_one_platform_tells_it(
    fields: tuple[str | None, ...], told: str | None
) -> None:
    assert platform_in(*fields) == told
