"""The API does what its OpenAPI document says, for generated requests, good and bad."""

from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from bridge.domain.people import Role
from bridge.domain.workarounds import Audience
from tests.api_client import serving
from tests.builders import contacts_about_export
from tests.conftest import Pipeline

_EXAMPLES = {GenerationMode.POSITIVE: 8, GenerationMode.NEGATIVE: 5}
"""Times 24 operations: about 300 requests."""


def test_generated_requests_are_answered_as_the_document_says(pipeline: Pipeline) -> None:
    """No answer over 500, none undocumented, none of another shape, and no token, no entry."""
    pipeline.send(*contacts_about_export(5))
    pipeline.consolidate()
    requests = 0
    with serving(pipeline.application) as api:
        issue = api.admin.get("/issues").json()["items"][0]["id"]
        advice = {"issue": issue, "text": "Halve it.", "audience": Audience.INTERNAL.value}
        assert api.admin.post("/workarounds", advice).status_code == 201
        token = api.as_(Role.ADMIN, product=None).headers
        schema = schemathesis.openapi.from_asgi("/api/openapi.json", api.app)
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            for mode, examples in _EXAMPLES.items():
                strategy = operation.as_strategy(generation_mode=mode)
                requests += _try(strategy, examples=examples, token=token)
    assert requests > 200


def _try(strategy: SearchStrategy[Case[Any]], *, examples: int, token: dict[str, str]) -> int:
    count = 0

    @seed(20260302)
    @given(case=strategy)
    @hypothesis_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Case[Any]) -> None:
        nonlocal count
        count += 1
        # What JSON Schema cannot say (a moment in the future, a made-up cursor) is still refused.
        excluded: list[CheckFunction] = [positive_data_acceptance]
        known = {one.name for one in case.operation.query}
        if not set(case.query or {}) <= known and not case.path.startswith("/api/v1/"):
            # What needs no token is asked by machines that add parameters of their own.
            excluded.append(negative_data_rejection)
        case.call_and_validate(headers=token, excluded_checks=excluded)

    # Where nothing can be sent, as to /healthz, nothing wrong can be sent either.
    with suppress(Unsatisfiable):
        run()
    return count


def test_the_document_names_no_address_outside(pipeline: Pipeline) -> None:
    with serving(pipeline.application) as api:
        text = api.client.get("/api/openapi.json").text
        assert "://" not in text
        assert api.client.get("/docs").status_code == 404
