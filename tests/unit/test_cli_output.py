"""What commands write for people."""

import pytest

from bridge.cli.config import check_configuration
from bridge.cli.output import show_facts


def test_lists_are_written_as_words(capsys: pytest.CaptureFixture[str]) -> None:
    show_facts({"versions": [">=5.0,<5.3", "4.1"], "steps": (), "is_open": [True, None]})
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == ["versions\t>=5.0,<5.3, 4.1", "steps\t", "is_open\tyes, –"]


def test_an_address_that_nobody_set_is_not_told_as_the_one_of_links(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("BRIDGE_PUBLIC_URL", raising=False)
    assert "127.0.0.1:8000" not in _public_url()
    monkeypatch.setenv("BRIDGE_PUBLIC_URL", "https://bridge.example")
    assert _public_url() == "https://bridge.example"


def _public_url() -> str:
    (found,) = [one for one in check_configuration(None) if one.check == "public_url"]
    return found.detail
