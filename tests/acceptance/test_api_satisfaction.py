"""Ratings over HTTP, and what they say."""

from collections.abc import Iterator

import pytest

from bridge.domain.people import Role
from tests.api_client import Api, serving
from tests.builders import contacts_about_export
from tests.conftest import Pipeline

OFFERED = "2026-03-02T09:30:00Z"


@pytest.fixture
def api(pipeline: Pipeline) -> Iterator[Api]:
    """One issue about exports with twelve customers."""
    pipeline.send(*contacts_about_export(12))
    pipeline.consolidate()
    with serving(pipeline.application) as found:
        yield found


def test_ratings_come_later_and_are_told_with_their_issue(api: Api) -> None:
    sender = api.as_(Role.AGENT)
    for number in range(12):
        rating = {
            "external_id": f"survey-{number}",
            "source": "test",
            "metric": "ces",
            "score": 2,
            "scale": {"low": 1, "high": 5, "direction": "lower_is_better"},
            "contact": f"export-{number}",
            "offered_at": OFFERED,
            "answered_at": "2026-03-02T09:40:00Z",
        }
        assert sender.post("/ratings", rating).status_code == 201
    again = sender.post("/ratings", rating)
    assert (again.status_code, again.json()["result"]) == (200, "unchanged")

    answer = sender.get("/issues/ISS-1/satisfaction").json()
    (survey,) = answer["surveys"]
    assert (survey["metric"], survey["unit"], survey["answers"], survey["offered"]) == (
        *("ces", "mean"),
        *(12, 12),
    )
    assert survey["scale"] == {"low": 1, "high": 5, "direction": "lower_is_better"}
    assert survey["result"] == {"value": 2, "low": 2, "high": 2}
    assert answer["by_channel"][0]["channel"] == "email"
    assert answer["across_fix"] == []
    assert answer["effort"]["journeys"] == 12

    whole = sender.get("/satisfaction", since="2026-03-02T09:35:00Z").json()
    assert (whole["issue"], whole["surveys"]) == (None, [survey])
    assert sender.get("/satisfaction", until="2026-03-02T09:35:00Z").json()["surveys"] == []
    turned = {"since": "2026-03-03T00:00:00Z", "until": "2026-03-02T00:00:00Z"}
    refused = sender.get("/satisfaction", **turned)
    assert (refused.status_code, refused.json()["detail"]) == (422, "until must lie after since")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"metric": "happiness"}, "/metric"),
        ({"score": 9}, "/score"),
        ({"contact": None}, "/contact"),
        ({"mood": "good"}, "/mood"),
    ],
)
def test_what_is_no_rating_is_refused_in_words(
    api: Api, changes: dict[str, object], pointer: str
) -> None:
    good = {"external_id": "s", "metric": "csat", "score": 4, "contact": "c"}
    answer = api.admin.post("/ratings", good | changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
