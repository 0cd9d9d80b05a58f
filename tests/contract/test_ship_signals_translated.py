"""What GitHub, GitLab and CDEvents say, and what the bridge hears, payload by payload."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridge.domain.news import ShipEvent, ShipKind
from bridge.ports import ShipSignal
from bridge.steps.signals import pack, unpack
from integrations.cdevents.signals import CDEventsSignals
from integrations.github.signals import GitHubSignals
from integrations.gitlab.signals import GitLabSignals
from tests.signal_payloads import PAYLOADS, stored

NOW = datetime(2026, 3, 2, 10, 5, tzinfo=UTC)
COMMIT = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
RELEASE_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DEPLOYED_AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
GH_RELEASE = ShipEvent(
    id="",
    source="github",
    kind=ShipKind.RELEASED,
    at=RELEASE_AT,
    version="v4.2",
    component="acme/shop",
    url="https://github.example/acme/shop/releases/tag/v4.2",
)
GH_DEPLOYMENT = replace(
    GH_RELEASE,
    kind=ShipKind.DEPLOYED,
    at=DEPLOYED_AT,
    environment="production",
    commit=COMMIT,
    url="https://ci.example/runs/77",
)
GL_RELEASE = replace(
    GH_RELEASE,
    source="gitlab",
    commit=COMMIT,
    url="https://gitlab.example/acme/shop/-/releases/v4.2",
)
GL_DEPLOYMENT = replace(
    GH_DEPLOYMENT, source="gitlab", url="https://gitlab.example/acme/shop/-/jobs/796"
)
CD_DEPLOYMENT = replace(
    GH_DEPLOYMENT, source="cdevents", component="service/shop", commit="", url=""
)

TRANSLATED: list[tuple[ShipSignal, str, ShipEvent | str]] = [
    (GitHubSignals(), "release_published", GH_RELEASE),
    (GitHubSignals(), "release_released", GH_RELEASE),
    (GitHubSignals(), "release_prereleased", "nothing is out"),
    (GitHubSignals(), "release_published_prerelease", "pre-release"),
    (GitHubSignals(), "release_created_draft", "nothing is out"),
    (GitHubSignals(), "release_edited", "nothing is out"),
    (
        GitHubSignals(),
        "release_unpublished",
        replace(GH_RELEASE, kind=ShipKind.ROLLED_BACK, at=NOW),
    ),
    (GitHubSignals(), "release_deleted", replace(GH_RELEASE, kind=ShipKind.ROLLED_BACK, at=NOW)),
    (GitHubSignals(), "release_deleted_draft", "draft"),
    (GitHubSignals(), "deployment_success", GH_DEPLOYMENT),
    (GitHubSignals(), "deployment_failure", "what they had"),
    (GitHubSignals(), "deployment_inactive", "took its place"),
    (GitHubSignals(), "deployment_in_progress", "not ended"),
    (GitHubSignals(), "deployment_branch", replace(GH_DEPLOYMENT, version="main")),
    (GitHubSignals(), "deployment_commit", replace(GH_DEPLOYMENT, version="")),
    (
        GitHubSignals(),
        "deployment_told_more",
        replace(
            GH_DEPLOYMENT,
            version="4.2",
            environment="prod-eu",
            percent=30,
            platform="ios",
            tracker_keys=("FB-12", "FB-13"),
        ),
    ),
    (GitHubSignals(), "ping", "says nothing"),
    (GitHubSignals(), "push", "says nothing"),
    (GitLabSignals(), "release_create", GL_RELEASE),
    (GitLabSignals(), "release_update", GL_RELEASE),
    (GitLabSignals(), "release_delete", replace(GL_RELEASE, kind=ShipKind.ROLLED_BACK, at=NOW)),
    (
        GitLabSignals(),
        "release_planned",
        replace(GL_RELEASE, version="v5.0", at=datetime(2026, 3, 20, 8, 0, tzinfo=UTC)),
    ),
    (GitLabSignals(), "deployment_success", GL_DEPLOYMENT),
    (GitLabSignals(), "deployment_failed", "what they had"),
    (GitLabSignals(), "deployment_canceled", "what they had"),
    (GitLabSignals(), "deployment_running", "not ended"),
    (GitLabSignals(), "deployment_branch", replace(GL_DEPLOYMENT, version="main")),
    (GitLabSignals(), "tag_push", "says nothing"),
    (CDEventsSignals(), "deployed_binary", CD_DEPLOYMENT),
    (CDEventsSignals(), "deployed_structured", CD_DEPLOYMENT),
    (CDEventsSignals(), "deployed_first_spec", replace(CD_DEPLOYMENT, version="4.2")),
    (CDEventsSignals(), "upgraded", replace(CD_DEPLOYMENT, version="4.2")),
    (
        CDEventsSignals(),
        "rolledback",
        replace(CD_DEPLOYMENT, kind=ShipKind.ROLLED_BACK, version="", back_to="4.1"),
    ),
    (CDEventsSignals(), "removed", "names no version"),
    (CDEventsSignals(), "published", replace(CD_DEPLOYMENT, version="4.2")),
    (
        CDEventsSignals(),
        "deployed_commit",
        replace(CD_DEPLOYMENT, version="", commit="1a2b3c4d5e6f7081", percent=30, region="eu"),
    ),
    (CDEventsSignals(), "incident_detected", "says nothing"),
]


@pytest.mark.parametrize(
    ("signal", "name", "expected"),
    TRANSLATED,
    ids=[f"{signal.name} {name}" for signal, name, _ in TRANSLATED],
)
def test_each_payload_is_translated_or_left_with_a_reason(
    signal: ShipSignal, name: str, expected: ShipEvent | str
) -> None:
    request = stored(signal.name, name)
    heard = signal.translate(unpack(pack(request, signal)), NOW)
    assert heard.told
    if isinstance(expected, str):
        assert heard.event is None
        assert expected in heard.why_not
    else:
        assert (heard.event, heard.why_not) == (expected, "")


def test_each_payload_has_its_case() -> None:
    named = {(signal.name, name) for signal, name, _ in TRANSLATED}
    named |= {("github", "deployment_percent_140"), ("cdevents", "deployed_percent_140")}
    folders = ("github", "gitlab", "cdevents")
    assert named == {(one, file.stem) for one in folders for file in (PAYLOADS / one).iterdir()}
